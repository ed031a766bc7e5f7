import type { HostSpecification } from '../../model/host.ts'
import type { LaunchProgress } from '../driver.ts'
import type { Ec2Api, Instance, Tags, Volume, VolumeShape } from './api.ts'
import { isTooSoon, refusal } from './errors.ts'
import { isKept, observeHost, TAG } from './hosts.ts'
import { type LaunchContext, MAX_ATTEMPTS, tokenOf, waiting } from './launch-context.ts'
import { runInstance } from './run-instance.ts'
import { classNameOf, hostClassOf } from './settings.ts'
import { forceDetach, forceEnd } from './stuck.ts'

/**
 * One step towards a host: looks at what is there and does the next thing that is missing. Nothing has to be remembered,
 * so that any control plane can go on at any point; what a look may not show yet is not made twice, thanks to the token.
 */
export async function launchStep(
  host: HostSpecification,
  tags: Tags,
  context: LaunchContext,
  /** An instance that has failed: it ends before there is another, however well an old view of EC2 shows it. */
  failedInstanceId?: string,
): Promise<LaunchProgress> {
  const { api, settings } = context
  const { instanceType } = host
  const observed = await observeHost(api, tags)
  for (const instance of observed.ended) context.setbacks.noteEnded(host.hostId, instance)
  for (const { instanceId } of observed.surplus) await api.terminateInstance(instanceId)
  await forceEnd(host.hostId, observed.ended, context)

  const wanted: VolumeShape = {
    sizeGiB: host.volumeSizeGB ?? hostClassOf(instanceType, settings).volumeSizeGB,
    throughputMiB: host.volumeThroughputMiB ?? LEAST_THROUGHPUT_MIB,
  }
  const volume = observed.volume ?? (await createVolume(host, wanted, tags, api))
  if (volume.state === 'deleting')
    return waiting(host, `volume ${volume.volumeId} is in the state ${volume.state}`)

  const { instance } = observed
  if (instance === undefined) {
    if (observed.isEnding) return waiting(host, 'its former instance is shutting down')
    return runInstance(host, volume, tags, context)
  }
  const isFailed = instance.instanceId === failedInstanceId
  if (isFailed || instance.tags[TAG.class] !== classNameOf(instanceType) || isStopped(instance)) {
    await api.terminateInstance(instance.instanceId)
    return waiting(host, `instance ${instance.instanceId} makes way for another`)
  }
  if (instance.state !== 'running')
    return waiting(host, `instance ${instance.instanceId} is ${instance.state}`)
  const { attachment } = volume
  if (attachment !== undefined && attachment.instanceId !== instance.instanceId)
    return freeVolume(host, volume, attachment, observed.ended, context)
  return provideVolume(host, instance, volume, wanted, context)
}

/** Until its former instance has ended it may write: nothing is taken away from it. */
async function freeVolume(
  host: HostSpecification,
  volume: Volume,
  { instanceId, state }: NonNullable<Volume['attachment']>,
  ended: readonly Instance[],
  context: LaunchContext,
): Promise<LaunchProgress> {
  const { volumeId } = volume
  const holder = ended.find((each) => each.instanceId === instanceId)
  if (holder?.state === 'shutting-down')
    return waiting(host, `volume ${volumeId} is held by ${instanceId}, which is shutting down`)
  if (state === 'attached') await context.api.detachVolume(volumeId, instanceId)
  await forceDetach(host.hostId, volume, ended, context)
  return waiting(host, `volume ${volumeId} is being detached from ${instanceId}`)
}

function addressOf({ instanceId, privateIpAddress }: Instance): string {
  if (privateIpAddress === undefined) throw new Error(`Instance ${instanceId} runs without a private address`)
  return privateIpAddress
}

/** A stopped instance keeps nothing that its volume does not keep: another takes its place. */
function isStopped({ state }: Instance): boolean {
  return state === 'stopping' || state === 'stopped'
}

async function provideVolume(
  host: HostSpecification,
  instance: Instance,
  { volumeId, state, attachment, sizeGiB, throughputMiB }: Volume,
  wanted: VolumeShape,
  { api, setbacks, now }: LaunchContext,
): Promise<LaunchProgress> {
  const { instanceId } = instance
  if (state === 'available') {
    await api.attachVolume(volumeId, instanceId)
    return waiting(host, `volume ${volumeId} is being attached`)
  }
  if (attachment?.state === 'attaching' && now() - (attachment.sinceMs ?? now()) >= ATTACH_MS) {
    // Only the instance's end lets go of the volume for sure.
    setbacks.noteUnattached(host.hostId, instanceId, volumeId, ATTACH_MS)
    await api.terminateInstance(instanceId)
    return waiting(host, `instance ${instanceId} makes way for another`)
  }
  if (attachment?.state !== 'attached')
    return waiting(host, `volume ${volumeId} is ${attachment?.state ?? state}`)
  // A volume never shrinks.
  const next = { ...wanted, sizeGiB: Math.max(sizeGiB, wanted.sizeGiB) }
  if (sizeGiB < next.sizeGiB || (throughputMiB ?? next.throughputMiB) !== next.throughputMiB) {
    try {
      await api.modifyVolume(volumeId, next)
    } catch (error) {
      if (!isTooSoon(error)) throw error
      return {
        done: true,
        address: addressOf(instance),
        volumeTrouble: `volume ${volumeId}: ${refusal(error)}`,
      }
    }
    return waiting(host, `volume ${volumeId} changes to ${next.sizeGiB} GiB, ${next.throughputMiB} MiB/s`)
  }
  return { done: true, address: addressOf(instance) }
}

async function createVolume(
  { hostId, zone, volumeKeyArn }: HostSpecification,
  shape: VolumeShape,
  tags: Tags,
  api: Ec2Api,
): Promise<Volume> {
  const request = { zone, ...(volumeKeyArn === undefined ? {} : { keyArn: volumeKeyArn }) }
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const clientToken = tokenOf(tags, 'volume', JSON.stringify([request, shape]), attempt)
    const volume = await api.createVolume({ clientToken, ...request, ...shape, tags })
    // The token of an earlier host of that name.
    if (volume.state === 'deleting' || !isKept(volume)) continue
    return volume
  }
  const key = volumeKeyArn === undefined ? '' : `; has the service been given the key ${volumeKeyArn}?`
  throw new Error(`Host ${hostId} has had too many volumes within a day${key}`)
}

/** What gp3 volumes have by themselves. */
const LEAST_THROUGHPUT_MIB = 125

/** Seconds are usual; what takes so long stays so until somebody does something about it. */
const ATTACH_MS = 120_000
