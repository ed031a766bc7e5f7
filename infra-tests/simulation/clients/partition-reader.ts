/** Reads one partition from where it stands, as a consumer does: from the leader, with epochs (KIP-320), checking each CRC. */
import { batchAt, decodeRecords, ErrorCode, holdsBatch, isValidCrc, sizeInBytes } from '@freshet/broker/wire'
import { FetchApi, ListOffsetsApi } from '../broker-code.ts'
import type { HistoryRecorder } from '../checker/recorder.ts'
import { type ClusterClient, ifNoAnswer } from './cluster-client.ts'

const FETCH_VERSION = 12
const LIST_OFFSETS_VERSION = 8
const MAX_WAIT_MS = 1000
const FETCH_BYTES = 4096
const EARLIEST = -2
export const LATEST = -1

export class PartitionReader {
  readonly topic: string
  readonly partition: number
  position: number
  /** How far the leader said one may read, when it was last asked. */
  highWatermark = -1
  readonly #client: ClusterClient
  readonly #history: HistoryRecorder
  #lastEpoch = -1

  constructor(
    client: ClusterClient,
    history: HistoryRecorder,
    topic: string,
    partition: number,
    position: number,
  ) {
    this.#client = client
    this.#history = history
    this.topic = topic
    this.partition = partition
    this.position = position
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
    const answer = await this.#client
      .request(leader.leaderId, FetchApi, FETCH_VERSION, this.#request(leader.leaderEpoch), MAX_WAIT_MS * 4)
      .catch(ifNoAnswer)
    const result = answer?.responses[0]?.partitions[0]
    if (this.#client.isStopped) return 0
    if (result === undefined || result.errorCode !== ErrorCode.NONE) {
      if (result?.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) await this.#reset()
      await this.#client.refresh([this.topic])
      return 0
    }
    if (result.divergingEpoch.epoch >= 0) this.#rewind(result.divergingEpoch.endOffset)
    this.highWatermark = result.highWatermark
    return result.records === null ? 0 : this.#take(result.records)
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
    const body = { replicaId: -1, isolationLevel: 0, topics: [{ name: this.topic, partitions }] }
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

  #request(currentLeaderEpoch: number) {
    const partition = {
      partition: this.partition,
      currentLeaderEpoch,
      fetchOffset: this.position,
      lastFetchedEpoch: this.#lastEpoch,
      partitionMaxBytes: FETCH_BYTES,
    }
    return {
      maxWaitMs: MAX_WAIT_MS,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      sessionId: 0,
      topics: [{ topic: this.topic, partitions: [partition] }],
      forgottenTopicsData: [],
    }
  }

  #take(bytes: Buffer): number {
    const records: { offset: number; value: string }[] = []
    let next = this.position
    for (let at = 0; holdsBatch(bytes, at); at += sizeInBytes(bytes, at)) {
      if (sizeInBytes(bytes, at) > bytes.length - at) break
      // What was spoiled on its way is fetched again.
      if (!isValidCrc(bytes, at)) break
      const batch = batchAt(bytes, at)
      for (const { offset, value } of decodeRecords(bytes, at)) {
        if (offset >= this.position) records.push({ offset, value: value?.toString() ?? '' })
      }
      next = batch.lastOffset + 1
      this.#lastEpoch = batch.leaderEpoch
    }
    this.position = Math.max(this.position, next)
    if (records.length > 0) this.#record(records)
    return records.length
  }

  #record(records: readonly { readonly offset: number; readonly value: string }[]): void {
    const { partition } = this
    const { name, world } = this.#client
    const op = this.#history.invoke(name, { name: 'poll', readCommitted: false })
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
