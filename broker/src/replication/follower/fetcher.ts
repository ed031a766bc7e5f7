/**
 * Fetches from one leader what this broker follows it for, or that part of it which is behind: one request at a time,
 * for all partitions together, the next as soon as the last is answered.
 */
import type { FetchResponse } from '../../apis/01-fetch.ts'
import type { Timer } from '../../runtime/types.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { backoffMs } from '../backoff.ts'
import type { Partition } from '../partition/partition.ts'
import { AnswerTaker, type FetchMembers } from './answer-taker.ts'
import type { CopyPace } from './copy-pace.ts'
import { FollowerSession } from './fetch-session.ts'
import type { FetcherParts } from './fetcher-parts.ts'
import { fetchRequest } from './fetcher-request.ts'
import { Followed } from './followed.ts'
import { FollowedPartitions } from './followed-partitions.ts'
import { FollowerThrottle, THROTTLE_CHECK_MS } from './follower-throttle.ts'
import type { LeaderConnection } from './leader-connection.ts'

/** A request that was not answered within this time is not held back by the leader: a new partition need not wait for it. */
const INTERRUPT_AFTER_MS = 2

export interface FetcherTask {
  /** What becomes of a partition that has all that is committed; said after each answer until it is not followed here. */
  readonly onCaughtUp?: (partition: Partition) => void
  /** How soon after an answer the next one is asked for; at once without it. */
  readonly pace?: CopyPace
}

export class Fetcher implements FetchMembers {
  readonly leaderId: number
  readonly followed = new FollowedPartitions()
  readonly #parts: FetcherParts
  readonly #taker: AnswerTaker
  readonly #session = new FollowerSession<Followed>()
  readonly #delayed = new Set<Followed>()
  readonly #throttle: FollowerThrottle
  readonly #task: FetcherTask
  /** What another fetcher follows until this one asks next. */
  readonly #offered = new Map<Partition, Fetcher>()
  #connection: LeaderConnection | undefined
  #failures = 0
  #isRunning = false
  #isStopped = false
  #requests = 0
  #inFlight = false
  #isInterrupted = false
  #interruptTimer: Timer | undefined
  #wake: (() => void) | undefined

  constructor(leaderId: number, parts: FetcherParts, task: FetcherTask = {}) {
    this.leaderId = leaderId
    this.#parts = parts
    this.#task = task
    this.#throttle = new FollowerThrottle(parts.quota)
    this.#taker = new AnswerTaker(parts, this)
  }

  get isIdle(): boolean {
    return this.followed.size === 0
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  /** The leader has a request, and may hold it back. */
  get isAsking(): boolean {
    return this.#inFlight
  }

  /** Begins, or begins anew, to follow the leader with a partition, in its present epoch. */
  follow(partition: Partition): void {
    this.unfollow(partition)
    const followed = new Followed(partition)
    this.followed.add(followed)
    this.#session.set(followed)
    this.#hurry()
    if (!this.#isRunning) this.#start()
  }

  /** Follows what another fetcher follows, as soon as the next request can name it: until then the other one goes on. */
  takeOver(partition: Partition, from: Fetcher): void {
    this.#offered.set(partition, from)
    if (!this.#inFlight) this.#takeOffered()
  }

  unfollow(partition: Partition): void {
    this.#offered.delete(partition)
    const followed = this.followed.remove(partition)
    if (followed === undefined) return
    this.#delayed.delete(followed)
    this.#throttle.forget(followed)
    this.#session.delete(followed)
  }

  /** What is wanted of it changed. */
  askNext(followed: Followed): void {
    this.#session.set(followed)
  }

  /** Out of the session for a while, longer each time: an error would be answered at once, again and again. */
  delay(followed: Followed): void {
    followed.delay(this.#parts.monotonicMs(), this.#parts.settings.backoffMsMax)
    this.#session.delete(followed)
    this.#delayed.add(followed)
  }

  /** The leader has another address, or is another process. */
  reconnect(): void {
    this.#failures = 0
    this.#disconnect()
    this.#wake?.()
  }

  stop(): void {
    this.#isStopped = true
    this.#interruptTimer?.cancel()
    this.#disconnect()
    this.#wake?.()
  }

  #start(): void {
    this.#isRunning = true
    // Everything that the same news brings is fetched together.
    this.#parts.timers.endOfTurn(() => {
      this.#run().catch((error) => {
        this.#isRunning = false
        this.#parts.logger.error('following a leader failed', { leaderId: this.leaderId, error })
        this.#disconnect()
        if (!this.#isStopped && this.followed.size > 0)
          this.#parts.timers.after(this.#parts.settings.backoffMsMax, () => {
            if (!this.#isRunning && !this.#isStopped) this.#start()
          })
      })
    })
  }

  async #run(): Promise<void> {
    while (this.#hasWork()) {
      this.#endDelays()
      this.#throttle.apply(this.#session, () => this.followed)
      if (this.#session.size === 0) await this.#sleep(this.#untilNextDelayEndsMs())
      else await this.#turn()
    }
    this.#isRunning = false
    if (!this.#isStopped) this.#disconnect()
  }

  async #turn(): Promise<void> {
    const { settings, brokerId, brokerEpoch, connect } = this.#parts
    this.#connection ??= connect(this.leaderId)
    const connection = this.#connection
    if (connection === undefined) return this.#backOff()
    const waitMs = Math.min(settings.waitMsMax, this.#untilNextDelayEndsMs())
    const request = fetchRequest(
      this.#session.next(),
      { brokerId, brokerEpoch: brokerEpoch() },
      settings,
      waitMs,
    )
    let response: FetchResponse
    const askedAtMs = this.#parts.monotonicMs()
    this.#inFlight = true
    this.#requests++
    try {
      response = await connection.fetch(request)
    } catch (error) {
      this.#session.reset()
      this.#disconnect()
      if (!(error instanceof KafkaError)) throw error
      return this.#isInterrupted ? undefined : this.#backOff()
    } finally {
      this.#inFlight = false
      this.#isInterrupted = false
    }
    if (this.#isStopped) return
    if (response.errorCode !== ErrorCode.NONE) {
      this.#session.reset()
      return isLostSession(response.errorCode) ? undefined : this.#backOff()
    }
    this.#failures = 0
    this.#session.answered(response.sessionId)
    const pending = await this.#taker.take(response, connection)
    const elapsedMs = this.#parts.monotonicMs() - askedAtMs
    if (pending.length > 0) await Promise.all(pending)
    connection.taken()
    const { onCaughtUp, pace } = this.#task
    if (onCaughtUp !== undefined)
      for (const { partition, isInSync } of [...this.followed]) if (isInSync) onCaughtUp(partition)
    if (pace !== undefined) await this.#keepPace(pace, response, elapsedMs)
  }

  async #keepPace(pace: CopyPace, { responses }: FetchResponse, elapsedMs: number): Promise<void> {
    let sizeBytes = 0
    for (const { partitions } of responses)
      for (const { records } of partitions) sizeBytes += records?.length ?? 0
    const { partitionBytesMax, responseBytesMax } = this.#parts.settings
    // Of one that does not wait for its records, the whole batches of a partition fill half of what they may.
    if (sizeBytes >= Math.min(partitionBytesMax, responseBytesMax) / 2) pace.answered(elapsedMs, sizeBytes)
    const { waitMs } = pace
    if (waitMs > 0 && this.followed.size > 0) await this.#sleep(waitMs)
  }

  #hasWork(): boolean {
    if (!this.#isStopped) this.#takeOffered()
    return !this.#isStopped && this.followed.size > 0
  }

  #takeOffered(): void {
    if (this.#offered.size === 0) return
    const offered = [...this.#offered]
    this.#offered.clear()
    for (const [partition, from] of offered) {
      from.#handOver(partition)
      this.follow(partition)
    }
  }

  /** What was asked of the leader for it alone is not wanted any more. */
  #handOver(partition: Partition): void {
    this.unfollow(partition)
    if (this.followed.size === 0 && this.#inFlight) this.#interrupt()
  }

  #endDelays(): void {
    const nowMs = this.#parts.monotonicMs()
    for (const followed of this.#delayed) {
      if (followed.delayedUntilMs > nowMs) continue
      this.#delayed.delete(followed)
      this.#session.set(followed)
    }
  }

  #untilNextDelayEndsMs(): number {
    let shortestMs = this.#throttle.isHoldingBack ? THROTTLE_CHECK_MS : Infinity
    if (this.#delayed.size === 0) return shortestMs
    const nowMs = this.#parts.monotonicMs()
    for (const { delayedUntilMs } of this.#delayed) shortestMs = Math.min(shortestMs, delayedUntilMs - nowMs)
    return Math.max(1, Math.ceil(shortestMs))
  }

  /** The leader may hold a request back for long: a partition that is new here does not wait for that. */
  #hurry(): void {
    if (!this.#inFlight || this.#interruptTimer !== undefined) return
    const request = this.#requests
    this.#interruptTimer = this.#parts.timers.after(INTERRUPT_AFTER_MS, () => {
      this.#interruptTimer = undefined
      if (this.#inFlight && this.#requests === request) this.#interrupt()
    })
  }

  #interrupt(): void {
    this.#isInterrupted = true
    this.#disconnect()
  }

  #backOff(): Promise<void> {
    const { backoffMsMax } = this.#parts.settings
    return this.#sleep(backoffMs(this.#failures++, backoffMsMax))
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.timers.after(Math.min(delayMs, this.#parts.settings.backoffMsMax), resolve)
      const wake = () => {
        timer.cancel()
        resolve()
      }
      this.#wake = wake
    })
  }

  #disconnect(): void {
    const connection = this.#connection
    this.#connection = undefined
    this.#session.reset()
    connection?.close()
  }
}

function isLostSession(errorCode: number): boolean {
  return (
    errorCode === ErrorCode.FETCH_SESSION_ID_NOT_FOUND ||
    errorCode === ErrorCode.INVALID_FETCH_SESSION_EPOCH ||
    errorCode === ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR
  )
}
