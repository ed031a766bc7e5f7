import type { Ec2Api, Instance, Tags, Volume } from './api.ts'

/** A host as EC2 shows it: an instance that lives, and a data volume that outlives it, both found by their tags. */
export interface Observed {
  /** The one that is the host, if any; never one that ends. */
  readonly instance: Instance | undefined
  /** Others that were made for the same host. */
  readonly surplus: readonly Instance[]
  readonly isEnding: boolean
  /** Those that EC2 still shows. */
  readonly ended: readonly Instance[]
  readonly volume: Volume | undefined
}

export const TAG = {
  service: 'freshet:service',
  /** The table that knows the host: two services that were given the same name are two all the same. */
  state: 'freshet:state',
  host: 'freshet:host',
  zone: 'freshet:zone',
  class: 'freshet:class',
  /** What the instance was made of, beyond its class. */
  build: 'freshet:build',
}

export async function observeHost(api: Ec2Api, tags: Tags): Promise<Observed> {
  const [instances, volumes] = await Promise.all([api.describeInstances(tags), api.describeVolumes(tags)])
  const kept = volumes.filter(isKept)
  if (kept.length > 1) {
    // Which of them has the records only a person can tell: neither is used nor deleted.
    const ids = kept.map(({ volumeId }) => volumeId).join(', ')
    throw new Error(`Host ${tags[TAG.host]} has more than one data volume: ${ids}`)
  }
  const volume = kept[0]
  const holder = volume?.attachment?.instanceId
  const [instance, ...surplus] = instances
    .filter(isAlive)
    .sort(
      (a, b) =>
        Number(b.instanceId === holder) - Number(a.instanceId === holder) ||
        a.launchTimeMs - b.launchTimeMs ||
        (a.instanceId < b.instanceId ? -1 : 1),
    )
  const ended = instances.filter((each) => !isAlive(each))
  return { instance, surplus, volume, ended, isEnding: ended.some(({ state }) => state === 'shutting-down') }
}

/** A volume whose disk has failed holds nothing that could be had back. */
export function isKept({ state }: Volume): boolean {
  return state !== 'deleted' && state !== 'error'
}

export function isAlive({ state }: Instance): boolean {
  return state !== 'shutting-down' && state !== 'terminated'
}
