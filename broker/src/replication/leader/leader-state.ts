/**
 * What the leader of a partition knows of the other replicas, and what follows from it: which of them are in sync,
 * and how far the high watermark may go (KIP-497, KIP-903, KIP-966). Pure: time and the outside world come in as
 * parameters. Times are monotonic milliseconds.
 */
import { LeaderRecoveryState, type PartitionImage } from '../../cluster/index.ts'
import { ErrorCode } from '../../wire/index.ts'
import { assert } from '../assert.ts'

export interface ReplicaState {
  readonly brokerId: number
  /** -1 until the replica has fetched from this leader. */
  logEndOffset: number
  logStartOffset: number
  /** Of the registration that fetched last; -1 if it is not known. */
  brokerEpoch: number
  lastFetchMs: number
  /** Where the leader's log ended when the replica fetched last. */
  lastFetchLeaderEndOffset: number
  /** The last time at which the replica was known to have had everything. */
  lastCaughtUpMs: number
  /** While it rests: nothing happens here, and each fetch of its session says again that it has everything. */
  pulse: Pulse | undefined
}

/** When a follower's session was used last. */
export interface Pulse {
  readonly atMs: number
}

export interface FollowerFetch {
  readonly brokerId: number
  readonly brokerEpoch: number
  readonly fetchOffset: number
  readonly logStartOffset: number
}

/** A change of the ISR that the controller is to decide. Epochs say which state it is made from. */
export interface IsrProposal {
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly isr: readonly { readonly brokerId: number; readonly brokerEpoch: number }[]
}

export interface IsrDecision {
  readonly errorCode: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly isr: readonly number[]
}

/** What is to become of a proposal: `retry` sends it again, `settled` forgets it, `waiting` leaves it to the metadata. */
export type ProposalOutcome = 'retry' | 'settled' | 'waiting'

/** The brokers as the metadata has them now. */
export interface BrokerEpochs {
  /** Whether this registration is alive, and neither fenced nor about to leave. -1 stands for any registration. */
  isEligible(brokerId: number, brokerEpoch: number): boolean
  /** -1 if the broker is not registered. */
  epochOf(brokerId: number): number
}

/** The controller knows better, or will tell more: the next metadata decides. */
const WAIT_FOR_METADATA: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.INVALID_UPDATE_VERSION,
  ErrorCode.INVALID_REQUEST,
  ErrorCode.NEW_LEADER_ELECTED,
])

/** A member was not acceptable: what is committed counts again, and the next fetch may ask anew. */
const GIVE_UP: ReadonlySet<number> = new Set([
  ErrorCode.INELIGIBLE_REPLICA,
  ErrorCode.OPERATION_NOT_ATTEMPTED,
])

export class LeaderState {
  readonly brokerId: number
  readonly #brokers: BrokerEpochs
  readonly #lagMsMax: number
  readonly #replicas = new Map<number, ReplicaState>()
  #leaderEpoch: number
  #partitionEpoch: number
  #epochStartOffset: number
  #isr: readonly number[]
  /** Their logs failed: they keep nothing of what they fetch. */
  #offlineReplicas: readonly number[] = []
  /** Records may have been lost when this broker was elected, and the controller has no word yet that it goes on. */
  #isRecovering: boolean
  #proposal: IsrProposal | undefined

  /** This broker begins to lead with a log that ends at `logEndOffset`. */
  constructor(
    image: PartitionImage,
    brokers: BrokerEpochs,
    lagMsMax: number,
    logEndOffset: number,
    nowMs: number,
  ) {
    this.brokerId = image.leader
    this.#brokers = brokers
    this.#lagMsMax = lagMsMax
    this.#leaderEpoch = image.leaderEpoch
    this.#partitionEpoch = image.partitionEpoch
    this.#epochStartOffset = logEndOffset
    this.#isr = image.isr
    this.#isRecovering = image.leaderRecoveryState === LeaderRecoveryState.RECOVERING
    this.#adopt(image, nowMs)
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  get partitionEpoch(): number {
    return this.#partitionEpoch
  }

  /** What lies before it was written under earlier leaders. */
  get epochStartOffset(): number {
    return this.#epochStartOffset
  }

  /** The committed ISR: what `min.insync.replicas` is compared with. */
  get isr(): readonly number[] {
    return this.#isr
  }

  get proposal(): IsrProposal | undefined {
    return this.#proposal
  }

  get replicaCount(): number {
    return this.#replicas.size + 1
  }

  replica(brokerId: number): ReplicaState | undefined {
    return this.#replicas.get(brokerId)
  }

  get replicas(): IterableIterator<ReplicaState> {
    return this.#replicas.values()
  }

  /** Takes newer metadata of the partition, in which this broker leads still. Older news is history. */
  update(image: PartitionImage, logEndOffset: number, nowMs: number): void {
    assert(image.leader === this.brokerId, 'the leader of a leader state stays the same')
    if (image.partitionEpoch < this.#partitionEpoch) return
    if (image.partitionEpoch > this.#partitionEpoch) {
      if (image.leaderEpoch > this.#leaderEpoch) this.#epochStartOffset = logEndOffset
      this.#leaderEpoch = image.leaderEpoch
      this.#isRecovering = image.leaderRecoveryState === LeaderRecoveryState.RECOVERING
      this.#commit(image.isr, image.partitionEpoch)
    }
    // An answer told of the same state before, but not that a reassignment ended with it.
    this.#adopt(image, nowMs)
  }

  /** A replica fetched, and so has everything before its offset. False if it is no replica of this partition. */
  fetched(fetch: FollowerFetch, leaderEndOffset: number, nowMs: number): boolean {
    const replica = this.#replicas.get(fetch.brokerId)
    if (replica === undefined) return false
    const { fetchOffset } = fetch
    if (fetchOffset >= leaderEndOffset) replica.lastCaughtUpMs = Math.max(replica.lastCaughtUpMs, nowMs)
    else if (fetchOffset >= replica.lastFetchLeaderEndOffset)
      replica.lastCaughtUpMs = Math.max(replica.lastCaughtUpMs, replica.lastFetchMs)
    replica.logEndOffset = fetchOffset
    replica.logStartOffset = fetch.logStartOffset
    replica.brokerEpoch = fetch.brokerEpoch
    replica.lastFetchMs = nowMs
    replica.lastFetchLeaderEndOffset = leaderEndOffset
    replica.pulse = undefined
    return true
  }

  /**
   * Whether the replica's next fetches say nothing new until something happens here: it is in sync, has everything, and
   * nobody wants to change the ISR.
   */
  rest(brokerId: number, leaderEndOffset: number, pulse: Pulse): boolean {
    const replica = this.#replicas.get(brokerId)
    if (replica?.logEndOffset !== leaderEndOffset || this.#proposal !== undefined) return false
    if (!this.#isr.includes(brokerId)) return false
    replica.pulse = pulse
    return true
  }

  /** Until the last fetch of its session the replica had everything. */
  endRest(brokerId: number, pulse: Pulse): void {
    const replica = this.#replicas.get(brokerId)
    if (replica?.pulse !== pulse) return
    replica.pulse = undefined
    replica.lastFetchMs = Math.max(replica.lastFetchMs, pulse.atMs)
    replica.lastCaughtUpMs = Math.max(replica.lastCaughtUpMs, pulse.atMs)
  }

  /** `min.insync.replicas` can ask for no more replicas than there are (KIP-966). */
  isUnderMinIsr(minInSyncReplicas: number): boolean {
    return this.#isr.length < Math.min(minInSyncReplicas, this.replicaCount)
  }

  /**
   * How far all have it who might lead next: the members of the ISR as it is and as it was proposed, and those that
   * are about to join. Never below `current`. Only what is in `ownEndOffset` counts for this broker itself.
   */
  highWatermark(current: number, ownEndOffset: number, minInSyncReplicas: number, nowMs: number): number {
    if (this.isUnderMinIsr(minInSyncReplicas)) return current
    let offset = ownEndOffset
    if (this.#replicas.size > 0) {
      for (const replica of this.#replicas.values()) {
        if (replica.logEndOffset >= offset) continue
        if (this.#isInMaximalIsr(replica.brokerId) || this.#isAboutToJoin(replica, ownEndOffset, nowMs))
          offset = replica.logEndOffset
      }
    }
    return Math.max(current, offset)
  }

  /** The ISR with a replica that has caught up; undefined if it may not join now. */
  proposeExpansion(brokerId: number, highWatermark: number): IsrProposal | undefined {
    const replica = this.#replicas.get(brokerId)
    if (replica === undefined || this.#proposal !== undefined || this.#isr.includes(brokerId))
      return undefined
    if (replica.logEndOffset < Math.max(highWatermark, this.#epochStartOffset)) return undefined
    if (!this.#mayJoin(replica)) return undefined
    return this.#propose([...this.#isr, brokerId])
  }

  /** The ISR without replicas that were behind for too long; undefined if all is well or a change is underway. */
  proposeShrink(leaderEndOffset: number, nowMs: number): IsrProposal | undefined {
    if (this.#proposal !== undefined) return undefined
    const inSync = this.#isr.filter((id) => id === this.brokerId || !this.#isLate(id, leaderEndOffset, nowMs))
    return inSync.length === this.#isr.length ? undefined : this.#propose(inSync)
  }

  /**
   * The ISR as it is, from a leader that is done with its recovery (KIP-704): there is nothing that it could bring
   * back, but nobody may join before. Undefined if there is no recovery, or a change is underway, which ends it too.
   */
  proposeRecovered(): IsrProposal | undefined {
    return this.#isRecovering && this.#proposal === undefined ? this.#propose(this.#isr) : undefined
  }

  /**
   * The controller's answer to a proposal. Whoever is to leave the ISR counts until the metadata is here that removes
   * it: what was decided before, such as another `min.insync.replicas`, holds for the smaller ISR already.
   */
  decided(proposal: IsrProposal, decision: IsrDecision): ProposalOutcome {
    if (this.#proposal !== proposal) return 'settled'
    if (decision.errorCode === ErrorCode.NONE) {
      if (decision.leaderEpoch !== this.#leaderEpoch || decision.partitionEpoch < this.#partitionEpoch)
        return 'waiting'
      if (this.#isr.some((brokerId) => !decision.isr.includes(brokerId))) return 'waiting'
      this.#isRecovering = false
      this.#commit(decision.isr, decision.partitionEpoch)
      return 'settled'
    }
    if (WAIT_FOR_METADATA.has(decision.errorCode)) return 'waiting'
    if (!GIVE_UP.has(decision.errorCode)) return 'retry'
    this.#proposal = undefined
    return 'settled'
  }

  /** Up to where all live replicas have dropped their records (KIP-107). */
  lowWatermark(ownLogStartOffset: number): number {
    let lowest = ownLogStartOffset
    for (const { brokerId, logStartOffset } of this.#replicas.values()) {
      if (this.#brokers.isEligible(brokerId, -1)) lowest = Math.min(lowest, logStartOffset)
    }
    return lowest
  }

  #adopt(image: PartitionImage, nowMs: number): void {
    this.#offlineReplicas = image.offlineReplicas
    for (const brokerId of [...this.#replicas.keys()])
      if (!image.replicas.includes(brokerId)) this.#replicas.delete(brokerId)
    for (const brokerId of image.replicas) {
      if (brokerId === this.brokerId || this.#replicas.has(brokerId)) continue
      this.#replicas.set(brokerId, {
        brokerId,
        logEndOffset: -1,
        logStartOffset: -1,
        brokerEpoch: -1,
        lastFetchMs: -Infinity,
        lastFetchLeaderEndOffset: Infinity,
        lastCaughtUpMs: image.isr.includes(brokerId) ? nowMs : -Infinity,
        pulse: undefined,
      })
    }
  }

  #commit(isr: readonly number[], partitionEpoch: number): void {
    this.#isr = isr
    this.#partitionEpoch = partitionEpoch
    this.#proposal = undefined
  }

  #propose(isr: readonly number[]): IsrProposal {
    const members = isr.map((brokerId) => {
      const known = this.#replicas.get(brokerId)?.brokerEpoch ?? -1
      return { brokerId, brokerEpoch: known >= 0 ? known : this.#brokers.epochOf(brokerId) }
    })
    this.#proposal = { leaderEpoch: this.#leaderEpoch, partitionEpoch: this.#partitionEpoch, isr: members }
    return this.#proposal
  }

  #isInMaximalIsr(brokerId: number): boolean {
    if (this.#isr.includes(brokerId)) return true
    return this.#proposal?.isr.some((member) => member.brokerId === brokerId) ?? false
  }

  /** It will be proposed with its next fetch: if the high watermark ran ahead of it, it might never get in. */
  #isAboutToJoin(replica: ReplicaState, leaderEndOffset: number, nowMs: number): boolean {
    const isCaughtUp =
      replica.logEndOffset === leaderEndOffset || nowMs - replica.lastCaughtUpMs <= this.#lagMsMax
    return isCaughtUp && this.#mayJoin(replica)
  }

  #mayJoin({ brokerId, brokerEpoch }: ReplicaState): boolean {
    return this.#brokers.isEligible(brokerId, brokerEpoch) && !this.#offlineReplicas.includes(brokerId)
  }

  #isLate(brokerId: number, leaderEndOffset: number, nowMs: number): boolean {
    const replica = this.#replicas.get(brokerId)
    if (replica === undefined) return true
    if (replica.logEndOffset === leaderEndOffset) return false
    // What is written, but not synced yet, was not told of.
    return nowMs - Math.max(replica.lastCaughtUpMs, replica.pulse?.atMs ?? -Infinity) > this.#lagMsMax
  }
}
