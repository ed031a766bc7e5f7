/** A history, indexed once for all verdicts. `…At` is the place of an event in the history, not a time. */
import type { Call, History, ShareAcknowledgeCall, Watermarks } from '../history.ts'

export interface Model {
  readonly history: History
  readonly operations: Operation[]
  readonly partitions: Map<string, Partition>
  readonly topics: Map<string, Topic>
  /** By value: who sent it and where it was seen. */
  readonly values: Map<string, Value>
  readonly transactions: Map<string, Transaction>
  readonly groups: Map<string, Group>
  /** What share groups did with each partition, by group and partition. */
  readonly shares: Map<string, Share>
  /** Each client's last death. */
  readonly crashes: Map<string, number>
  /** When each producer started over with a new producer id. */
  readonly renewals: Map<string, number[]>
  /** The last one; -1 if the run has no such phase. */
  healedAt: number
  endAtMs: number
}

export interface Operation {
  readonly id: number
  readonly client: string
  readonly call: Call
  readonly invokedAt: number
  readonly invokedAtMs: number
  /** Infinity unless `ok`: until then, or forever, it may take effect. */
  completedAt: number
  completedAtMs: number
  outcome: 'ok' | 'fail' | 'info' | 'pending'
  /** The client died meanwhile: nobody waits for the outcome. */
  abandoned: boolean
}

export interface Topic {
  compacted: boolean
  forgetsTombstones: boolean
  trimmed: boolean
  /** Undefined if age protects nothing. */
  retentionMs: number | undefined
}

export interface Send {
  readonly operation: Operation
  readonly client: string
  /** The client's life: a crash starts the next. */
  readonly life: number
  readonly partition: Partition
  readonly value: string
  readonly key: string | undefined
  readonly tombstone: boolean
  readonly idempotent: boolean
  readonly acksAll: boolean
  readonly transaction: Transaction | undefined
  readonly invokedAt: number
  /** The highest offset that the same producer had acknowledged, and that anybody knew of, when this was sent. */
  readonly ownFloor: Floor | undefined
  readonly floor: Floor | undefined
  /** Acknowledged, or -1. */
  offset: number
  /** Where it lies: acknowledged or read; -1 if unknown. */
  place: number
}

export interface Floor {
  readonly offset: number
  readonly at: number
  /** The send, if it was an acknowledgement. */
  readonly send: Send | undefined
}

export interface Partition {
  readonly name: string
  readonly topic: Topic
  readonly sends: Send[]
  readonly entries: Map<number, Entry>
  /** The entries by offset. */
  sorted: Entry[]
  readonly sessions: Session[]
  readonly steps: Step[]
  readonly watermarks: WatermarkReading[]
  readonly deletions: Deletion[]
  readonly starts: LogStart[]
  /** Somebody asked that everything before it be deleted. */
  deletedUpTo: number
  floor: Floor | undefined
}

/** What acknowledgements and readers say about one offset. */
export interface Entry {
  readonly partition: Partition
  readonly offset: number
  readonly value: string
  /** The event that told it first. */
  readonly firstAt: number
  /** The send that put it there, once resolved: undefined if there is none, or more than one is possible. */
  write: Send | undefined
  /** The first read of it, at any isolation and at read_committed; Infinity without one. */
  readAt: number
  committedReadAt: number
  /** Other values seen at this offset. */
  conflicts: { readonly value: string; readonly at: number }[] | undefined
}

export interface Value {
  readonly sends: Send[]
  readonly places: Entry[]
}

/** A consumer's uninterrupted reading of one partition: no seek, rebalance or crash in between. */
export interface Session {
  readonly client: string
  readonly partition: Partition
  readonly readCommitted: boolean
  readonly openedAt: number
  /** Where it was to begin, or else began. */
  readonly start: number
  /** Everything visible in [start, end) has been passed. */
  end: number
  readonly runs: Run[]
  /** The event that declared the end reached; -1 otherwise. */
  drainedAt: number
}

/** Where a consumer did not get the very next offset. */
export interface Step {
  readonly session: Session
  readonly expected: number
  /** The event that the expectation comes from. */
  readonly expectedAt: number
  readonly offset: number
  readonly at: number
  /** Within one poll, or between polls of one transaction. */
  readonly internal: boolean
}

/** The records of one partition in one poll. */
export interface Run {
  readonly session: Session
  readonly at: number
  readonly records: readonly (readonly [offset: number, value: string])[]
  /** The position before, and the event it comes from. */
  readonly from: number
  readonly fromAt: number
  readonly transaction: Transaction | undefined
}

export interface Transaction {
  readonly name: string
  readonly client: string
  readonly timeoutMs: number
  readonly beganAt: number
  readonly sends: Send[]
  readonly runs: Run[]
  /** The first attempt to commit; Infinity without one. */
  commitInvokedAt: number
  /** The event that settled it; Infinity without one. */
  settledAt: number
  lastAtMs: number
  status: 'committed' | 'aborted' | 'unknown' | 'open'
  /** The latest operation that tried to end it. */
  end: Operation | undefined
}

export interface WatermarkReading extends Watermarks {
  readonly operation: Operation
  /** What was known of the partition when it was asked. */
  readonly floor: Floor | undefined
}

/** A DeleteRecords that was acknowledged. */
export interface Deletion {
  readonly operation: Operation
  readonly offset: number
  /** Where the log began then. */
  readonly startOffset: number
}

/** Where the log began, as somebody was told. */
export interface LogStart {
  readonly client: string
  readonly offset: number
  readonly at: number
  readonly atMs: number
}

export interface Group {
  readonly name: string
  readonly commits: Commit[]
  readonly fetches: Fetch[]
  readonly claims: Claim[]
}

export interface Commit {
  readonly operation: Operation
  readonly partition: string
  readonly offset: number
  readonly transaction: Transaction | undefined
}

export interface Fetch {
  readonly client: string
  readonly partition: string
  /** -1 if the group had none. */
  readonly offset: number
  readonly invokedAt: number
  readonly completedAt: number
}

/** One share group and one partition. */
export interface Share {
  readonly group: string
  readonly partition: string
  readonly acquisitions: Acquisition[]
  readonly acknowledgements: ShareAcknowledgement[]
  /** Of this partition, maybe: nobody saw what the leader acquired. */
  unansweredFetches: number
  /** Everything before it is done with; -1 if nobody asked. */
  startOffset: number
  startToldAt: number
}

export interface Acquisition {
  readonly operation: Operation
  readonly first: number
  readonly last: number
  readonly deliveryCount: number
  readonly leaderEpoch: number
}

export interface ShareAcknowledgement {
  readonly operation: Operation
  readonly call: ShareAcknowledgeCall
  /** The leader said that the records are not locked for the member. */
  readonly isRefused: boolean
}

/** A member holds a partition in a generation. */
export interface Claim {
  readonly client: string
  readonly partition: string
  readonly generation: number
  readonly at: number
}
