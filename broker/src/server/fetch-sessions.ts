import { ErrorCode } from '../wire/index.ts'
import { type Evictable, sessionToEvict } from './fetch-session-eviction.ts'

/** What a client wants of one partition (KIP-227 caches it between requests). */
export interface FetchPartition {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  fetchOffset: number
  maxBytes: number
  currentLeaderEpoch: number
  lastFetchedEpoch: number
  /** Of a follower's log; -1 from consumers. */
  logStartOffset: number
  /** What a follower knows of it; Infinity from all others. */
  highWatermark: number
}

/** What decides whether a partition is worth a place in an incremental answer. */
export interface FetchOutcome {
  readonly errorCode: number
  readonly highWatermark: number
  readonly logStartOffset: number
  readonly hasRecords: boolean
  readonly hasDivergence: boolean
}

export interface FetchWish {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly usesTopicIds: boolean
  readonly isFollower: boolean
  readonly partitions: readonly FetchPartition[]
  readonly forgotten: readonly {
    readonly topic: string
    readonly topicId: string
    readonly partition: number
  }[]
}

interface Cached extends FetchPartition {
  sentHighWatermark: number
  sentLogStartOffset: number
}

interface Session extends Evictable {
  readonly id: number
  readonly usesTopicIds: boolean
  readonly partitions: Map<string, Cached>
  epoch: number
}

/** The partitions to read for one request, and what of the outcome to answer. */
export interface FetchContext {
  readonly sessionId: number
  readonly partitions: readonly FetchPartition[]
  /** Whether the client has been told these already. */
  isTold(partition: FetchPartition, highWatermark: number, logStartOffset: number): boolean
  /** Whether this outcome belongs into the answer; remembers it as sent. Call once per partition. */
  include(partition: FetchPartition, outcome: FetchOutcome): boolean
}

const INITIAL_EPOCH = 0
const FINAL_EPOCH = -1
const EPOCH_MAX = 0x7fffffff

const key = (partition: { topic: string; topicId: string; partition: number }, usesTopicIds: boolean) =>
  `${usesTopicIds ? partition.topicId : partition.topic}/${partition.partition}`

/**
 * Fetch sessions (KIP-227): a client names its partitions once and then only what changed, and is answered only
 * what changed. At most `slots` sessions (`max.incremental.fetch.session.cache.slots`): when all are taken, one may have to
 * give way (`sessionToEvict`), and otherwise the new client stays without a session.
 */
export class FetchSessions {
  readonly #slots: number
  readonly #newId: () => number
  readonly #sessions = new Map<number, Session>()

  /** `newId` gives random ids from 1 to 2^31-1. */
  constructor(slots: number, newId: () => number) {
    this.#slots = slots
    this.#newId = newId
  }

  get count(): number {
    return this.#sessions.size
  }

  /** Returns an error code for a session that the client must start anew. */
  resolve(wish: FetchWish, nowMs: number): FetchContext | number {
    if (wish.sessionEpoch === FINAL_EPOCH) {
      this.#sessions.delete(wish.sessionId)
      return sessionless(wish.partitions)
    }
    if (wish.sessionEpoch === INITIAL_EPOCH) {
      this.#sessions.delete(wish.sessionId)
      return this.#open(wish, nowMs)
    }
    const session = this.#sessions.get(wish.sessionId)
    if (session === undefined) return ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    if (session.epoch !== wish.sessionEpoch) return ErrorCode.INVALID_FETCH_SESSION_EPOCH
    if (session.usesTopicIds !== wish.usesTopicIds) return ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR
    return this.#continue(session, wish, nowMs)
  }

  #open(wish: FetchWish, nowMs: number): FetchContext {
    if (wish.partitions.length === 0 || !this.#makeRoom(wish, nowMs)) return sessionless(wish.partitions)
    let id = this.#newId()
    while (this.#sessions.has(id)) id = this.#newId()
    const partitions = new Map<string, Cached>()
    for (const partition of wish.partitions)
      partitions.set(key(partition, wish.usesTopicIds), toCached(partition))
    const { usesTopicIds, isFollower } = wish
    const times = { createdMs: nowMs, lastUsedMs: nowMs }
    const session: Session = { id, usesTopicIds, isFollower, partitions, epoch: 1, ...times }
    this.#sessions.set(id, session)
    return {
      sessionId: id,
      partitions: [...partitions.values()],
      isTold,
      include(partition, outcome) {
        remember(partition as Cached, outcome)
        return true
      },
    }
  }

  #continue(session: Session, wish: FetchWish, nowMs: number): FetchContext {
    session.epoch = session.epoch === EPOCH_MAX ? 1 : session.epoch + 1
    session.lastUsedMs = nowMs
    for (const gone of wish.forgotten) session.partitions.delete(key(gone, session.usesTopicIds))
    for (const wanted of wish.partitions) {
      const cached = session.partitions.get(key(wanted, session.usesTopicIds))
      if (cached === undefined) session.partitions.set(key(wanted, session.usesTopicIds), toCached(wanted))
      else update(cached, wanted)
    }
    if (session.partitions.size === 0) {
      this.#sessions.delete(session.id)
      return sessionless([])
    }
    return {
      sessionId: session.id,
      partitions: [...session.partitions.values()],
      isTold,
      include: (partition, outcome) => includeIfChanged(session, partition as Cached, outcome),
    }
  }

  #makeRoom({ isFollower, partitions }: FetchWish, nowMs: number): boolean {
    if (this.#sessions.size < this.#slots) return true
    const newcomer = { isFollower, size: partitions.length }
    const evicted = sessionToEvict(this.#sessions.values(), newcomer, nowMs)
    return evicted !== undefined && this.#sessions.delete(evicted.id)
  }
}

function sessionless(partitions: readonly FetchPartition[]): FetchContext {
  return { sessionId: 0, partitions, isTold: () => true, include: () => true }
}

function isTold(partition: FetchPartition, highWatermark: number, logStartOffset: number): boolean {
  const { sentHighWatermark, sentLogStartOffset } = partition as Cached
  return sentHighWatermark === highWatermark && sentLogStartOffset === logStartOffset
}

function toCached(partition: FetchPartition): Cached {
  return { ...partition, sentHighWatermark: -1, sentLogStartOffset: -1 }
}

function update(cached: Cached, wanted: FetchPartition): void {
  cached.fetchOffset = wanted.fetchOffset
  cached.maxBytes = wanted.maxBytes
  cached.currentLeaderEpoch = wanted.currentLeaderEpoch
  cached.lastFetchedEpoch = wanted.lastFetchedEpoch
  cached.logStartOffset = wanted.logStartOffset
  // A follower may have dropped an answer, or come back from an earlier state: what it says now is what it knows.
  if (wanted.highWatermark !== Infinity) cached.sentHighWatermark = wanted.highWatermark
  if (wanted.logStartOffset >= 0) cached.sentLogStartOffset = wanted.logStartOffset
}

/** After an error nothing counts as sent, so that the partition is answered again once it is well. */
function remember(cached: Cached, outcome: FetchOutcome): void {
  cached.sentHighWatermark = outcome.errorCode === ErrorCode.NONE ? outcome.highWatermark : -1
  cached.sentLogStartOffset = outcome.logStartOffset
}

function includeIfChanged(session: Session, cached: Cached, outcome: FetchOutcome): boolean {
  const changed =
    outcome.hasRecords ||
    outcome.errorCode !== ErrorCode.NONE ||
    outcome.hasDivergence ||
    outcome.highWatermark !== cached.sentHighWatermark ||
    outcome.logStartOffset !== cached.sentLogStartOffset
  if (!changed) return false
  remember(cached, outcome)
  if (outcome.hasRecords) moveToEnd(session, cached)
  return true
}

/** A partition that was served goes behind the others, so that a small answer limit starves none (KIP-74). */
function moveToEnd(session: Session, cached: Cached): void {
  const name = key(cached, session.usesTopicIds)
  if (!session.partitions.delete(name)) return
  session.partitions.set(name, cached)
}
