import { createHash } from 'node:crypto'
import type { HostSpecification } from '../../model/host.ts'
import type { LaunchProgress } from '../driver.ts'
import type { Ec2Api, Instance, RunInstance, Tags, Volume } from './api.ts'
import { isCapacityError, isTokenSpent, isTokenTaken, refusal } from './errors.ts'
import { isAlive, isKept, observeHost, TAG } from './hosts.ts'
import { buildOf, classNameOf, type Ec2Settings, type HostClass, hostClassOf } from './settings.ts'
import { userData } from './user-data.ts'

/**
 * One step towards a host: looks at what is there and does the next thing that is missing. Nothing is remembered, so
 * that any control plane can go on at any point; what a look may not show yet is not made twice, thanks to the token.
 */
export interface LaunchContext {
  readonly api: Ec2Api
  readonly settings: Ec2Settings
  readonly registrationToken: (hostId: string, volumeId: string) => string
}

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
  for (const { instanceId } of observed.surplus) await api.terminateInstance(instanceId)

  const wantedGiB = host.volumeSizeGB ?? hostClassOf(instanceType, settings).volumeSizeGB
  const volume = observed.volume ?? (await createVolume(host, wantedGiB, tags, api))
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
  return provideVolume(host, instance, volume, wantedGiB, api)
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
  { volumeId, state, attachment, sizeGiB }: Volume,
  wantedGiB: number,
  api: Ec2Api,
): Promise<LaunchProgress> {
  const { instanceId } = instance
  if (state === 'available') {
    await api.attachVolume(volumeId, instanceId)
    return waiting(host, `volume ${volumeId} is being attached`)
  }
  if (attachment !== undefined && attachment.instanceId !== instanceId) {
    if (attachment.state === 'attached') await api.detachVolume(volumeId, attachment.instanceId)
    return waiting(host, `volume ${volumeId} is being detached from ${attachment.instanceId}`)
  }
  if (attachment?.state !== 'attached')
    return waiting(host, `volume ${volumeId} is ${attachment?.state ?? state}`)
  if (sizeGiB < wantedGiB) {
    await api.modifyVolume(volumeId, wantedGiB)
    return waiting(host, `volume ${volumeId} grows to ${wantedGiB} GiB`)
  }
  return { done: true, address: addressOf(instance) }
}

async function createVolume(
  { hostId, zone }: HostSpecification,
  sizeGiB: number,
  tags: Tags,
  api: Ec2Api,
): Promise<Volume> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const clientToken = tokenOf(tags, 'volume', zone, sizeGiB, attempt)
    const volume = await api.createVolume({ clientToken, zone, sizeGiB, tags })
    // The token of an earlier host of that name.
    if (volume.state === 'deleting' || !isKept(volume)) continue
    return volume
  }
  throw new Error(`Host ${hostId} has had too many volumes within a day`)
}

/**
 * All types and markets share one token. Had each its own, a lost answer to one could be followed by another's
 * success; so EC2 refuses the others' parameters, and the one that was taken is found in its turn.
 */
async function runInstance(
  host: HostSpecification,
  volume: Volume,
  tags: Tags,
  context: LaunchContext,
): Promise<LaunchProgress> {
  const { hostId, zone, instanceType } = host
  const { api, settings } = context
  const subnetId = settings.subnets[zone]
  if (subnetId === undefined) throw new Error(`There is no subnet for ${zone} in the fleet's settings`)
  const { volumeId } = volume
  const { controlPlaneUrls, region, software } = settings
  const script = userData({
    hostId,
    zone,
    volumeId,
    controlPlaneUrls,
    region,
    ...(software && { software }),
    registrationToken: context.registrationToken(hostId, volumeId),
  })
  const hostClass = hostClassOf(instanceType, settings)
  const classTags = { ...tags, [TAG.class]: classNameOf(instanceType), [TAG.build]: buildOf(settings) }
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    // All that the request is made of but the type and market: other settings are another request.
    const clientToken = tokenOf(
      tags,
      'instance',
      script,
      subnetId,
      JSON.stringify([classTags, hostClass]),
      attempt,
    )
    const answer = await tryClass(
      hostClass,
      { clientToken, subnetId, userData: script, tags: classTags },
      api,
    )
    if (answer === 'TOKEN_SPENT') continue
    if ('refused' in answer) return waiting(host, `EC2 has no instance in ${zone}: ${answer.refused}`)
    return waiting(host, `instance ${answer.instanceId} is ${answer.state}`)
  }
  throw new Error(`Host ${hostId} has had too many instances within a day`)
}

async function tryClass(
  { types, markets }: HostClass,
  request: Omit<RunInstance, 'instanceType' | 'market'>,
  api: Ec2Api,
): Promise<Instance | { readonly refused: string } | 'TOKEN_SPENT'> {
  const refusals: string[] = []
  for (const market of markets) {
    for (const type of types) {
      try {
        const instance = await api.runInstance({ ...request, instanceType: type, market })
        return isAlive(instance) ? instance : 'TOKEN_SPENT'
      } catch (error) {
        if (isTokenSpent(error)) return 'TOKEN_SPENT'
        if (!isCapacityError(error) && !isTokenTaken(error)) throw error
        refusals.push(`${type} ${market}: ${refusal(error)}`)
      }
    }
  }
  return { refused: refusals.join(', ') }
}

function waiting({ hostId }: HostSpecification, what: string): LaunchProgress {
  return { done: false, waitingFor: `host ${hostId}: ${what}` }
}

/** Within EC2's 64 characters. */
function tokenOf(tags: Tags, ...parts: readonly (string | number)[]): string {
  const text = JSON.stringify([tags[TAG.service], tags[TAG.host], ...parts])
  return createHash('sha256').update(text).digest('hex')
}

/** As often as this a host of one name can come anew while EC2 remembers its tokens. */
const MAX_ATTEMPTS = 50
