import type { PartitionImage } from '../../cluster/index.ts'
import type { PartitionLog, StagedBatch, StageOptions } from '../../storage/index.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { isrShortfall } from '../leader/isr-shortfall.ts'
import {
  type FollowerFetch,
  type IsrDecision,
  type IsrProposal,
  LeaderState,
  type ProposalOutcome,
  type Pulse,
} from '../leader/leader-state.ts'
import { AssignedRole, type Standing } from './assigned-role.ts'
import type { CommitWaiter } from './group-commit.ts'
import { type DeletionWaiter, type OffsetWaiter, OffsetWaiters } from './offset-waiters.ts'
import type { PartitionSurroundings } from './partition-surroundings.ts'
import { NOT_THROTTLED, type Throttled } from './topic-settings.ts'
import { Watchers } from './watchers.ts'

export type AppendOptions = Omit<StageOptions, 'leaderEpoch' | 'origin'> & {
  readonly origin: 'client' | 'coordinator'
}

/**
 * One partition on this broker: its log and its role. The leader moves the high watermark as far as all have it who
 * might lead next; a follower takes it from its leader. What is above it is never served to consumers.
 */
export class Partition {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly log: PartitionLog
  /** `min.insync.replicas` */
  minInSyncReplicas = 1
  /** Whether its replication counts for the throttles (KIP-73). */
  throttled: Throttled = NOT_THROTTLED
  /** Consumers that wait for the high watermark, and followers that wait for the end of the log. */
  readonly readers = new Watchers()
  readonly followers = new Watchers()
  /** Requests that wait until the high watermark has passed their records. */
  readonly acks = new OffsetWaiters()
  readonly #surroundings: PartitionSurroundings
  readonly #deletions = new OffsetWaiters()
  readonly #role: AssignedRole
  #leader: LeaderState | undefined
  /** The part of our own log that counts for the high watermark: what is written, and synced where that is asked for. */
  #ownEndOffset = 0
  /** Appended, but the readers were not told yet. */
  #unreadableBytes = 0

  constructor(log: PartitionLog, topicId: string, surroundings: PartitionSurroundings) {
    this.topic = log.topic
    this.index = log.partition
    this.topicId = topicId
    this.log = log
    this.#surroundings = surroundings
    this.#role = new AssignedRole(this.name)
    log.whenStartMoves(() => this.followers.notify(0))
  }

  get leaderId(): number {
    return this.#role.leaderId
  }

  get leaderEpoch(): number {
    return this.#role.leaderEpoch
  }

  /** Of the last leader that may have lacked committed records; -1 if there was none. */
  get uncleanLeaderEpoch(): number {
    return this.#role.uncleanLeaderEpoch
  }

  /** Of the replica here. */
  get standing(): Standing {
    return this.#role.standingOf(this.#surroundings.brokerId)
  }

  get leads(): boolean {
    return this.#leader !== undefined
  }

  /** What the leader knows of the other replicas; undefined on a follower. */
  get leader(): LeaderState | undefined {
    return this.#leader
  }

  get highWatermark(): number {
    return this.log.highWatermark
  }

  get lastStableOffset(): number {
    return this.log.lastStableOffset
  }

  /** Until everything of earlier epochs is known to be committed, a leader cannot say where the log ends (KIP-207). */
  get knowsLatestOffset(): boolean {
    return this.#leader === undefined || this.log.highWatermark >= this.#leader.epochStartOffset
  }

  get name(): string {
    return `${this.topic}-${this.index}`
  }

  /** Takes the role that the cluster's metadata gives. Epochs only rise. Returns whether leader or epoch changed. */
  assign(image: PartitionImage): boolean {
    const changed = this.#role.isChangedBy(image)
    // What was staged carries the old epoch: it is written before anything of the new one.
    if (changed) this.#surroundings.commits.commitAll()
    this.#role.follow(image)
    if (image.leader === this.#surroundings.brokerId) this.#lead(image)
    else if (this.#leader !== undefined) this.#stopLeading()
    if (changed) this.interruptWatchers()
    return changed
  }

  /** Why a request with this leader epoch (-1 if it names none) may not be served here, or undefined. KIP-320. */
  refusal(requestLeaderEpoch: number): number | undefined {
    if (this.log.failure !== undefined) return ErrorCode.KAFKA_STORAGE_ERROR
    const epochRefusal = this.#role.epochRefusal(requestLeaderEpoch)
    if (epochRefusal !== undefined) return epochRefusal
    return this.#leader === undefined ? ErrorCode.NOT_LEADER_OR_FOLLOWER : undefined
  }

  /** As `refusal`, for a consumer that may also read from a follower (KIP-392). */
  readRefusal(requestLeaderEpoch: number): number | undefined {
    const refusal = this.refusal(requestLeaderEpoch)
    return refusal === ErrorCode.NOT_LEADER_OR_FOLLOWER && this.#role.leaderId >= 0 ? undefined : refusal
  }

  /** Throws KafkaError NOT_ENOUGH_REPLICAS if a write with acks=all could not be kept by enough replicas. */
  checkInSync(): void {
    const shortfall = isrShortfall(this, ErrorCode.NOT_ENOUGH_REPLICAS)
    if (shortfall !== undefined) throw shortfall
  }

  /** Checks one batch and gives it its offsets. Throws KafkaError, with nothing staged, if it may not be appended. */
  stage(batch: Buffer, options: AppendOptions): StagedBatch {
    if (this.#leader === undefined)
      throw new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER, `${this.name} is not led by this broker`)
    return this.log.stage(batch, { ...options, leaderEpoch: this.#role.leaderEpoch })
  }

  /** Tells `waiter` when what was staged is written, together with all others of this turn; maybe at once. */
  commit(sizeBytes: number, waiter: CommitWaiter): void {
    this.#unreadableBytes += sizeBytes
    this.#surroundings.commits.add(this.log, sizeBytes, this.#onCommitted, waiter)
  }

  /** Whether everything before `offset`, appended in that epoch, is committed here, and by enough replicas. */
  isCommitted(offset: number, leaderEpoch: number): boolean {
    const leader = this.#leader
    if (leader === undefined || leaderEpoch !== this.#role.leaderEpoch) return false
    return this.log.highWatermark >= offset && !leader.isUnderMinIsr(this.minInSyncReplicas)
  }

  /**
   * Tells `waiter`, maybe at once, when everything before `offset` is committed, or that this broker no longer leads in
   * the epoch in which it was appended. The returned function ends the waiting.
   */
  whenCommitted(offset: number, leaderEpoch: number, waiter: OffsetWaiter): (() => void) | undefined {
    if (this.#leader === undefined || leaderEpoch !== this.#role.leaderEpoch) {
      waiter(new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER, `the leadership of ${this.name} has moved`))
      return undefined
    }
    if (this.log.highWatermark < offset) return this.acks.add(offset, waiter)
    waiter(isrShortfall(this, ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND))
    return undefined
  }

  /**
   * Tells `waiter` when all live replicas have dropped what lies before `offset` (KIP-107), and where they begin then: a
   * moment later there may be a replica of which nothing is known yet.
   */
  whenDeleted(offset: number, waiter: DeletionWaiter): (() => void) | undefined {
    if (this.lowWatermark < offset)
      return this.#deletions.add(offset, (error) => waiter(error, this.lowWatermark))
    waiter(undefined, this.lowWatermark)
    return undefined
  }

  get lowWatermark(): number {
    return this.#leader?.lowWatermark(this.log.logStartOffset) ?? this.log.logStartOffset
  }

  /** Whether a follower's fetch may be served; an error code if not. */
  followerRefusal(brokerId: number, brokerEpoch: number, requestLeaderEpoch: number): number | undefined {
    if (this.#leader?.replica(brokerId) === undefined) {
      // Perhaps it was added a moment ago, and that news did not come here yet: it is to ask again.
      return requestLeaderEpoch >= 0 ? ErrorCode.UNKNOWN_LEADER_EPOCH : ErrorCode.NOT_LEADER_OR_FOLLOWER
    }
    const isFormerLife = brokerEpoch >= 0 && brokerEpoch < this.#surroundings.brokers.epochOf(brokerId)
    return isFormerLife ? ErrorCode.NOT_LEADER_OR_FOLLOWER : undefined
  }

  /** A follower has everything before its fetch offset: it may join the ISR, and the high watermark may move. */
  fetchedBy(fetch: FollowerFetch): void {
    const leader = this.#leader
    if (!leader?.fetched(fetch, this.log.logEndOffset, this.#surroundings.monotonicMs())) return
    this.#submit(leader.proposeExpansion(fetch.brokerId, this.log.highWatermark))
    this.#advance(leader)
    if (this.#deletions.count > 0) this.#deletions.reached(this.lowWatermark)
  }

  /** How far the log goes that `followers` were told of. */
  get announcedEndOffset(): number {
    return this.#ownEndOffset
  }

  /**
   * Whether nothing new can be said of a follower until `followers` are told of something: meanwhile each of its
   * fetches, the last of them at `pulse`, says again that it has everything.
   */
  rest(brokerId: number, pulse: Pulse): boolean {
    return this.#leader?.rest(brokerId, this.log.logEndOffset, pulse) ?? false
  }

  endRest(brokerId: number, pulse: Pulse): void {
    this.#leader?.endRest(brokerId, pulse)
  }

  /** Drops replicas from the ISR that were behind for too long. To be called every half `replica.lag.time.max.ms`. */
  shrinkIsr(): void {
    const leader = this.#leader
    if (leader === undefined) return
    this.#submit(leader.proposeShrink(this.log.logEndOffset, this.#surroundings.monotonicMs()))
    this.#submit(leader.proposeRecovered())
    // It waits no longer for replicas that seemed about to join, and did not.
    this.#advance(leader)
  }

  /** The controller's answer to a proposal of ours. */
  isrDecided(proposal: IsrProposal, decision: IsrDecision): ProposalOutcome {
    const leader = this.#leader
    if (leader === undefined) return 'settled'
    const outcome = leader.decided(proposal, decision)
    this.#advance(leader)
    return outcome
  }

  /** The brokers or the settings changed: that may let the high watermark move. */
  reconsider(): void {
    if (this.#leader === undefined) return
    this.#submit(this.#leader.proposeRecovered())
    this.#advance(this.#leader)
    if (this.#deletions.count > 0) this.#deletions.reached(this.lowWatermark)
    this.followers.notify(0)
  }

  /** On a follower: what the leader says is committed, as far as it is here. */
  followHighWatermark(leaderHighWatermark: number): void {
    const before = this.log.highWatermark
    const stableBefore = this.log.lastStableOffset
    this.log.highWatermark = Math.min(leaderHighWatermark, this.log.logEndOffset)
    if (this.log.highWatermark === before) return
    const sizeBytes = this.#unreadableBytes
    this.#unreadableBytes = 0
    this.readers.notify(this.#newlyReadable(sizeBytes, before, stableBefore))
  }

  /** On a follower: so many bytes were taken over from the leader. */
  followed(sizeBytes: number): void {
    this.#surroundings.onFollowed(sizeBytes)
    this.#unreadableBytes += sizeBytes
  }

  interruptWatchers(): void {
    this.readers.notify(Number.POSITIVE_INFINITY)
    this.followers.notify(Number.POSITIVE_INFINITY)
  }

  /** The partition leaves this broker. */
  abandon(): void {
    this.#stopLeading()
    this.interruptWatchers()
  }

  #lead(image: PartitionImage): void {
    const { brokers, lagMsMax, monotonicMs } = this.#surroundings
    const { logEndOffset } = this.log
    if (this.#leader === undefined) {
      this.#leader = new LeaderState(image, brokers, lagMsMax, logEndOffset, monotonicMs())
      this.#ownEndOffset = logEndOffset
    } else {
      this.#leader.update(image, logEndOffset, monotonicMs())
    }
    this.#beginEpoch()
    this.#submit(this.#leader.proposeRecovered())
    this.#advance(this.#leader)
    // Whoever is not in the ISR any more, or not a replica, is to ask anew.
    this.followers.notify(0)
  }

  #submit(proposal: IsrProposal | undefined): void {
    if (proposal !== undefined) this.#surroundings.onProposal(this, proposal)
  }

  /** A disk that fails here takes the log offline; requests are told so. */
  #beginEpoch(): void {
    try {
      this.log.assignLeaderEpoch(this.#role.leaderEpoch)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
    }
  }

  #stopLeading(): void {
    this.#leader = undefined
    this.#unreadableBytes = 0
    this.acks.abandon()
    this.#deletions.abandon()
  }

  readonly #onCommitted = (endOffset: number): void => {
    const leader = this.#leader
    if (leader === undefined) return
    if (endOffset > this.#ownEndOffset) this.#ownEndOffset = endOffset
    const sizeBytes = this.#unreadableBytes
    this.#advance(leader)
    this.followers.notify(sizeBytes)
  }

  #advance(leader: LeaderState): void {
    const { log } = this
    const before = log.highWatermark
    const stableBefore = log.lastStableOffset
    const nowMs = this.#surroundings.monotonicMs()
    const next = leader.highWatermark(before, this.#ownEndOffset, this.minInSyncReplicas, nowMs)
    if (next === before) return
    log.highWatermark = next
    // What was written meanwhile may be safe with fewer replicas than were asked for.
    if (this.acks.count > 0)
      this.acks.reached(next, isrShortfall(this, ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND))
    const sizeBytes = this.#unreadableBytes
    this.#unreadableBytes = 0
    this.readers.notify(this.#newlyReadable(sizeBytes, before, stableBefore))
    // Followers learn it with their next answer, which need not come at once.
    this.followers.notify(0)
  }

  /** The end of a transaction makes records readable that have been below the high watermark for long. */
  #newlyReadable(sizeBytes: number, highWatermarkBefore: number, stableBefore: number): number {
    if (stableBefore >= highWatermarkBefore) return sizeBytes
    return this.log.lastStableOffset > stableBefore ? Number.POSITIVE_INFINITY : sizeBytes
  }
}
