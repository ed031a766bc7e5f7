/** Reads for one fetch request: each partition from its log, into pooled buffers, within the request's limits. */

import { assert } from '../replication/assert.ts'
import { preferredReplica, readersHaveChoice } from '../replication/leader/preferred-replica.ts'
import type { Partition } from '../replication/partition/partition.ts'
import type { AdvanceWatcher } from '../replication/partition/watchers.ts'
import type { RequestContext } from '../server/context.ts'
import type { FetchContext, FetchPartition } from '../server/fetch-sessions.ts'
import { ErrorCode, KafkaError } from '../wire/index.ts'
import { leaderHint, nodeEndpoints } from './cluster-facts.ts'
import { abortedIn, divergence, emptyData, type PartitionData } from './fetch-partition-data.ts'

const TOPIC_IDS_SINCE = 13
const NODE_ENDPOINTS_SINCE = 16
/** Between two such portions everybody else has a turn: a fetch may ask for fifty times as much. */
const BYTES_PER_TURN = 1 << 20

/** Who reads, and how much. */
export interface FetchReader {
  readonly maxBytes: number
  readonly readCommitted: boolean
  /** A broker that follows; undefined for a consumer. */
  readonly follower: { readonly brokerId: number; readonly brokerEpoch: number } | undefined
  readonly rackId: string
  /** Consumers since version 11 may read from followers too (KIP-392). */
  readonly mayReadFollowers: boolean
}

interface FetchResult {
  readonly wanted: FetchPartition
  readonly data: PartitionData
  readonly partition: Partition | undefined
}

/** One pass over the partitions in the session's order, which is their priority (KIP-74). */
export class FetchRead {
  sizeBytes = 0
  isUrgent = false
  readonly #context: RequestContext
  readonly #session: FetchContext
  readonly #reader: FetchReader
  readonly #due: readonly FetchPartition[]
  readonly #results: FetchResult[] = []
  readonly #buffers: Buffer[] = []
  /** What a follower may not have yet, because of its throttle. */
  readonly #heldBack = new Set<FetchPartition>()
  /** What the disk brings for the partition that is next. */
  #broughtIn: Promise<void> | undefined
  #isBroughtIn = false

  constructor(context: RequestContext, session: FetchContext, reader: FetchReader) {
    this.#context = context
    this.#session = session
    this.#reader = reader
    this.#due = session.due()
    this.#readOn()
  }

  /** Whether all partitions were looked at. */
  get isWhole(): boolean {
    return this.#results.length === this.#due.length
  }

  /** Reads as much as one turn of the event loop is for, and as the page cache has. */
  #readOn(): void {
    const upToBytes = this.sizeBytes + BYTES_PER_TURN
    while (this.sizeBytes < upToBytes && !this.isWhole) {
      const result = this.#read(this.#due[this.#results.length] as FetchPartition)
      if (this.#broughtIn !== undefined) return
      this.#isBroughtIn = false
      this.#results.push(result)
    }
  }

  /** Reads what is left, while others have their turns. */
  async readToEnd(): Promise<void> {
    const { timers } = this.#context.broker.runtime
    while (!this.isWhole) {
      if (this.#broughtIn === undefined) await new Promise<void>((resolve) => timers.endOfTurn(resolve))
      else await this.#broughtIn
      this.#isBroughtIn = this.#broughtIn !== undefined
      this.#broughtIn = undefined
      this.#readOn()
    }
  }

  /** Tells of news in the partitions, until the returned function is called. */
  readonly watch = (watcher: AdvanceWatcher): (() => void) => {
    const { followed } = this.#session
    if (followed !== undefined) return followed.await(watcher)
    const isFollower = this.#reader.follower !== undefined
    const stops = this.#results.map(({ partition }) =>
      (isFollower ? partition?.followers : partition?.readers)?.add(watcher),
    )
    return () => {
      for (const stop of stops) stop?.()
    }
  }

  /** The response; its buffers go back to the pool once it is sent. */
  answer() {
    const throttleMs = this.#recordQuota()
    if (throttleMs > 0) return this.#throttled(throttleMs)
    this.#countTraffic()
    const topics = new Map<string, { topic: string; topicId: string; partitions: PartitionData[] }>()
    for (const { wanted, data } of this.#results) {
      const { errorCode, highWatermark, logStartOffset } = data
      const hasRecords = data.records.length > 0
      const outcome = {
        errorCode,
        highWatermark,
        logStartOffset,
        hasRecords,
        hasDivergence: data.divergingEpoch !== undefined || data.preferredReadReplica >= 0,
      }
      if (!this.#session.include(wanted, outcome)) continue
      const { topic, topicId } = wanted
      const key = this.#context.apiVersion >= TOPIC_IDS_SINCE ? topicId : topic
      const group = topics.get(key)
      if (group === undefined) topics.set(key, { topic, topicId, partitions: [data] })
      else group.partitions.push(data)
    }
    this.#context.afterSend(() => this.release())
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      sessionId: this.#session.sessionId,
      responses: [...topics.values()],
      nodeEndpoints: this.#nodeEndpoints(),
    }
  }

  #countTraffic(): void {
    const { topics } = this.#context.broker.telemetry
    if (this.#reader.follower !== undefined) {
      topics.replicatedOut(this.sizeBytes)
      this.#recordReplication()
      return
    }
    for (const { partition, data } of this.#results) {
      if (partition === undefined) continue
      if (data.errorCode === ErrorCode.NONE) topics.fetched(partition.topic, data.records.length)
      else topics.fetchFailed(partition.topic)
    }
  }

  #recordQuota(): number {
    if (this.#reader.follower !== undefined) return 0
    const { broker, user, clientId } = this.#context
    const nowMs = broker.runtime.clock.monotonic()
    const throttleMs = broker.quotas.fetch.record(user, clientId, this.sizeBytes, nowMs)
    // What is not sent does not count.
    if (throttleMs > 0) broker.quotas.fetch.unrecord(user, clientId, this.sizeBytes, nowMs)
    return throttleMs
  }

  /** The client asks again for the same, later (KIP-219). */
  #throttled(throttleMs: number) {
    this.release()
    this.#context.throttle(throttleMs)
    const { sessionId } = this.#session
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, sessionId, responses: [], nodeEndpoints: [] }
  }

  /** Gives the buffers back; the records read into them are gone. */
  release(): void {
    this.#giveBack(0)
  }

  #giveBack(from: number): void {
    for (const buffer of this.#buffers.splice(from)) this.#context.broker.pool.release(buffer)
  }

  /**
   * What a follower asks for tells what it has: noted when all is read, for that may move high watermarks. Where others
   * had turns meanwhile it may come too late, from an epoch that is over.
   */
  noteFollower({ brokerId, brokerEpoch }: NonNullable<FetchReader['follower']>): void {
    for (const { wanted, data, partition } of this.#results) {
      if (partition === undefined || data.errorCode !== ErrorCode.NONE) continue
      if (data.divergingEpoch !== undefined) continue
      const { fetchOffset, logStartOffset, currentLeaderEpoch } = wanted
      if (partition.refusal(currentLeaderEpoch) !== undefined) continue
      if (partition.followerRefusal(brokerId, brokerEpoch, currentLeaderEpoch) !== undefined) continue
      partition.fetchedBy({ brokerId, brokerEpoch, fetchOffset, logStartOffset })
      data.highWatermark = partition.highWatermark
      this.#restIfQuiet(wanted, data, partition, brokerId)
    }
  }

  /** To be called in the turn in which the request came, before anything can have happened. */
  assertRestedWell(): void {
    const { rested } = this.#session
    if (rested === undefined) return
    const { data, partition } = this.#results.find(({ wanted }) => wanted === rested) ?? {}
    if (data?.errorCode !== ErrorCode.NONE || partition === undefined) return
    const isTold = this.#session.isTold(rested, data.highWatermark, data.logStartOffset)
    const hasAll = rested.fetchOffset >= partition.announcedEndOffset
    assert(isTold && hasAll, `${partition.name} tells those who follow of everything that happens`)
  }

  /** A follower that has all of a partition, and knows it, says nothing new with its next fetches. */
  #restIfQuiet(wanted: FetchPartition, data: PartitionData, partition: Partition, brokerId: number): void {
    const { followed } = this.#session
    if (!followed?.isDue(wanted) || this.#heldBack.has(wanted)) return
    const { logStartOffset, logEndOffset } = partition.log
    // The answer still says, and counts as told, where the log began when it was read.
    const isTold = this.#session.isTold(wanted, data.highWatermark, data.logStartOffset)
    if (!isTold || data.logStartOffset !== logStartOffset) return
    const { pulse } = followed
    if (wanted.fetchOffset !== logEndOffset || !partition.rest(brokerId, pulse)) return
    followed.rest(wanted, () => partition.endRest(brokerId, pulse))
  }

  /** Whether a follower does not know yet how far the high watermark or the log start has moved. */
  get hasNews(): boolean {
    if (this.#reader.follower === undefined) return false
    return this.#results.some(
      ({ wanted, data }) =>
        !this.#heldBack.has(wanted) && !this.#session.isTold(wanted, data.highWatermark, data.logStartOffset),
    )
  }

  #read(wanted: FetchPartition): FetchResult {
    const data = emptyData(wanted.partition)
    let partition: Partition | undefined
    try {
      partition = this.#find(wanted, data)
      this.#readInto(partition, wanted, data)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      data.errorCode = error.code
    }
    const isFailed = data.errorCode !== ErrorCode.NONE
    if (isFailed || data.divergingEpoch !== undefined || data.preferredReadReplica >= 0) this.isUrgent = true
    return { wanted, data, partition }
  }

  #find(wanted: FetchPartition, data: PartitionData): Partition {
    const { broker } = this.#context
    const { follower, mayReadFollowers } = this.#reader
    const topic = this.#topicName(wanted)
    if (topic === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_ID)
    const { replicas } = broker
    const { partition: index, currentLeaderEpoch } = wanted
    const found = mayReadFollowers
      ? replicas.readable(topic, index, currentLeaderEpoch)
      : replicas.leader(topic, index, currentLeaderEpoch)
    if (typeof found === 'number') {
      data.currentLeader = leaderHint(broker, topic, index)
      throw new KafkaError(found)
    }
    const refusal =
      follower && found.followerRefusal(follower.brokerId, follower.brokerEpoch, currentLeaderEpoch)
    if (refusal !== undefined) throw new KafkaError(refusal)
    this.#session.followed?.listen(wanted, found.followers)
    return found
  }

  #readInto(partition: Partition, wanted: FetchPartition, data: PartitionData): void {
    const { follower, readCommitted, maxBytes } = this.#reader
    const { log, highWatermark, lastStableOffset } = partition
    data.highWatermark = highWatermark
    data.lastStableOffset = lastStableOffset
    data.logStartOffset = log.logStartOffset
    data.divergingEpoch = divergence(partition, wanted)
    if (data.divergingEpoch !== undefined) return
    if (follower === undefined && this.#isBetterReadElsewhere(partition, wanted, data)) return
    if (follower !== undefined && this.#isThrottled(partition, follower.brokerId)) {
      this.#heldBack.add(wanted)
      return
    }
    const upTo = follower !== undefined ? log.logEndOffset : readCommitted ? lastStableOffset : highWatermark
    const limits = {
      maxBytes: Math.max(0, Math.min(wanted.maxBytes, maxBytes - this.sizeBytes)),
      upTo,
      minOneBatch: this.sizeBytes === 0,
      whenCold: this.#isBroughtIn ? undefined : this.#whenCold,
    }
    const bufferCount = this.#buffers.length
    data.records = log.read(wanted.fetchOffset, limits, this.#allocate)
    if (this.#broughtIn !== undefined) this.#giveBack(bufferCount)
    if (readCommitted) data.abortedTransactions = abortedIn(log, wanted.fetchOffset, data.records)
    this.sizeBytes += data.records.length
  }

  /** A replica that is in sync is not held back: writers wait for it. */
  #isThrottled({ throttled, leader }: Partition, brokerId: number): boolean {
    if (!throttled.asLeader || leader?.isr.includes(brokerId)) return false
    return this.#context.broker.replicas.quotas.leader.isExceeded
  }

  #recordReplication(): void {
    const { leader: quota } = this.#context.broker.replicas.quotas
    for (const { partition, data } of this.#results)
      if (partition?.throttled.asLeader) quota.record(data.records.length)
  }

  /** Names a replica in the consumer's own rack, in place of records, if the broker is set up for that (KIP-392). */
  #isBetterReadElsewhere({ leader }: Partition, wanted: FetchPartition, data: PartitionData): boolean {
    const { config, cluster } = this.#context.broker
    const { rackId, mayReadFollowers } = this.#reader
    if (leader === undefined || !mayReadFollowers || rackId === '') return false
    if (!readersHaveChoice(config)) return false
    data.preferredReadReplica = preferredReplica(leader, cluster, rackId, wanted.fetchOffset)
    return data.preferredReadReplica >= 0
  }

  readonly #whenCold = (broughtIn: Promise<void>): void => {
    this.#broughtIn = broughtIn
  }

  readonly #allocate = (sizeBytes: number): Buffer => {
    const buffer = this.#context.broker.pool.acquire(sizeBytes)
    this.#buffers.push(buffer)
    return buffer
  }

  #topicName(wanted: FetchPartition): string | undefined {
    if (this.#context.apiVersion < TOPIC_IDS_SINCE) return wanted.topic
    return this.#context.broker.cluster.topicsById.get(wanted.topicId)?.name
  }

  #nodeEndpoints() {
    if (this.#context.apiVersion < NODE_ENDPOINTS_SINCE) return []
    const leaders = this.#results.map(({ data }) => data.currentLeader?.leaderId ?? -1)
    return nodeEndpoints(this.#context, leaders)
  }
}
