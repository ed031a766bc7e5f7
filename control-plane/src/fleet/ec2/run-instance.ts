import type { HostSpecification } from '../../model/host.ts'
import type { LaunchProgress } from '../driver.ts'
import type { Ec2Api, Instance, RunInstance, Tags, Volume } from './api.ts'
import { isCapacityError, isTokenSpent, refusal } from './errors.ts'
import { isAlive, TAG } from './hosts.ts'
import { type LaunchContext, MAX_ATTEMPTS, tokenOf, waiting } from './launch-context.ts'
import { kindOf } from './setbacks.ts'
import { buildOf, classNameOf, type HostClass, hostClassOf } from './settings.ts'
import { userData } from './user-data.ts'

/**
 * Types and markets are tried in turn, each under a token of its own: EC2 keeps a token for the request that it came with
 * first, even if it refused that. So that an instance which EC2 does not show yet gets no twin of another type, what was
 * tried last is tried first, and who does not know what that was, or will not try it again, waits until all is shown.
 */
export async function runInstance(
  host: HostSpecification,
  volume: Volume,
  tags: Tags,
  context: LaunchContext,
): Promise<LaunchProgress> {
  const { hostId, zone, instanceType } = host
  const { settings, recentlyMade, setbacks } = context
  const kinds = kindsOf(hostClassOf(instanceType, settings))
  if (kinds.length > 1 && recentlyMade.isNew)
    return waiting(host, 'EC2 may not show yet what another control plane made')
  const promising = kinds.filter((kind) => !setbacks.speakAgainst(hostId, kindOf(kind)))
  const last = recentlyMade.choiceOf(hostId)
  if (promising.length === 0) return waiting(host, 'another instance is tried later')
  if (last !== undefined && !promising.some((kind) => kindOf(kind) === last))
    return waiting(host, `EC2 may not show yet all that is ${last}`)
  const request = requestFor(host, volume, tags, context)
  const refusals: string[] = []
  for (const kind of withFirst(last, promising)) {
    recentlyMade.noteChoice(hostId, kindOf(kind))
    const answer = await tryKind(kind, request, context.api)
    if ('instanceId' in answer) return waiting(host, `instance ${answer.instanceId} is ${answer.state}`)
    recentlyMade.dropChoice(hostId)
    refusals.push(`${kindOf(kind)}: ${answer.refused}`)
  }
  return waiting(host, `EC2 has no instance in ${zone}: ${refusals.join(', ')}`)
}

type Kind = Pick<RunInstance, 'instanceType' | 'market'>

function kindsOf({ types, markets }: HostClass): Kind[] {
  return markets.flatMap((market) => types.map((instanceType) => ({ instanceType, market })))
}

function withFirst(name: string | undefined, kinds: readonly Kind[]): Kind[] {
  return [...kinds].sort((a, b) => Number(kindOf(b) === name) - Number(kindOf(a) === name))
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
