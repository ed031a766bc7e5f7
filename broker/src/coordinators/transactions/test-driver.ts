/** For tests: a shard with its log; what it answers is read as if every write had succeeded. */
import type { Moment } from '../../runtime/types.ts'
import type { CoordinatorRecord } from '../coordinator-shard.ts'
import { defaultTransactionConfig, type TransactionConfig } from './config.ts'
import { TransactionShard } from './shard.ts'
import type { TopicPartition } from './transaction.ts'
import type {
  ErrorResponse,
  Outcome,
  ProducerResponse,
  SendMarkers,
  TransactionRef,
  VerifiedResponse,
} from './types.ts'

export const ID = 'transfers'
export const PARTITION: TopicPartition = { topic: 'orders', partition: 0 }
const START_MS = 1_700_000_000_000

export class Driver {
  readonly config: TransactionConfig
  readonly log: CoordinatorRecord[] = []
  shard: TransactionShard
  nowMs = START_MS
  /** By so much the clock on the wall has jumped. */
  wallJumpMs = 0
  transactionVersion = 2
  coordinatorEpoch = 0
  /** Of the last outcome. */
  markers: readonly SendMarkers[] = []
  lastProducerId = 999

  constructor(config: Partial<TransactionConfig> = {}) {
    this.config = { ...defaultTransactionConfig, ...config }
    this.shard = this.load()
  }

  get now(): Moment {
    return { monotonicMs: this.nowMs, wallMs: this.nowMs + this.wallJumpMs }
  }

  /** As the next coordinator would. */
  load(): TransactionShard {
    this.coordinatorEpoch++
    this.shard = new TransactionShard({
      config: this.config,
      transactionVersion: () => this.transactionVersion,
      coordinatorEpoch: this.coordinatorEpoch,
    })
    for (const { key, value } of this.log) this.shard.replay(key, value)
    this.take(this.shard.finishLoading(this.now))
    return this.shard
  }

  init(
    request: {
      timeoutMs?: number
      producerId?: number
      producerEpoch?: number
      transactionalId?: string
    } = {},
  ): ProducerResponse {
    const { timeoutMs = 60_000, producerId = -1, producerEpoch = -1, transactionalId = ID } = request
    const body = { transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch }
    return this.take(this.shard.initProducerId('t', body, this.now, this.newProducerId)) as ProducerResponse
  }

  add(ref: TransactionRef, partitions = [PARTITION], transactionVersion = 2): number {
    const outcome = this.shard.addPartitions('t', { ...ref, partitions, transactionVersion }, this.now)
    return (this.take(outcome) as ErrorResponse).errorCode
  }

  verify(ref: TransactionRef, partitions = [PARTITION]): readonly number[] {
    const outcome = this.shard.verifyPartitions('t', { ...ref, partitions }, this.now)
    return (this.take(outcome) as VerifiedResponse).errorCodes
  }

  end(ref: TransactionRef, isCommit: boolean, transactionVersion = 2): ProducerResponse {
    const request = { ...ref, isCommit, transactionVersion }
    return this.take(
      this.shard.endTransaction('t', request, this.now, this.newProducerId),
    ) as ProducerResponse
  }

  /** As if every marker of the last outcome had reached its partition. */
  finishMarkers(): void {
    for (const marker of this.markers) this.take(this.shard.markersWritten('t', marker, this.now))
  }

  tick(afterMs: number): void {
    this.nowMs += afterMs
    this.take(this.shard.tick(this.now))
  }

  state(transactionalId = ID): string {
    return this.shard.describe(transactionalId).transactionState
  }

  private readonly newProducerId = () => ++this.lastProducerId

  private take({ records, replies, effects = [] }: Outcome): unknown {
    this.log.push(...records)
    this.markers = effects
    return replies[0]?.response
  }
}

export function refOf({ producerId, producerEpoch }: ProducerResponse): TransactionRef {
  return { transactionalId: ID, producerId, producerEpoch }
}
