import type { Ec2Api, Tags } from './api.ts'
import { isKept, TAG } from './hosts.ts'

/** EC2 takes the next change of a volume when it has finished the one before, hours after that has taken effect. */
export async function changingVolumes(
  hostIds: ReadonlySet<string>,
  service: Tags,
  api: Ec2Api,
): Promise<ReadonlyMap<string, string>> {
  const kept = (await api.describeVolumes(service)).filter(isKept)
  const hosts = new Map(kept.map(({ volumeId, tags }) => [volumeId, tags[TAG.host]!]))
  const asked = [...hosts].filter(([, hostId]) => hostIds.has(hostId)).map(([volumeId]) => volumeId)
  if (asked.length === 0) return new Map()
  return new Map(
    (await api.describeModifications(asked))
      .filter(({ state }) => state === 'modifying' || state === 'optimizing')
      .map(({ volumeId, state, percentDone }) => [
        hosts.get(volumeId)!,
        `volume ${volumeId} is ${state}, ${percentDone} % done`,
      ]),
  )
}
