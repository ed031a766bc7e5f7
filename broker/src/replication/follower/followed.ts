import type { EpochEndOffset, Sliced } from '../../storage/index.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { backoffMs } from '../backoff.ts'
import type { Partition } from '../partition/partition.ts'
import type { FetcherParts } from './fetcher-parts.ts'
import { appendFetched, truncationOffset } from './follower-log.ts'
import type { LeaderConnection } from './leader-connection.ts'

type Surroundings = Pick<FetcherParts, 'brokerId' | 'logger' | 'monotonicMs' | 'timers'>

interface Fetched {
  readonly records: Buffer | null
  readonly highWatermark: number
  readonly logStartOffset: number
}

const LATEST = -1
const EARLIEST = -2
/** Of a truncation that takes long, so much is done in one turn of the event loop. */
const SLICE_MS = 1

/** One partition that this broker follows, in one leader epoch. */
export class Followed {
  readonly partition: Partition
  readonly leaderEpoch: number
  failures = 0
  delayedUntilMs = 0
  /** Whether what came last was more than the leader got meanwhile. */
  isGaining = true
  /** Of a copy, as far as it is left to the system to write it back. */
  unflushedCopyBytes = 0
  /** What the leader was asked for. */
  #fetchOffset = -1
  #leaderHighWatermark = Number.POSITIVE_INFINITY
  /** Records that are missing, as far as the leader has said. */
  #missing = Number.POSITIVE_INFINITY

  constructor(partition: Partition) {
    this.partition = partition
    this.leaderEpoch = partition.leaderEpoch
  }

  /** Whether an answer still fits: the epoch, and the place at which the log ended when it was asked for. */
  get isCurrent(): boolean {
    const { leads, leaderEpoch, log } = this.partition
    return (
      !leads &&
      leaderEpoch === this.leaderEpoch &&
      log.failure === undefined &&
      log.logEndOffset === this.#fetchOffset
    )
  }

  /** Whether it has all that is committed, as far as the leader has said. */
  get isInSync(): boolean {
    return this.partition.log.logEndOffset >= this.#leaderHighWatermark
  }

  /** What to ask for next. */
  position(partitionMaxBytes: number) {
    const { log, index } = this.partition
    this.#fetchOffset = log.logEndOffset
    return {
      partition: index,
      currentLeaderEpoch: this.leaderEpoch,
      fetchOffset: log.logEndOffset,
      lastFetchedEpoch: log.latestLeaderEpoch,
      logStartOffset: log.logStartOffset,
      partitionMaxBytes,
      highWatermark: log.highWatermark,
    }
  }

  append({ records, highWatermark, logStartOffset }: Fetched, nowMs: number): void {
    const { partition } = this
    const { log } = partition
    this.#leaderHighWatermark = highWatermark
    if (records !== null && records.length > 0)
      partition.followed(appendFetched(log, records, this.leaderEpoch, nowMs))
    const missing = Math.max(0, highWatermark - log.logEndOffset)
    this.isGaining = missing < this.#missing
    this.#missing = missing
    partition.followHighWatermark(highWatermark)
    if (logStartOffset > log.logStartOffset) log.raiseLogStartOffset(logStartOffset)
  }

  /** The leader does not have what we have at the end: it was never committed. */
  truncate(leaders: EpochEndOffset, surroundings: Surroundings): Promise<void> | undefined {
    return this.#cut(truncationOffset(this.partition.log, leaders), surroundings)
  }

  /** Our log ends where the leader's has not begun, or is over. */
  async resetOffset(connection: LeaderConnection, surroundings: Surroundings): Promise<void> {
    const { log } = this.partition
    const { brokerId } = surroundings
    const end = await this.#leaderOffset(connection, brokerId, LATEST)
    if (end < log.logEndOffset) {
      if (this.isCurrent) await this.#cut(end, surroundings)
      return
    }
    const start = await this.#leaderOffset(connection, brokerId, EARLIEST)
    if (start > log.logEndOffset && this.isCurrent) log.truncateFullyAndStartAt(start)
  }

  delay(nowMs: number, backoffMsMax: number): void {
    this.delayedUntilMs = nowMs + backoffMs(this.failures++, backoffMsMax)
  }

  /** Undefined if it is done at once. */
  #cut(offset: number, surroundings: Surroundings): Promise<void> | undefined {
    const { logger, monotonicMs } = surroundings
    const { log, name } = this.partition
    const { logEndOffset, highWatermark } = log
    const facts = { partition: name, leaderEpoch: this.leaderEpoch, offset, logEndOffset, highWatermark }
    if (offset >= highWatermark) logger.info('a log is cut off where its leader has other records', facts)
    else if (this.#mayLoseCommitted(highWatermark))
      logger.warn('committed records are cut off: they were lost with an unclean election', facts)
    else {
      if (this.failures === 0)
        logger.error('the leader does not have committed records: nothing is cut off or taken over', facts)
      throw new KafkaError(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        `${name} has committed records that its leader lacks`,
      )
    }
    const work = log.truncation(offset)
    return isDoneBy(work, monotonicMs() + SLICE_MS, monotonicMs) ? undefined : this.#goOn(work, surroundings)
  }

  /** Until then the log is whole. If it is needed for something else meanwhile, the leader will be asked again. */
  async #goOn(work: Sliced<boolean>, { monotonicMs, timers }: Surroundings): Promise<void> {
    do {
      await new Promise<void>((resolve) => timers.endOfTurn(resolve))
      if (!this.isCurrent) return
    } while (!isDoneBy(work, monotonicMs() + SLICE_MS, monotonicMs))
  }

  /** Only an unclean election since our last committed record was written explains that a leader lacks it. */
  #mayLoseCommitted(highWatermark: number): boolean {
    const { log, uncleanLeaderEpoch } = this.partition
    return uncleanLeaderEpoch > log.epochForOffset(highWatermark - 1)
  }

  async #leaderOffset(connection: LeaderConnection, brokerId: number, timestamp: number): Promise<number> {
    const { topic, index } = this.partition
    const wanted = { partitionIndex: index, currentLeaderEpoch: this.leaderEpoch, timestamp }
    const { topics } = await connection.listOffsets({
      replicaId: brokerId,
      isolationLevel: 0,
      topics: [{ name: topic, partitions: [wanted] }],
      timeoutMs: 0,
    })
    const found = topics[0]?.partitions[0]
    if (found === undefined || found.errorCode !== ErrorCode.NONE)
      throw new KafkaError(found?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR, `offsets of ${topic}-${index}`)
    return found.offset
  }
}

function isDoneBy(work: Sliced<boolean>, endMs: number, monotonicMs: () => number): boolean {
  do if (work.next().done) return true
  while (monotonicMs() < endMs)
  return false
}
