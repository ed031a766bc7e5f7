import type { HostFailure } from '../../model/host.ts'
import type { Ec2Api, Instance, Tags, Volume } from './api.ts'
import { isAlive, isKept, TAG } from './hosts.ts'
import { textOf } from './setbacks.ts'

/** Hosts that do not look as they should. Who acts on it makes sure that they look so for a while. */
export async function findFailures(
  hostIds: ReadonlySet<string>,
  service: Tags,
  api: Ec2Api,
): Promise<ReadonlyMap<string, HostFailure>> {
  const [instances, volumes, impaired] = [
    await api.describeInstances(service),
    await api.describeVolumes(service),
    await api.describeImpaired(),
  ]
  const ofHosts = Map.groupBy(instances, ({ tags }) => tags[TAG.host])
  const kept = Map.groupBy(volumes.filter(isKept), ({ tags }) => tags[TAG.host])
  const failures = new Map<string, HostFailure>()
  for (const hostId of hostIds) {
    const failure = failureOf(ofHosts.get(hostId) ?? [], kept.get(hostId) ?? [], impaired)
    if (failure !== undefined) failures.set(hostId, failure)
  }
  return failures
}

function failureOf(
  all: readonly Instance[],
  volumes: readonly Volume[],
  impaired: ReadonlySet<string>,
): HostFailure | undefined {
  const instances = all.filter(isAlive)
  const attachment = volumes[0]?.attachment
  const holder = attachment?.instanceId
  const instance = instances.find(({ instanceId }) => instanceId === holder) ?? instances[0]
  const named = instance && { instanceId: instance.instanceId }
  if (volumes.length === 0 || volumes.every(({ state }) => state === 'deleting'))
    return { kind: 'VOLUME_LOST', ...named, reason: 'Its data volume is gone' }
  if (instance === undefined)
    return { kind: 'INSTANCE_ENDED', reason: `Its instance has ended${whyEnded(all)}` }
  const { instanceId, state } = instance
  if (state === 'stopping' || state === 'stopped')
    return { kind: 'INSTANCE_ENDED', instanceId, reason: `Its instance ${instanceId} is ${state}` }
  if (impaired.has(instanceId))
    return {
      kind: 'INSTANCE_IMPAIRED',
      instanceId,
      reason: `Its instance ${instanceId} fails EC2's status checks`,
    }
  if (holder !== instanceId)
    return { kind: 'VOLUME_DETACHED', instanceId, reason: `Its data volume is not attached to ${instanceId}` }
  if (attachment?.state === 'detaching' || attachment?.state === 'busy')
    return { kind: 'VOLUME_DETACHED', instanceId, reason: `Its data volume is detaching from ${instanceId}` }
  return undefined
}

/** EC2 shows for a while what has ended. */
function whyEnded(ended: readonly Instance[]): string {
  const [latest] = [...ended].sort((a, b) => b.launchTimeMs - a.launchTimeMs)
  return latest?.stateReason === undefined ? '' : `: ${textOf(latest.stateReason)}`
}
