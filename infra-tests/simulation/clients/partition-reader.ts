/**
 * Reads one partition from where it stands, as a consumer does: with epochs (KIP-320), checking each CRC; from the leader
 * or from the replica that it names as nearer (KIP-392), in a fetch session (KIP-227) or without.
 */
import { batchAt, decodeRecords, ErrorCode, holdsBatch, isValidCrc, sizeInBytes } from '@freshet/broker/wire'
import { FetchApi, ListOffsetsApi } from '../broker-code.ts'
import type { HistoryRecorder } from '../checker/recorder.ts'
import { AbortedFilter, type AbortedTransaction } from './aborted-filter.ts'
import { type ClusterClient, ifNoAnswer } from './cluster-client.ts'
import { FetchSession } from './fetch-session.ts'
import { nameOf } from './keyed-records.ts'

const FETCH_VERSION = 12
const LIST_OFFSETS_VERSION = 8
const MAX_WAIT_MS = 1000
/** More than it may wait, before there is no answer to come. */
const ANSWER_MS = 3000
const FETCH_BYTES = 4096
const READ_COMMITTED = 1
export const EARLIEST = -2
export const LATEST = -1

interface FetchedPartition {
  readonly partition: number
  readonly currentLeaderEpoch: number
  readonly fetchOffset: number
  readonly lastFetchedEpoch: number
  readonly partitionMaxBytes: number
}

/** Of turning to the leader again although a nearer replica serves, as clients do now and then. */
const RETURN_CHANCE = 0.05

export interface ReaderOptions {
  /** Where the consumer is: empty if it does not say. */
  readonly rackId: string
  readonly usesSessions: boolean
  /** Only what transactions have committed. */
  readonly readCommitted?: boolean
  /** For records that are not there yet; left out: a second. */
  readonly maxWaitMs?: number
}

export interface PartitionReaderOptions extends ReaderOptions {
  readonly topic: string
  readonly partition: number
  readonly position: number
}

export class PartitionReader {
  readonly topic: string
  readonly partition: number
  position: number
  /** What comes from now on does not count any more. */
  isClosed = false
  /** The transaction for which it reads. */
  transaction: string | undefined
  /** How far the leader said one may read, when it was last asked. */
  highWatermark = -1
  readonly #client: ClusterClient
  readonly #history: HistoryRecorder
  readonly #rackId: string
  readonly #readCommitted: boolean
  readonly #maxWaitMs: number
  readonly #session: FetchSession<FetchedPartition> | undefined
  #lastEpoch = -1
  /** The replica that the leader named. */
  #nearby: number | undefined

  constructor(client: ClusterClient, history: HistoryRecorder, options: PartitionReaderOptions) {
    this.#client = client
    this.#history = history
    this.topic = options.topic
    this.partition = options.partition
    this.position = options.position
    this.#rackId = options.rackId
    this.#readCommitted = options.readCommitted ?? false
    this.#maxWaitMs = options.maxWaitMs ?? MAX_WAIT_MS
    this.#session = options.usesSessions ? new FetchSession() : undefined
  }

  get name(): string {
    return `${this.topic}-${this.partition}`
  }

  /** Asks once; returns how many records came. */
  async poll(): Promise<number> {
    const leader = this.#client.partition(this.topic, this.partition)
    if (leader === undefined || leader.leaderId < 0) {
      await this.#client.refresh([this.topic])
      return 0
    }
    if (this.#nearby !== undefined && this.#client.dice.chance(RETURN_CHANCE)) this.#turnTo(undefined)
    const source = this.#nearby ?? leader.leaderId
    const answerMs = this.#maxWaitMs + ANSWER_MS
    const answer = await this.#client
      .request(source, FetchApi, FETCH_VERSION, this.#request(leader.leaderEpoch), answerMs)
      .catch(ifNoAnswer)
    if (this.#client.isStopped || this.isClosed) return 0
    const result = answer?.responses[0]?.partitions[0]
    const errorCode = answer?.errorCode || result?.errorCode
    if (answer === undefined || errorCode) {
      // What is out of range at a follower need not be so at the leader.
      const isLeaders = this.#nearby === undefined
      this.#turnTo(undefined)
      if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE && isLeaders) await this.#reset()
      await this.#client.refresh([this.topic])
      return 0
    }
    this.#session?.answered(answer.sessionId)
    if (result === undefined) return 0
    if (result.preferredReadReplica >= 0) {
      this.#turnTo(result.preferredReadReplica)
      return 0
    }
    if (result.divergingEpoch.epoch >= 0) this.#rewind(result.divergingEpoch.endOffset)
    this.highWatermark = result.highWatermark
    return result.records === null ? 0 : this.#take(result.records, result.abortedTransactions ?? [])
  }

  /** What ListOffsets says of the partition's end, or start; undefined if nobody said it. */
  async listOffset(
    timestamp: typeof EARLIEST | typeof LATEST,
    isRecorded: boolean,
  ): Promise<number | undefined> {
    const leader = this.#client.partition(this.topic, this.partition)
    if (leader === undefined || leader.leaderId < 0) {
      await this.#client.refresh([this.topic])
      return undefined
    }
    const op = isRecorded
      ? this.#history.invoke(this.#client.name, { name: 'listOffsets', partition: this.name })
      : undefined
    const partitions = [{ partitionIndex: this.partition, currentLeaderEpoch: leader.leaderEpoch, timestamp }]
    const body = {
      replicaId: -1,
      isolationLevel: this.#readCommitted ? READ_COMMITTED : 0,
      topics: [{ name: this.topic, partitions }],
    }
    const answer = await this.#client
      .request(leader.leaderId, ListOffsetsApi, LIST_OFFSETS_VERSION, body)
      .catch(ifNoAnswer)
    const result = answer?.topics[0]?.partitions[0]
    if (result?.errorCode !== ErrorCode.NONE) {
      if (op !== undefined) this.#history.info(op, `${result?.errorCode ?? 'no answer'}`)
      await this.#client.refresh([this.topic])
      return undefined
    }
    if (op !== undefined) {
      // Nothing is trimmed here, and without transactions all that is committed is stable.
      const { offset } = result
      const watermarks = { logStartOffset: 0, highWatermark: offset, lastStableOffset: offset }
      this.#history.ok(op, { watermarks })
    }
    return result.offset
  }

  /** Another broker to fetch from; undefined is the leader. */
  #turnTo(replica: number | undefined): void {
    this.#nearby = replica
    this.#session?.reset()
  }

  #request(currentLeaderEpoch: number) {
    const wanted: FetchedPartition = {
      partition: this.partition,
      currentLeaderEpoch,
      fetchOffset: this.position,
      lastFetchedEpoch: this.#lastEpoch,
      partitionMaxBytes: FETCH_BYTES,
    }
    const session = this.#session?.next(wanted) ?? { sessionId: 0, sessionEpoch: -1, wanted: [wanted] }
    return {
      maxWaitMs: this.#maxWaitMs,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      isolationLevel: this.#readCommitted ? READ_COMMITTED : 0,
      sessionId: session.sessionId,
      sessionEpoch: session.sessionEpoch,
      topics: session.wanted.map((partition) => ({ topic: this.topic, partitions: [partition] })),
      forgottenTopicsData: [],
      rackId: this.#rackId,
    }
  }

  #take(bytes: Buffer, aborted: readonly AbortedTransaction[]): number {
    const filter = new AbortedFilter(aborted)
    const records: { offset: number; value: string }[] = []
    let next = this.position
    for (let at = 0; holdsBatch(bytes, at); at += sizeInBytes(bytes, at)) {
      if (sizeInBytes(bytes, at) > bytes.length - at) break
      // What was spoiled on its way is fetched again.
      if (!isValidCrc(bytes, at)) break
      const batch = batchAt(bytes, at)
      next = batch.lastOffset + 1
      this.#lastEpoch = batch.leaderEpoch
      if (filter.leavesOut(bytes, at)) continue
      for (const record of decodeRecords(bytes, at)) {
        const { offset } = record
        // A batch may begin before the position. One that ends before it was not asked for: what is wrong with it is told.
        const isWanted = offset >= this.position || batch.lastOffset < this.position
        if (isWanted) records.push({ offset, value: nameOf(record) })
      }
    }
    this.position = Math.max(this.position, next)
    if (records.length > 0) this.#record(records)
    return records.length
  }

  #record(records: readonly { readonly offset: number; readonly value: string }[]): void {
    const { partition } = this
    const { name, world } = this.#client
    const op = this.#history.invoke(name, {
      name: 'poll',
      readCommitted: this.#readCommitted,
      ...(this.transaction !== undefined && { transaction: this.transaction }),
    })
    const pairs = records.map(({ offset, value }) => [offset, value] as const)
    this.#history.ok(op, { records: { [this.name]: pairs } })
    const range = [records[0]?.offset, records.at(-1)?.offset]
    world.trace.add(name, 'reads', { partition, offsets: range, last: records.at(-1)?.value })
  }

  /** The position is outside of the log: from its start on again, as with auto.offset.reset=earliest. */
  async #reset(): Promise<void> {
    const earliest = await this.listOffset(EARLIEST, false)
    if (earliest === undefined) return
    this.#client.world.trace.add(this.#client.name, 'is out of range', {
      partition: this.partition,
      position: this.position,
      earliest,
    })
    this.#history.notice(this.#client.name, { name: 'logStart', partition: this.name, offset: earliest })
    this.#lastEpoch = -1
    this.#seek(earliest)
  }

  /** The log was truncated below what this reader has read (KIP-320). */
  #rewind(endOffset: number): void {
    this.#client.world.trace.add(this.#client.name, 'is told of a truncation', {
      partition: this.partition,
      position: this.position,
      endOffset,
    })
    this.#lastEpoch = -1
    this.#seek(Math.min(endOffset, this.position))
  }

  #seek(offset: number): void {
    this.position = offset
    this.#history.notice(this.#client.name, { name: 'seek', partition: this.name, offset })
  }
}
