/**
 * What clients asked for and what they saw, in the order in which it happened: the input of the checker. A
 * simulated run and a run of real processes record the same events, one JSON object per line.
 *
 * Every operation is an invocation and at most one completion. `ok` means it happened, `fail` that it certainly did
 * not and never will, `info` that nobody knows; an operation without completion counts as `info`. Telling `fail`
 * from `info` is the duty of who records: a timeout, a lost connection or REQUEST_TIMED_OUT is `info`.
 */
export type History = readonly HistoryEvent[]
export type HistoryEvent = Invocation | Acknowledgement | Failure | Notice

export interface Invocation {
  readonly type: 'invoke'
  readonly op: number
  readonly client: string
  readonly atMs: number
  readonly call: Call
}

export interface Acknowledgement extends Answer {
  readonly type: 'ok'
  readonly op: number
  readonly atMs: number
}

export interface Failure {
  readonly type: 'fail' | 'info'
  readonly op: number
  readonly atMs: number
  readonly error: string
}

/** What a client learned without asking, or a phase of the run. */
export interface Notice {
  readonly type: 'notice'
  readonly client: string
  readonly atMs: number
  readonly notice: NoticeBody
}

/** What an `ok` carries, by call: `send` the offset, `deleteRecords` where the log begins now, `poll` records, `fetchOffsets` offsets, `listOffsets` watermarks. */
export interface Answer {
  /** Left out if the broker did not tell it (acks=0, DUPLICATE_SEQUENCE_NUMBER). */
  readonly offset?: number
  readonly records?: Readonly<Record<string, readonly PolledRecord[]>>
  /** The committed offset by partition; -1 where there is none. */
  readonly offsets?: Readonly<Record<string, number>>
  readonly watermarks?: Watermarks
  /** What `shareFetch` acquired, by partition. */
  readonly acquired?: Readonly<Record<string, readonly AcquiredRange[]>>
}

/** First and last offset, how often they were delivered, and the leader's epoch: -1 if it changed meanwhile. */
export type AcquiredRange = readonly [first: number, last: number, deliveryCount: number, leaderEpoch: number]

/** Offset and value, in the order in which the consumer returned them; no control records. */
export type PolledRecord = readonly [offset: number, value: string]

export interface Watermarks {
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
}

export type Call =
  | SendCall
  | PollCall
  | CommitOffsetsCall
  | FetchOffsetsCall
  | BeginTransactionCall
  | EndTransactionCall
  | ListOffsetsCall
  | DeleteRecordsCall
  | ShareFetchCall
  | ShareAcknowledgeCall

/** One record. Values are unique in a history, unless the application itself sends one again. */
export interface SendCall {
  readonly name: 'send'
  /** `topic-partition`, as in `orders-0`. */
  readonly partition: string
  readonly value: string
  readonly key?: string
  /** Deletes the key. */
  readonly tombstone?: true
  readonly idempotent?: boolean
  /** Left out for acks=all: other acknowledgements promise nothing. */
  readonly acks?: 0 | 1
  readonly transaction?: string
}

export interface PollCall {
  readonly name: 'poll'
  readonly readCommitted: boolean
  /** The transaction whose output depends on what is read here. */
  readonly transaction?: string
}

/** OffsetCommit, or TxnOffsetCommit if a transaction is named. */
export interface CommitOffsetsCall {
  readonly name: 'commitOffsets'
  readonly group: string
  readonly offsets: Readonly<Record<string, number>>
  /** Of the classic protocol; left out under KIP-848, where members may be in different epochs. */
  readonly generation?: number
  readonly transaction?: string
}

/**
 * OffsetFetch with requireStable: offsets of a transaction that is being committed are waited for. As with
 * `listOffsets`, a deposed coordinator may tell old ones.
 */
export interface FetchOffsetsCall {
  readonly name: 'fetchOffsets'
  readonly group: string
  readonly partitions: readonly string[]
}

export interface BeginTransactionCall {
  readonly name: 'beginTransaction'
  /** Unique in the history, for example `transactionalId:17`. */
  readonly transaction: string
  readonly timeoutMs: number
}

export interface EndTransactionCall {
  readonly name: 'commitTransaction' | 'abortTransaction'
  readonly transaction: string
}

/**
 * Asked of the leader, for one partition: an answer holds the three watermarks of one moment. A leader that was deposed
 * and does not know it yet may tell old ones: only record what is asked while no broker is cut off.
 */
export interface ListOffsetsCall {
  readonly name: 'listOffsets'
  readonly partition: string
}

/**
 * DeleteRecords, for one partition. The start that the answer tells counts only after the healing: a leader that was
 * deposed and does not know it yet may tell an old one.
 */
export interface DeleteRecordsCall {
  readonly name: 'deleteRecords'
  readonly partition: string
  /** What lies before it is to go. */
  readonly offset: number
}

/** A member of a share group asks one leader for records of these partitions. */
export interface ShareFetchCall {
  readonly name: 'shareFetch'
  readonly group: string
  readonly partitions: readonly string[]
}

/**
 * What a member says of records that it acquired. It fails with INVALID_RECORD_STATE if the leader that it acquired them
 * from says, in the same session, that they are not locked for it.
 */
export interface ShareAcknowledgeCall {
  readonly name: 'shareAcknowledge'
  readonly group: string
  readonly partition: string
  readonly first: number
  readonly last: number
  readonly outcome: 'accept' | 'release' | 'reject'
  /** Of the leader that is told. */
  readonly leaderEpoch: number
  /** How long the leader locks what it delivers. */
  readonly lockMs: number
}

export type NoticeBody =
  /** Newly assigned partitions and the committed offsets they resume from: -1 without one, null if unknown. */
  | {
      readonly name: 'assigned'
      readonly group?: string
      readonly generation?: number
      readonly partitions: Readonly<Record<string, number | null>>
    }
  | { readonly name: 'revoked'; readonly partitions: readonly string[] }
  /** The next record wanted, also after an automatic offset reset. */
  | { readonly name: 'seek'; readonly partition: string; readonly offset: number }
  /** The client died or was closed; what it does from now on is another life under the same name. */
  | { readonly name: 'crash' }
  /** A producer starts over with a new producer id or epoch: what is in doubt may still arrive, after what follows. */
  | { readonly name: 'newProducerId' }
  /** All faults are over: from here on every client has to progress. */
  | { readonly name: 'heal' }
  /** The final reader has read all of the partition up to this high watermark, or last stable offset. */
  | { readonly name: 'drained'; readonly partition: string; readonly endOffset: number }
  /** A share group has nothing to do any more before this offset. */
  | {
      readonly name: 'shared'
      readonly group: string
      readonly partition: string
      readonly startOffset: number
    }
  /** Somebody was told that the log begins here. */
  | { readonly name: 'logStart'; readonly partition: string; readonly offset: number }
  /** What the topic's configuration allows: compaction, or retention and DeleteRecords. The last one counts. */
  | {
      readonly name: 'topic'
      readonly topic: string
      readonly compacted?: boolean
      /** Tombstones go when what they deleted is gone; left out if they outlive the run. */
      readonly forgetsTombstones?: boolean
      readonly trimmed?: boolean
      /** What is younger stays; left out if there is no such promise. */
      readonly retentionMs?: number
    }

export class HistoryError extends Error {
  readonly code = 'INVALID_HISTORY'
}

export function topicOf(partition: string): string {
  const dash = partition.lastIndexOf('-')
  if (dash <= 0 || !/^\d+$/.test(partition.slice(dash + 1)))
    throw new HistoryError(`"${partition}" is not of the form topic-partition`)
  return partition.slice(0, dash)
}
