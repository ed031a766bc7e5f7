/**
 * A coordinator's part in one partition of an internal topic, as its host (server/coordinators) sees it: a pure state
 * machine that is replayed from the partition and whose outcomes are appended to it.
 *
 * What the host owes:
 * - State changes at once. Outcomes are appended in the order in which they were given, each atomically. Their
 *   replies are sent, and their effects carried out, when their records and those of all earlier ones are committed,
 *   also if an outcome has none of its own. What is only read is told in the same way.
 * - If a write fails, the shard is ahead of its log: nothing of that outcome and those after it is told; the shard is
 *   abandoned and a new one is loaded.
 * - `tick` is called when `nextDeadlineMs` has come.
 */

import type { Moment } from '../runtime/types.ts'

export interface CoordinatorRecord {
  readonly key: Buffer
  /** Null removes what was kept under the key. */
  readonly value: Buffer | null
}

export interface ProducerStamp {
  readonly producerId: number
  readonly producerEpoch: number
}

/** The control record that ends what a producer's transaction wrote to a partition. */
export interface EndMarker extends ProducerStamp {
  readonly coordinatorEpoch: number
  readonly isCommit: boolean
  /** With version 2 a marker's epoch is above that of the transaction (KIP-890). */
  readonly transactionVersion: number
}

/** `token` is the caller's own handle of a request: it comes back unread, exactly once. */
export interface Reply<Response = unknown> {
  readonly token: unknown
  readonly response: Response
}

export interface Outcome<Response = unknown, Effect = unknown> {
  /** To be appended atomically, in this order. */
  readonly records: readonly CoordinatorRecord[]
  /** The records are part of this producer's transaction. */
  readonly transaction?: ProducerStamp
  /** Appended instead of records. */
  readonly marker?: EndMarker
  /** To be sent once these records, and those of every earlier outcome, are committed. */
  readonly replies: readonly Reply<Response>[]
  /** To be done at the same time. */
  readonly effects?: readonly Effect[]
}

/** The batch that a replayed record is of. */
export interface ReplayedBatch {
  readonly baseOffset: number
  /** Undefined unless it is part of a transaction. */
  readonly transaction: ProducerStamp | undefined
}

/** From the log, which does not know the version. */
export type ReplayedMarker = Omit<EndMarker, 'transactionVersion'>

export interface CoordinatorShard<Effect = unknown> {
  /** Applies one record of the log, from its beginning to its end. */
  replay(key: Buffer, value: Buffer | null, batch: ReplayedBatch): void
  /** Applies the end of a transaction; left out where there are none. */
  replayMarker?(marker: ReplayedMarker): void
  /** Records of an outcome are in the log, the first at `baseOffset`; left out where nobody needs to know. */
  appended?(records: readonly CoordinatorRecord[], baseOffset: number): void
  /** From here on the shard answers. */
  finishLoading(now: Moment): Outcome<unknown, Effect>
  tick(now: Moment): Outcome<unknown, Effect>
  /** When `tick` wants to be called, in monotonic time; Infinity if never. */
  nextDeadlineMs(): number
  /** The partition is led elsewhere, or its log failed: nobody waits here any longer. */
  abandon(): readonly Reply[]
}
