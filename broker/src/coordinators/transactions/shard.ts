/**
 * The transaction coordinator's part in one partition of `__transaction_state`: all transactional ids that hash to it
 * (KIP-98, KIP-360, KIP-890). A pure state machine, hosted as coordinator-shard.ts says.
 *
 * Its effects are the markers that a decided transaction needs. Whoever carries them out tells `markersWritten`, and
 * repeats a marker until then; a shard that is loaded asks for all that are missing once more.
 */
import type { Moment } from '../../runtime/types.ts'
import { ErrorCode } from '../../wire/index.ts'
import type { CoordinatorShard } from '../coordinator-shard.ts'
import { assert } from './assert.ts'
import type { TransactionConfig } from './config.ts'
import { endTransaction, fence, markersOf, markersWritten } from './end-transaction.ts'
import { initProducerId } from './init-producer-id.ts'
import { describeTransaction, listTransactions, type TransactionFilters } from './list.ts'
import { addPartitions, verifyPartitions } from './partitions.ts'
import { readTransaction, transactionRecord, transactionTombstone } from './records.ts'
import { isPreparing, type Transaction } from './transaction.ts'
import type {
  AddPartitions,
  Effects,
  EndTransaction,
  InitProducerId,
  MarkersWritten,
  Outcome,
  SendMarkers,
  TransactionResponse,
  VerifyPartitions,
} from './types.ts'

/** What is left after that is due at once. */
const STEPS_PER_TICK = 1_000

/** What a coordinator cannot decide alone. */
export interface TransactionSurroundings {
  readonly config: TransactionConfig
  /** The finalized level of the feature transaction.version. */
  readonly transactionVersion: () => number
  /** Of the leader of the partition: a later coordinator's markers fence those of earlier ones. */
  readonly coordinatorEpoch: number
}

export class TransactionShard implements CoordinatorShard<SendMarkers> {
  private readonly surroundings: TransactionSurroundings
  private readonly transactions = new Map<string, Transaction>()
  /** When each open transaction times out, in monotonic time. */
  private readonly ongoing = new Map<string, number>()
  private phase: 'loading' | 'active' | 'abandoned' = 'loading'
  private timeoutCheckMs = Infinity
  private expiryCheckMs = Infinity
  private expiring: Iterator<Transaction> | undefined

  constructor(surroundings: TransactionSurroundings) {
    this.surroundings = surroundings
  }

  replay(key: Buffer, value: Buffer | null): void {
    assert(this.phase === 'loading', 'records are replayed while loading only')
    const entry = readTransaction(key, value)
    if (entry === undefined) return
    if (entry.transaction === null) this.transactions.delete(entry.transactionalId)
    else this.transactions.set(entry.transactionalId, entry.transaction)
  }

  finishLoading(now: Moment): Outcome {
    assert(this.phase === 'loading', 'loading ends once')
    this.phase = 'active'
    const { abortTimedOutIntervalMs, removeExpiredIntervalMs } = this.surroundings.config
    this.timeoutCheckMs = now.monotonicMs + abortTimedOutIntervalMs
    this.expiryCheckMs = now.monotonicMs + removeExpiredIntervalMs
    return this.run(now, noIds, (effects) => {
      for (const transaction of this.transactions.values()) {
        if (transaction.state === 'Ongoing') this.keepDeadline(transaction, now)
        else if (isPreparing(transaction))
          effects.effects.push(markersOf(transaction, effects.coordinatorEpoch))
      }
    })
  }

  /** `newProducerId` is called at most once. */
  initProducerId(token: unknown, request: InitProducerId, now: Moment, newProducerId: () => number): Outcome {
    return this.answer(token, now, newProducerId, (effects) =>
      initProducerId(effects, this.transactions.get(request.transactionalId), request),
    )
  }

  addPartitions(token: unknown, request: AddPartitions, now: Moment): Outcome {
    return this.answer(token, now, noIds, (effects) => ({
      errorCode: addPartitions(effects, this.transactions.get(request.transactionalId), request),
    }))
  }

  verifyPartitions(token: unknown, request: VerifyPartitions, now: Moment): Outcome {
    return this.answer(token, now, noIds, () => ({
      errorCodes: verifyPartitions(this.transactions.get(request.transactionalId), request),
    }))
  }

  /** `newProducerId` is called at most once. */
  endTransaction(token: unknown, request: EndTransaction, now: Moment, newProducerId: () => number): Outcome {
    return this.answer(token, now, newProducerId, (effects) =>
      endTransaction(effects, this.transactions.get(request.transactionalId), request),
    )
  }

  markersWritten(token: unknown, request: MarkersWritten, now: Moment): Outcome {
    return this.answer(token, now, noIds, (effects) => {
      const left = markersWritten(effects, this.transactions.get(request.transactionalId), request)
      if (left !== undefined) this.transactions.set(left.transactionalId, left)
      return { errorCode: ErrorCode.NONE }
    })
  }

  describe(transactionalId: string) {
    this.assertActive()
    return describeTransaction(transactionalId, this.transactions.get(transactionalId))
  }

  list(filters: TransactionFilters, wallMs: number) {
    this.assertActive()
    return listTransactions(this.transactions.values(), filters, wallMs)
  }

  tick(now: Moment): Outcome {
    return this.run(now, noIds, (effects) => {
      if (now.monotonicMs >= this.timeoutCheckMs) this.abortTimedOut(effects, now.monotonicMs)
      if (now.monotonicMs >= this.expiryCheckMs) this.removeExpired(effects, now.monotonicMs)
    })
  }

  nextDeadlineMs(): number {
    this.assertActive()
    if (this.transactions.size === 0) return Infinity
    return this.ongoing.size === 0 ? this.expiryCheckMs : Math.min(this.timeoutCheckMs, this.expiryCheckMs)
  }

  /** Nobody is kept waiting here: every request has its answer at once. */
  abandon(): [] {
    assert(this.phase !== 'abandoned', 'a shard is abandoned once')
    this.phase = 'abandoned'
    this.transactions.clear()
    return []
  }

  /** A later coordinator goes by the time of the wall, which may have jumped: nobody gets more than the timeout. */
  private keepDeadline({ transactionalId, startMs, timeoutMs }: Transaction, now: Moment): void {
    const leftMs = Math.min(Math.max(0, startMs + timeoutMs - now.wallMs), timeoutMs)
    this.ongoing.set(transactionalId, now.monotonicMs + leftMs)
  }

  private abortTimedOut(effects: Effects, nowMs: number): void {
    let left = STEPS_PER_TICK
    for (const [transactionalId, deadlineMs] of [...this.ongoing]) {
      const transaction = this.transactions.get(transactionalId)
      assert(transaction?.state === 'Ongoing', `${transactionalId} is counted as open`)
      if (deadlineMs >= nowMs) continue
      if (left-- === 0) return
      fence(effects, transaction)
    }
    this.timeoutCheckMs = nowMs + effects.config.abortTimedOutIntervalMs
  }

  /** Idle for days, and maybe most of them under other coordinators: that is time of the wall. */
  private removeExpired(effects: Effects, nowMs: number): void {
    const { wallMs, config, records } = effects
    this.expiring ??= this.transactions.values()
    for (let left = STEPS_PER_TICK; left > 0; left--) {
      const { value: transaction, done } = this.expiring.next()
      if (done) {
        this.expiring = undefined
        this.expiryCheckMs = nowMs + config.removeExpiredIntervalMs
        return
      }
      const isIdle = transaction.state !== 'Ongoing' && !isPreparing(transaction)
      if (!isIdle || transaction.lastUpdateMs + config.transactionalIdExpirationMs > wallMs) continue
      this.transactions.delete(transaction.transactionalId)
      records.push(transactionTombstone(transaction.transactionalId))
    }
  }

  private answer(
    token: unknown,
    now: Moment,
    newProducerId: () => number,
    call: (effects: Effects) => TransactionResponse,
  ): Outcome {
    return this.run(now, newProducerId, (effects) => {
      effects.replies.push({ token, response: call(effects) })
    })
  }

  private run(now: Moment, newProducerId: () => number, call: (effects: Effects) => void): Outcome {
    this.assertActive()
    const { config, coordinatorEpoch, transactionVersion } = this.surroundings
    const records: Effects['records'] = []
    const put = (transaction: Transaction) => {
      this.transactions.set(transaction.transactionalId, transaction)
      if (transaction.state !== 'Ongoing') this.ongoing.delete(transaction.transactionalId)
      else if (!this.ongoing.has(transaction.transactionalId)) this.keepDeadline(transaction, now)
      records.push(transactionRecord(transaction, transactionVersion() >= 1 ? 1 : 0))
    }
    const effects: Effects = {
      config,
      wallMs: now.wallMs,
      coordinatorEpoch,
      newProducerId,
      put,
      records,
      replies: [],
      effects: [],
    }
    call(effects)
    return { records, replies: effects.replies, effects: effects.effects }
  }

  private assertActive(): void {
    assert(this.phase === 'active', `the shard is ${this.phase}`)
  }
}

function noIds(): number {
  throw new Error('transaction coordinator: this call makes no producer ids')
}
