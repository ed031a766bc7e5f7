/**
 * Fetches from one leader what this broker follows it for: one request at a time, for all partitions together, the
 * next as soon as the last is answered. What is wrong with one partition holds up no other.
 */
import type { FetchResponse } from '../apis/01-fetch.ts'
import type { Timer, Timers } from '../runtime/types.ts'
import type { Logger } from '../telemetry/logger.ts'
import { ErrorCode, errorName, KafkaError } from '../wire/index.ts'
import { backoffMs } from './backoff.ts'
import { FollowerSession } from './fetch-session.ts'
import { fetchRequest } from './fetcher-request.ts'
import { Followed } from './followed.ts'
import { FollowerThrottle, THROTTLE_CHECK_MS } from './follower-throttle.ts'
import type { LeaderConnection } from './leader-connection.ts'
import type { Partition } from './partition.ts'
import type { ReplicationQuota } from './replication-quota.ts'

export interface FetcherSettings {
  readonly waitMsMax: number
  readonly minBytes: number
  readonly partitionBytesMax: number
  readonly responseBytesMax: number
  readonly backoffMsMax: number
}

export interface FetcherParts {
  readonly brokerId: number
  /** Of this broker's registration. */
  readonly brokerEpoch: () => number
  /** Undefined while the leader's address is not known. */
  readonly connect: (leaderId: number) => LeaderConnection | undefined
  readonly settings: FetcherSettings
  readonly quota: ReplicationQuota
  readonly timers: Timers
  readonly monotonicMs: () => number
  readonly wallMs: () => number
  readonly logger: Logger
  /** The leader knows of a later epoch: there are news to be had. */
  readonly onStale: () => void
}

type PartitionData = FetchResponse['responses'][number]['partitions'][number]

/** A request that was not answered within this time is not held back by the leader: a new partition need not wait for it. */
const INTERRUPT_AFTER_MS = 2

/** Of an answer with much in it, so much is taken over in one turn of the event loop. */
const SLICE_MS = 3

export class Fetcher {
  readonly leaderId: number
  readonly #parts: FetcherParts
  readonly #followed = new Map<string, Map<number, Followed>>()
  readonly #session = new FollowerSession<Followed>()
  readonly #delayed = new Set<Followed>()
  readonly #throttle: FollowerThrottle
  #connection: LeaderConnection | undefined
  #failures = 0
  #count = 0
  #isRunning = false
  #isStopped = false
  #requests = 0
  #inFlight = false
  #isInterrupted = false
  #interruptTimer: Timer | undefined
  #wake: (() => void) | undefined

  constructor(leaderId: number, parts: FetcherParts) {
    this.leaderId = leaderId
    this.#parts = parts
    this.#throttle = new FollowerThrottle(parts.quota)
  }

  get isIdle(): boolean {
    return this.#count === 0
  }

  /** Begins, or begins anew, to follow the leader with a partition, in its present epoch. */
  follow(partition: Partition): void {
    this.unfollow(partition)
    const followed = new Followed(partition)
    const partitions = this.#followed.get(partition.topicId)
    if (partitions === undefined)
      this.#followed.set(partition.topicId, new Map([[partition.index, followed]]))
    else partitions.set(partition.index, followed)
    this.#count++
    this.#session.set(followed)
    this.#hurry()
    if (!this.#isRunning) this.#start()
  }

  unfollow(partition: Partition): void {
    const partitions = this.#followed.get(partition.topicId)
    const followed = partitions?.get(partition.index)
    if (partitions === undefined || followed === undefined) return
    partitions.delete(partition.index)
    if (partitions.size === 0) this.#followed.delete(partition.topicId)
    this.#count--
    this.#delayed.delete(followed)
    this.#throttle.forget(followed)
    this.#session.delete(followed)
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
        if (!this.#isStopped && this.#count > 0)
          this.#parts.timers.after(this.#parts.settings.backoffMsMax, () => {
            if (!this.#isRunning && !this.#isStopped) this.#start()
          })
      })
    })
  }

  async #run(): Promise<void> {
    while (!this.#isStopped && this.#count > 0) {
      this.#endDelays()
      this.#throttle.apply(this.#session, () => this.#all())
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
    await this.#take(response, connection)
    connection.taken()
  }

  async #take(response: FetchResponse, connection: LeaderConnection): Promise<void> {
    const pending: Promise<void>[] = []
    const { monotonicMs, timers } = this.#parts
    let sliceEndMs = monotonicMs() + SLICE_MS
    for (const { topicId, partitions } of response.responses) {
      for (const data of partitions) {
        if (monotonicMs() >= sliceEndMs) {
          await new Promise<void>((resolve) => timers.endOfTurn(resolve))
          if (this.#isStopped) return void (await Promise.all(pending))
          sliceEndMs = monotonicMs() + SLICE_MS
        }
        const followed = this.#followed.get(topicId)?.get(data.partitionIndex)
        if (followed === undefined) continue
        if (!followed.isCurrent) {
          this.#askAnew(followed)
          continue
        }
        const task = this.#takeOne(followed, data, connection)
        if (task !== undefined) pending.push(task)
      }
    }
    if (pending.length > 0) await Promise.all(pending)
  }

  /** What must be over before the next fetch, if anything. */
  #takeOne(followed: Followed, data: PartitionData, connection: LeaderConnection): Promise<void> | undefined {
    const { logger, wallMs } = this.#parts
    try {
      if (data.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) return this.#resetOffset(followed, connection)
      if (data.errorCode !== ErrorCode.NONE) {
        this.#refused(followed, data.errorCode)
        return undefined
      }
      if (data.divergingEpoch.endOffset >= 0) followed.truncate(data.divergingEpoch, logger)
      else this.#append(followed, data, wallMs())
      followed.failures = 0
      this.#session.set(followed)
      return followed.partition.log.needsSync() ? this.#sync(followed) : undefined
    } catch (error) {
      this.#failed(followed, error)
      return undefined
    }
  }

  #append(followed: Followed, data: PartitionData, nowMs: number): void {
    followed.append(data, nowMs)
    if (followed.partition.throttled.asFollower) this.#parts.quota.record(data.records?.length ?? 0)
  }

  /** The next fetch says that the records are here: with `flush.messages` that means on the disk. */
  async #sync(followed: Followed): Promise<void> {
    try {
      await followed.partition.log.flush()
    } catch (error) {
      this.#failed(followed, error)
    }
  }

  async #resetOffset(followed: Followed, connection: LeaderConnection): Promise<void> {
    try {
      await followed.resetOffset(connection, this.#parts.brokerId, this.#parts.logger)
      this.#session.set(followed)
    } catch (error) {
      this.#failed(followed, error)
    }
  }

  #refused(followed: Followed, errorCode: number): void {
    if (errorCode === ErrorCode.FENCED_LEADER_EPOCH) this.#parts.onStale()
    this.#parts.logger.debug('a leader refused a fetch', {
      partition: followed.partition.name,
      leaderId: this.leaderId,
      error: errorName(errorCode),
    })
    this.#delay(followed)
  }

  /** The leader must not go on with what it was asked for before. */
  #askAnew(followed: Followed): void {
    if (followed.partition.log.failure !== undefined) this.unfollow(followed.partition)
    else this.#session.set(followed)
  }

  /** A part of what came may have been taken over before: then the log ends further on than was asked for. */
  #failed(followed: Followed, error: unknown): void {
    if (!(error instanceof KafkaError)) throw error
    const { logger } = this.#parts
    const { partition } = followed
    if (this.#followed.get(partition.topicId)?.get(partition.index) !== followed) return
    if (partition.log.failure === undefined) {
      // The first of a row: it is tried again and again.
      if (followed.failures === 0)
        logger.warn('records of a leader could not be taken over', { partition: partition.name, error })
      this.#delay(followed)
    } else {
      this.unfollow(partition)
    }
  }

  /** Out of the session for a while, longer each time: an error would be answered at once, again and again. */
  #delay(followed: Followed): void {
    followed.delay(this.#parts.monotonicMs(), this.#parts.settings.backoffMsMax)
    this.#session.delete(followed)
    this.#delayed.add(followed)
  }

  #endDelays(): void {
    const nowMs = this.#parts.monotonicMs()
    for (const followed of this.#delayed) {
      if (followed.delayedUntilMs > nowMs) continue
      this.#delayed.delete(followed)
      this.#session.set(followed)
    }
  }

  *#all(): Generator<Followed> {
    for (const partitions of this.#followed.values()) yield* partitions.values()
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
      if (!this.#inFlight || this.#requests !== request) return
      this.#isInterrupted = true
      this.#disconnect()
    })
  }

  #backOff(): Promise<void> {
    const { backoffMsMax } = this.#parts.settings
    return this.#sleep(backoffMs(this.#failures++, backoffMsMax))
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.timers.after(Math.min(delayMs, this.#parts.settings.backoffMsMax), resolve)
      this.#wake = () => {
        timer.cancel()
        resolve()
      }
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
