/**
 * Reads assigned partitions from their leaders: one fetch at a time from each, and none while records wait. Knows for
 * each partition up to where its records were taken.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { fetchV17 } from '@platformatic/kafka'
import { asJavaException, ask, type Cluster, type Node } from '../client/cluster.ts'
import { ApiException, JavaException } from '../client/exceptions.ts'
import type { Partition } from '../client/groups.ts'
import { listOffsets } from '../client/offsets.ts'
import { partitionKey } from '../client/topics.ts'
import { type ConsumedRecord, recordsOf } from './records.ts'

export interface Position extends Partition {
  readonly offset: bigint
}

export interface SourceSettings {
  readonly readsCommitted: boolean
  /** Where to go on when the offset is gone; undefined: that is a failure. */
  readonly reset: bigint | undefined
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly partitionMaxBytes: number
}

const RETRY_BACKOFF_MS = 100
const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
const NO_EPOCH = -1
const TRANSIENT = [
  'FENCED_LEADER_EPOCH',
  'KAFKA_STORAGE_ERROR',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'OFFSET_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_ID',
  'UNKNOWN_TOPIC_OR_PARTITION',
]

interface Target {
  readonly leader: Node
  readonly topicId: string
}

type FetchedPartition = Awaited<
  ReturnType<typeof fetchV17.api.async>
>['responses'][number]['partitions'][number]

export class RecordSource {
  private readonly cluster: Cluster
  private readonly settings: SourceSettings
  /** Where to fetch next, by partition. */
  private positions = new Map<string, Position>()
  /** Whom to ask; empty if that has to be found out again. */
  private targets = new Map<string, Target>()
  private waiting: ConsumedRecord[] = []
  private readonly underWay = new Map<number, Promise<void>>()
  private failure: unknown

  constructor(cluster: Cluster, settings: SourceSettings) {
    this.cluster = cluster
    this.settings = settings
  }

  /** From now on these, and nothing of what was assigned before. */
  assign(positions: readonly Position[]): void {
    this.positions = new Map(positions.map((each) => [partitionKey(each.topic, each.partition), each]))
    this.targets.clear()
    this.waiting = []
  }

  /** The next record; undefined if none comes within the time. */
  async next(waitMs: number): Promise<ConsumedRecord | undefined> {
    const endMs = performance.now() + waitMs
    for (;;) {
      if (this.failure !== undefined) throw this.failure
      const record = this.waiting.shift()
      if (record !== undefined) return record
      const leftMs = endMs - performance.now()
      if (leftMs <= 0) return undefined
      await this.fetchFromAll()
      if (this.waiting.length === 0) await this.anyFetch(leftMs)
    }
  }

  /** Up to where records were taken, for those who commit: behind the last one, or behind what is not for consumers. */
  taken(): Position[] {
    const first = new Map<string, bigint>()
    for (const { topic, partition, offset } of this.waiting) {
      const key = partitionKey(topic, partition)
      if (!first.has(key)) first.set(key, offset)
    }
    return [...this.positions].map(([key, position]) => ({
      ...position,
      offset: first.get(key) ?? position.offset,
    }))
  }

  private async anyFetch(limitMs: number): Promise<void> {
    const stop = new AbortController()
    try {
      await Promise.race([...this.underWay.values(), sleep(limitMs, undefined, { signal: stop.signal })])
    } finally {
      stop.abort()
    }
  }

  private async fetchFromAll(): Promise<void> {
    if (this.targets.size === 0 && this.positions.size > 0) await this.findLeaders()
    const byLeader = Map.groupBy(this.targets, ([, { leader }]) => leader.nodeId)
    for (const [nodeId, entries] of byLeader) {
      const [entry] = entries
      if (entry === undefined || this.underWay.has(nodeId)) continue
      const keys = entries.map(([key]) => key)
      const fetching = this.fetchFrom(entry[1].leader, keys).finally(() => this.underWay.delete(nodeId))
      this.underWay.set(nodeId, fetching)
    }
    if (byLeader.size === 0) await sleep(RETRY_BACKOFF_MS)
  }

  private async findLeaders(): Promise<void> {
    const names = [...new Set([...this.positions.values()].map(({ topic }) => topic))]
    const { brokers, topics } = await this.cluster.metadata(names, 'metadata')
    const nodes = new Map(brokers.map((node) => [node.nodeId, node]))
    for (const { name, topicId, partitions } of topics) {
      for (const { partitionIndex, leaderId } of partitions) {
        const leader = nodes.get(leaderId)
        const key = partitionKey(name ?? '', partitionIndex)
        if (leader !== undefined && this.positions.has(key)) this.targets.set(key, { leader, topicId })
      }
    }
  }

  /** Never rejects: what cannot be mended by asking again is what `next` fails with. */
  private async fetchFrom(leader: Node, keys: readonly string[]): Promise<void> {
    const asked = this.positions
    try {
      const { topicIds, partitions } = await this.request(leader, keys)
      // Meanwhile other partitions may have been assigned.
      if (asked !== this.positions) return
      for (const [topicId, own] of partitions) {
        for (const each of own) await this.take(topicIds.get(topicId) ?? '', each, asked)
      }
    } catch (failure) {
      const error = asJavaException(failure)
      const isNetwork = error instanceof JavaException && error.className.endsWith('.NetworkException')
      if (!isNetwork) this.failure = error
      this.targets.clear()
      await sleep(RETRY_BACKOFF_MS)
    }
  }

  private async request(leader: Node, keys: readonly string[]) {
    const topicIds = new Map<string, string>()
    const topics = keys.flatMap((key) => {
      const position = this.positions.get(key)
      const target = this.targets.get(key)
      if (position === undefined || target === undefined) return []
      topicIds.set(target.topicId, position.topic)
      return [{ topicId: target.topicId, partitions: [this.partitionRequest(position)] }]
    })
    const { maxWaitMs, minBytes, maxBytes, readsCommitted } = this.settings
    const isolation = readsCommitted ? READ_COMMITTED : READ_UNCOMMITTED
    const connection = await this.cluster.connect(leader)
    // Without a session (KIP-227): each request names its partitions anew.
    const answer = await ask(
      fetchV17.api,
      connection,
      maxWaitMs,
      minBytes,
      maxBytes,
      isolation,
      0,
      -1,
      topics,
      [],
      '',
    )
    if (answer.errorCode !== 0) throw new ApiException(answer.errorCode)
    return { topicIds, partitions: answer.responses.map((each) => [each.topicId, each.partitions] as const) }
  }

  private partitionRequest({ partition, offset }: Position) {
    return {
      partition,
      fetchOffset: offset,
      currentLeaderEpoch: NO_EPOCH,
      lastFetchedEpoch: NO_EPOCH,
      partitionMaxBytes: this.settings.partitionMaxBytes,
    }
  }

  private async take(topic: string, fetched: FetchedPartition, asked: Map<string, Position>): Promise<void> {
    const key = partitionKey(topic, fetched.partitionIndex)
    const position = asked.get(key)
    if (position === undefined) return
    if (fetched.errorCode !== 0) {
      const error = new ApiException(fetched.errorCode)
      if (error.error === 'OFFSET_OUT_OF_RANGE') return this.reset(position, asked)
      if (!TRANSIENT.includes(error.error)) throw error
      this.targets.clear()
      return
    }
    const { records, next } = recordsOf(topic, fetched, position.offset, this.settings.readsCommitted)
    asked.set(key, { ...position, offset: next })
    if (asked === this.positions) this.waiting.push(...records)
  }

  private async reset(position: Position, asked: Map<string, Position>): Promise<void> {
    const { topic, partition } = position
    const key = partitionKey(topic, partition)
    if (this.settings.reset === undefined) {
      throw new JavaException(
        'org.apache.kafka.clients.consumer.OffsetOutOfRangeException',
        `Fetch position ${position.offset} is out of range for partition ${key}`,
      )
    }
    const offsets = await listOffsets(this.cluster, [position], this.settings.reset)
    asked.set(key, { topic, partition, offset: offsets.get(key) ?? 0n })
  }
}
