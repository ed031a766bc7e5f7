import type { CoordinatorShard, Outcome, Reply } from '../../coordinators/coordinator-shard.ts'
import type { Partition } from '../../replication/partition/partition.ts'
import { momentOf } from '../../runtime/moment.ts'
import type { Runtime, Timer } from '../../runtime/types.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { ErrorCode, encodeBatch, encodeMarker, KafkaError } from '../../wire/index.ts'
import { replayStep } from './replay-log.ts'

/** Stands for one client's waiting request. */
export interface Token {
  readonly resolve: (response: unknown) => void
  readonly reject: (error: KafkaError) => void
}

/** Something that may be told only when all records before it are committed. */
export interface Held {
  readonly release: () => void
  readonly fail: (code: number) => void
}

export interface HostSurroundings<Effect> {
  readonly runtime: Runtime
  readonly logger: Logger
  /** How long a client waits for its records to be committed. */
  readonly commitTimeoutMs: number
  readonly onEffect: (effect: Effect, partition: number) => void
  /** The shard is of no use any more; whether it is to be loaded anew. */
  readonly onEnd: (partition: Partition, reload: boolean) => void
}

/** One shard while this broker leads its partition: loaded from the log, written to it, told what time it is. */
export class HostedShard<Shard extends CoordinatorShard<Effect>, Effect = unknown> {
  readonly partition: Partition
  readonly leaderEpoch: number
  readonly shard: Shard
  readonly #surroundings: HostSurroundings<Effect>
  #phase: 'loading' | 'loaded' | 'ended' = 'loading'
  #timer: Timer | undefined
  /** One list for each append in flight, in order; what rests on the log as it stands goes to the last. */
  readonly #unwritten: Held[][] = []

  constructor(partition: Partition, shard: Shard, surroundings: HostSurroundings<Effect>) {
    this.partition = partition
    this.leaderEpoch = partition.leaderEpoch
    this.shard = shard
    this.#surroundings = surroundings
  }

  get isLoaded(): boolean {
    return this.#phase === 'loaded'
  }

  load(delayMs: number): void {
    const begin = () => this.#loadStep(this.partition.log.logStartOffset)
    if (delayMs === 0) begin()
    else this.#timer = this.#surroundings.runtime.timers.after(delayMs, begin)
  }

  /** Nobody waits here any longer: all are told to look for the new coordinator. */
  end(): void {
    if (this.#phase === 'ended') return
    this.#phase = 'ended'
    this.#timer?.cancel()
    for (const held of this.#unwritten.splice(0).flat()) held.fail(ErrorCode.NOT_COORDINATOR)
    for (const reply of this.shard.abandon()) toHeld(reply).release()
  }

  /** Writes an outcome's records and tells the rest after that. A failed write ends the shard. */
  carryOut(outcome: Outcome<unknown, Effect>): void {
    const held = [
      ...outcome.replies.map(toHeld),
      ...(outcome.effects ?? []).map((each) => this.#toHeld(each)),
    ]
    if (outcome.records.length === 0 && outcome.marker === undefined) {
      for (const each of held) this.hold(each)
    } else {
      this.#unwritten.push(held)
      this.#append(outcome, held)
    }
    this.#schedule()
  }

  /** Releases it when everything before it is committed, maybe at once. */
  hold(held: Held): void {
    const last = this.#unwritten.at(-1)
    if (last === undefined) held.release()
    else last.push(held)
  }

  #loadStep(from: number, isBroughtIn = false): void {
    if (this.#phase === 'ended') return
    const { runtime, logger } = this.#surroundings
    const { log, name } = this.partition
    try {
      const next = replayStep(log, this.shard, from, isBroughtIn)
      if (typeof next !== 'number') void next.then(() => this.#loadStep(from, true))
      else if (next < log.logEndOffset) runtime.timers.endOfTurn(() => this.#loadStep(next))
      else this.#awaitCommitted()
    } catch (error) {
      logger.error('a partition of a coordinator cannot be loaded', { partition: name, error })
      this.#fail(false)
    }
  }

  /** What earlier coordinators wrote last is not told to anybody before it is sure to stay. */
  #awaitCommitted(): void {
    const { partition, leaderEpoch } = this
    partition.whenCommitted(partition.log.logEndOffset, leaderEpoch, (error) => {
      if (this.#phase === 'ended') return
      if (error === undefined || error.code === ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND) {
        this.#phase = 'loaded'
        this.carryOut(this.shard.finishLoading(momentOf(this.#surroundings.runtime.clock)))
      } else {
        this.#fail(false)
      }
    })
  }

  /** As with acks=all: what the answers rest on is committed before they leave. */
  #append(outcome: Outcome, held: readonly Held[]): void {
    const { partition, leaderEpoch } = this
    const nowMs = this.#surroundings.runtime.clock.now()
    try {
      partition.checkInSync()
      const batch = encodeOutcome(outcome, nowMs)
      const transactionVersion = outcome.marker?.transactionVersion ?? 0
      const { lastOffset } = partition.stage(batch, { origin: 'coordinator', nowMs, transactionVersion })
      this.shard.appended?.(outcome.records, lastOffset - outcome.records.length + 1)
      partition.commit(batch.length, (error) => {
        if (error !== undefined) this.#writeFailed(error)
        else this.#awaitReplicas(lastOffset + 1, leaderEpoch, held)
      })
    } catch (error) {
      this.#writeFailed(error)
    }
  }

  #awaitReplicas(endOffset: number, leaderEpoch: number, held: readonly Held[]): void {
    let timer: Timer | undefined
    const stop = this.partition.whenCommitted(endOffset, leaderEpoch, (error) => {
      timer?.cancel()
      if (error !== undefined) this.#writeFailed(error)
      else if (this.#unwritten[0] === held) for (const each of this.#unwritten.shift() ?? []) each.release()
    })
    if (stop === undefined) return
    // The records stay where they are and may yet be committed; only the clients need not wait any longer.
    timer = this.#surroundings.runtime.timers.after(this.#surroundings.commitTimeoutMs, () => {
      for (const each of held) each.fail(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    })
  }

  #writeFailed(error: unknown): void {
    if (this.#phase === 'ended') return
    const { partition } = this
    const isReplication = error instanceof KafkaError && REPLICATION_ERRORS.has(error.code)
    const level = isReplication ? 'warn' : 'error'
    this.#surroundings.logger[level]('records of a coordinator were not written', {
      partition: partition.name,
      error,
    })
    this.#fail(partition.leads && partition.log.failure === undefined)
  }

  #fail(reload: boolean): void {
    this.end()
    this.#surroundings.onEnd(this.partition, reload)
  }

  #schedule(): void {
    this.#timer?.cancel()
    if (this.#phase !== 'loaded') return
    const deadlineMs = this.shard.nextDeadlineMs()
    if (deadlineMs === Number.POSITIVE_INFINITY) return
    const { clock, timers } = this.#surroundings.runtime
    const delayMs = Math.min(Math.max(1, deadlineMs - clock.monotonic()), TIMER_MS_MAX)
    this.#timer = timers.after(delayMs, () => {
      if (this.#phase === 'loaded') this.carryOut(this.shard.tick(momentOf(clock)))
    })
  }

  /** What was to be done is left undone if the write fails: whoever leads next decides anew. */
  #toHeld(effect: Effect): Held {
    return {
      release: () => this.#surroundings.onEffect(effect, this.partition.index),
      fail: () => undefined,
    }
  }
}

/** Brokers come and go; anything else should not happen. */
const REPLICATION_ERRORS: ReadonlySet<number> = new Set([
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
])
/** The longest delay that a timer takes. */
const TIMER_MS_MAX = 0x7fffffff

function toHeld(reply: Reply): Held {
  const token = reply.token as Token
  return {
    release: () => token.resolve(reply.response),
    fail: (code) => token.reject(new KafkaError(code)),
  }
}

function encodeOutcome({ records, transaction, marker }: Outcome, nowMs: number): Buffer {
  if (marker !== undefined) return encodeMarker(marker, nowMs)
  const dated = records.map(({ key, value }) => ({ timestamp: nowMs, key, value, headers: [] }))
  return encodeBatch({ ...(transaction && { ...transaction, transactional: true }), records: dated })
}
