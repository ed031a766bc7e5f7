import { ErrorCode } from '../wire/index.ts'
import { type Evictable, sessionToEvict } from './fetch-session-eviction.ts'
import { type SessionPartition, SessionPartitions } from './session-partitions.ts'

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

export interface FollowerIdentity {
  readonly brokerId: number
  readonly brokerEpoch: number
}

export interface FetchWish {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly usesTopicIds: boolean
  /** The broker that follows; undefined for a consumer. */
  readonly follower: FollowerIdentity | undefined
  readonly partitions: readonly FetchPartition[]
  readonly forgotten: readonly {
    readonly topic: string
    readonly topicId: string
    readonly partition: number
  }[]
}

interface Session extends Evictable {
  readonly id: number
  readonly usesTopicIds: boolean
  readonly partitions: SessionPartitions
  follower: FollowerIdentity | undefined
  epoch: number
}

/** The partitions to read for one request, and what of the outcome to answer. */
export interface FetchContext {
  readonly sessionId: number
  /** Whether there is nothing to wait for. */
  readonly isEmpty: boolean
  /** Those of a follower's session, where most may rest. */
  readonly followed: SessionPartitions | undefined
  /** It rested until now, and there should be nothing new about it. */
  readonly rested: FetchPartition | undefined
  /** Those to look at now. */
  due(): readonly FetchPartition[]
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

  /** So many partitions are those of followers' fetches that wait. */
  get awaitedPartitions(): number {
    let count = 0
    for (const { partitions } of this.#sessions.values()) if (partitions.isAwaited) count += partitions.size
    return count
  }

  /** Returns an error code for a session that the client must start anew. */
  resolve(wish: FetchWish, nowMs: number): FetchContext | number {
    if (wish.sessionEpoch === FINAL_EPOCH) {
      this.#end(wish.sessionId)
      return sessionless(wish.partitions)
    }
    if (wish.sessionEpoch === INITIAL_EPOCH) {
      this.#end(wish.sessionId)
      return this.#open(wish, nowMs)
    }
    const session = this.#sessions.get(wish.sessionId)
    if (session === undefined) return ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    if (session.epoch !== wish.sessionEpoch) return ErrorCode.INVALID_FETCH_SESSION_EPOCH
    if (session.usesTopicIds !== wish.usesTopicIds) return ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR
    return this.#continue(session, wish, nowMs)
  }

  #open(wish: FetchWish, nowMs: number): FetchContext {
    const { usesTopicIds, follower } = wish
    if (follower !== undefined) this.#endFormerOf(follower, wish)
    if (wish.partitions.length === 0 || !this.#makeRoom(wish, nowMs)) return sessionless(wish.partitions)
    let id = this.#newId()
    while (this.#sessions.has(id)) id = this.#newId()
    const partitions = new SessionPartitions()
    for (const partition of wish.partitions) partitions.add(key(partition, usesTopicIds), partition)
    const times = { createdMs: nowMs, lastUsedMs: nowMs }
    const isFollower = follower !== undefined
    const session: Session = { id, usesTopicIds, isFollower, follower, partitions, epoch: 1, ...times }
    this.#sessions.set(id, session)
    partitions.beat(nowMs)
    return contextOf(session, undefined, (partition, outcome) => {
      remember(partition, outcome)
      return true
    })
  }

  #continue(session: Session, wish: FetchWish, nowMs: number): FetchContext {
    session.epoch = session.epoch === EPOCH_MAX ? 1 : session.epoch + 1
    session.lastUsedMs = nowMs
    const { partitions, usesTopicIds } = session
    if (wish.follower?.brokerEpoch !== session.follower?.brokerEpoch) partitions.wakeAll()
    session.follower = wish.follower
    for (const gone of wish.forgotten) partitions.delete(key(gone, usesTopicIds))
    for (const wanted of wish.partitions) {
      const cached = partitions.name(key(wanted, usesTopicIds))
      if (cached === undefined) partitions.add(key(wanted, usesTopicIds), wanted)
      else update(cached, wanted)
    }
    if (partitions.size === 0) {
      this.#end(session.id)
      return sessionless([])
    }
    const rested = partitions.wakeNext()
    partitions.beat(nowMs)
    return contextOf(session, rested, (partition, outcome) => includeIfChanged(session, partition, outcome))
  }

  /**
   * A broker that comes with a new session has done with those of its former lives, and with those that have a partition
   * in common with it. It may have several side by side, as for replicas that are behind.
   */
  #endFormerOf({ brokerId, brokerEpoch }: FollowerIdentity, wish: FetchWish): void {
    const keys = wish.partitions.map((partition) => key(partition, wish.usesTopicIds))
    for (const { id, follower, partitions } of [...this.#sessions.values()]) {
      if (follower?.brokerId !== brokerId || follower.brokerEpoch > brokerEpoch) continue
      if (follower.brokerEpoch < brokerEpoch || keys.some((each) => partitions.has(each))) this.#end(id)
    }
  }

  #makeRoom({ follower, partitions }: FetchWish, nowMs: number): boolean {
    if (this.#sessions.size < this.#slots) return true
    const newcomer = { isFollower: follower !== undefined, size: partitions.length }
    const evicted = sessionToEvict(this.#sessions.values(), newcomer, nowMs)
    if (evicted === undefined) return false
    this.#end(evicted.id)
    return true
  }

  #end(id: number): void {
    this.#sessions.get(id)?.partitions.close()
    this.#sessions.delete(id)
  }
}

function contextOf(
  { id, follower, partitions }: Session,
  rested: FetchPartition | undefined,
  include: (partition: SessionPartition, outcome: FetchOutcome) => boolean,
): FetchContext {
  return {
    sessionId: id,
    isEmpty: partitions.size === 0,
    followed: follower === undefined ? undefined : partitions,
    rested,
    due: () => partitions.due(),
    isTold,
    include: (partition, outcome) => include(partition as SessionPartition, outcome),
  }
}

function sessionless(partitions: readonly FetchPartition[]): FetchContext {
  return {
    sessionId: 0,
    isEmpty: partitions.length === 0,
    followed: undefined,
    rested: undefined,
    due: () => partitions,
    isTold: () => true,
    include: () => true,
  }
}

function isTold(partition: FetchPartition, highWatermark: number, logStartOffset: number): boolean {
  const { sentHighWatermark, sentLogStartOffset } = partition as SessionPartition
  return sentHighWatermark === highWatermark && sentLogStartOffset === logStartOffset
}

function update(cached: SessionPartition, wanted: FetchPartition): void {
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
function remember(cached: SessionPartition, outcome: FetchOutcome): void {
  cached.sentHighWatermark = outcome.errorCode === ErrorCode.NONE ? outcome.highWatermark : -1
  cached.sentLogStartOffset = outcome.logStartOffset
}

function includeIfChanged(session: Session, cached: SessionPartition, outcome: FetchOutcome): boolean {
  const changed =
    outcome.hasRecords ||
    outcome.errorCode !== ErrorCode.NONE ||
    outcome.hasDivergence ||
    outcome.highWatermark !== cached.sentHighWatermark ||
    outcome.logStartOffset !== cached.sentLogStartOffset
  if (!changed) return false
  remember(cached, outcome)
  if (outcome.hasRecords) session.partitions.served(cached)
  return true
}
