/** Offsets of partitions by time, asked of their leaders. */
import { listOffsetsV7 } from '@platformatic/kafka'
import { ask, type Cluster, type Node } from './cluster.ts'
import { ApiException, check } from './exceptions.ts'
import type { Partition } from './groups.ts'
import { partitionKey } from './topics.ts'

/** In place of a time. */
export const LATEST = -1n
export const EARLIEST = -2n

const CONSUMER = -1
const READ_UNCOMMITTED = 0
const NO_EPOCH = -1

/** Leaders by {@link partitionKey}; partitions that have none, or do not exist, are missing. */
export async function leadersOf(
  cluster: Cluster,
  partitions: readonly Partition[],
): Promise<Map<string, Node>> {
  const names = [...new Set(partitions.map(({ topic }) => topic))]
  if (names.length === 0) return new Map()
  const { brokers, topics } = await cluster.metadata(names, 'metadata')
  const nodes = new Map(brokers.map((broker) => [broker.nodeId, broker]))
  const leaders = topics.flatMap(({ name, partitions: all }) =>
    all.flatMap(({ partitionIndex, leaderId }) => {
      const node = nodes.get(leaderId)
      return node === undefined ? [] : [[partitionKey(name ?? '', partitionIndex), node] as const]
    }),
  )
  return new Map(leaders)
}

/** Offsets by {@link partitionKey}; -1 where nothing is as late as that time. */
export function listOffsets(
  cluster: Cluster,
  partitions: readonly Partition[],
  timestamp: bigint,
): Promise<Map<string, bigint>> {
  return cluster.retrying('listOffsets', async () => {
    const leaders = await leadersOf(cluster, partitions)
    const byLeader = Map.groupBy(partitions, ({ topic, partition }) => {
      const leader = leaders.get(partitionKey(topic, partition))
      if (leader === undefined) throw new ApiException(LEADER_NOT_AVAILABLE)
      return leader
    })
    const offsets = await Promise.all(
      [...byLeader].map(([leader, own]) => offsetsFrom(cluster, leader, own, timestamp)),
    )
    return new Map(offsets.flat())
  })
}

const LEADER_NOT_AVAILABLE = 5

async function offsetsFrom(
  cluster: Cluster,
  leader: Node,
  partitions: readonly Partition[],
  timestamp: bigint,
): Promise<(readonly [string, bigint])[]> {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, own]) => ({
    name,
    partitions: own.map(({ partition }) => ({
      partitionIndex: partition,
      currentLeaderEpoch: NO_EPOCH,
      timestamp,
    })),
  }))
  const connection = await cluster.connect(leader)
  const answer = await ask(listOffsetsV7.api, connection, CONSUMER, READ_UNCOMMITTED, topics)
  return answer.topics.flatMap(({ name, partitions: own }) =>
    own.map(({ partitionIndex, errorCode, offset }) => {
      check(errorCode)
      return [partitionKey(name, partitionIndex), offset] as const
    }),
  )
}
