import { type PartitionLag, partitionKey, type Reading } from '../reading.ts'

export interface GroupLag {
  readonly groupId: string
  readonly topic: string
  readonly partitions: readonly {
    readonly partition: string
    readonly offsetLag: number
    readonly timeLagSeconds: number
  }[]
}

/**
 * Consumer lag of a whole cluster. A coordinator knows the lag in partitions that it has a replica of; of the others it
 * tells where the group stands, and how far they reach another broker tells. Where nobody does, nothing is known.
 */
export function groupLags(readings: readonly Reading[]): GroupLag[] {
  const groups = new Map<
    string,
    { groupId: string; topic: string; partitions: GroupLag['partitions'][number][] }
  >()
  for (const lag of readings.flatMap(({ lags }) => lags)) {
    const known = lagOf(lag, readings)
    if (known === undefined) continue
    const { groupId, topic, partition } = lag
    const key = `${groupId}\n${topic}`
    const group = groups.get(key) ?? { groupId, topic, partitions: [] }
    group.partitions.push({ partition, ...known })
    groups.set(key, group)
  }
  return [...groups.values()]
}

function lagOf({ topic, partition, values }: PartitionLag, readings: readonly Reading[]) {
  const { OffsetLag, EstimatedTimeLag } = values
  if (OffsetLag !== undefined && EstimatedTimeLag !== undefined) {
    return { offsetLag: OffsetLag, timeLagSeconds: EstimatedTimeLag }
  }
  const { CommittedOffset, CommitsPerSec = 0, SecondsSinceCommit = 0 } = values
  const key = partitionKey(topic, partition)
  const ends = readings.map(({ partitionEnds }) => partitionEnds.get(key) ?? -1)
  const end = Math.max(...ends)
  if (CommittedOffset === undefined || end < 0) return undefined
  const offsetLag = Math.max(0, end - CommittedOffset)
  if (offsetLag === 0) return { offsetLag, timeLagSeconds: 0 }
  const drainSeconds = CommitsPerSec > 0 ? offsetLag / CommitsPerSec : 0
  return { offsetLag, timeLagSeconds: Math.round(Math.max(drainSeconds, SecondsSinceCommit)) }
}
