import { createHash } from 'node:crypto'
import type { HostSpecification } from '../../model/host.ts'
import type { LaunchProgress } from '../driver.ts'
import type { Ec2Api, Instance, RunInstance, Tags, Volume, VolumeShape } from './api.ts'
import { isCapacityError, isTokenSpent, refusal } from './errors.ts'
import { isAlive, isKept, observeHost, TAG } from './hosts.ts'
import type { RecentlyMade } from './recently-made.ts'
import { buildOf, classNameOf, type Ec2Settings, type HostClass, hostClassOf } from './settings.ts'
import { userData } from './user-data.ts'

/**
 * One step towards a host: looks at what is there and does the next thing that is missing. Nothing has to be remembered,
 * so that any control plane can go on at any point; what a look may not show yet is not made twice, thanks to the token.
 */
export interface LaunchContext {
  readonly api: Ec2Api
  readonly settings: Ec2Settings
  readonly registrationToken: (hostId: string, volumeId: string) => string
  readonly recentlyMade: RecentlyMade
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
  return provideVolume(host, instance, volume, wanted, api)
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
  // A volume never shrinks.
  const next = { ...wanted, sizeGiB: Math.max(sizeGiB, wanted.sizeGiB) }
  if (sizeGiB < next.sizeGiB || (throughputMiB ?? next.throughputMiB) !== next.throughputMiB) {
    await api.modifyVolume(volumeId, next)
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

/**
 * Types and markets are tried in turn, each under a token of its own: EC2 keeps a token for the request that it came with
 * first, even if it refused that. So that an instance which EC2 does not show yet gets no twin of another type, what was
 * tried last is tried first, and who does not know what that was waits until all is shown.
 */
async function runInstance(
  host: HostSpecification,
  volume: Volume,
  tags: Tags,
  context: LaunchContext,
): Promise<LaunchProgress> {
  const { hostId, zone, instanceType } = host
  const { settings, recentlyMade } = context
  const kinds = kindsOf(hostClassOf(instanceType, settings))
  if (kinds.length > 1 && recentlyMade.isNew)
    return waiting(host, 'EC2 may not show yet what another control plane made')
  const request = requestFor(host, volume, tags, context)
  const refusals: string[] = []
  for (const kind of withFirst(recentlyMade.choiceOf(hostId), kinds)) {
    recentlyMade.noteChoice(hostId, nameOf(kind))
    const answer = await tryKind(kind, request, context.api)
    if ('instanceId' in answer) return waiting(host, `instance ${answer.instanceId} is ${answer.state}`)
    recentlyMade.dropChoice(hostId)
    refusals.push(`${nameOf(kind)}: ${answer.refused}`)
  }
  return waiting(host, `EC2 has no instance in ${zone}: ${refusals.join(', ')}`)
}

type Kind = Pick<RunInstance, 'instanceType' | 'market'>

function kindsOf({ types, markets }: HostClass): Kind[] {
  return markets.flatMap((market) => types.map((instanceType) => ({ instanceType, market })))
}

function nameOf({ instanceType, market }: Kind): string {
  return `${instanceType} ${market}`
}

function withFirst(name: string | undefined, kinds: readonly Kind[]): Kind[] {
  return [...kinds].sort((a, b) => Number(nameOf(b) === name) - Number(nameOf(a) === name))
}

type Request = Omit<RunInstance, 'clientToken' | keyof Kind>

function requestFor(host: HostSpecification, volume: Volume, tags: Tags, context: LaunchContext): Request {
  const { hostId, zone, instanceType } = host
  const { settings } = context
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
  const classTags = { ...tags, [TAG.class]: classNameOf(instanceType), [TAG.build]: buildOf(settings) }
  return { subnetId, userData: script, tags: classTags }
}

async function tryKind(
  kind: Kind,
  request: Request,
  api: Ec2Api,
): Promise<Instance | { readonly refused: string }> {
  const { tags } = request
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    // All that the request is made of: another one is another instance.
    const clientToken = tokenOf(tags, 'instance', JSON.stringify([request, kind]), attempt)
    try {
      const instance = await api.runInstance({ ...request, ...kind, clientToken })
      if (isAlive(instance)) return instance
    } catch (error) {
      if (isCapacityError(error)) return { refused: refusal(error) }
      if (!isTokenSpent(error)) throw error
    }
  }
  throw new Error(`Host ${tags[TAG.host]} has had too many instances within a day`)
}

function waiting({ hostId }: HostSpecification, what: string): LaunchProgress {
  return { done: false, waitingFor: `host ${hostId}: ${what}` }
}

/** Within EC2's 64 characters. */
function tokenOf(tags: Tags, ...parts: readonly (string | number)[]): string {
  const text = JSON.stringify([tags, ...parts])
  return createHash('sha256').update(text).digest('hex')
}

/** What gp3 volumes have by themselves. */
const LEAST_THROUGHPUT_MIB = 125

/** As often as this a host of one name can come anew while EC2 remembers its tokens. */
const MAX_ATTEMPTS = 50
