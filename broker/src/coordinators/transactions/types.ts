/** What goes into a transaction shard and what comes out of it. */
import type { Outcome as CoordinatorOutcome, CoordinatorRecord, Reply } from '../coordinator-shard.ts'
import type { TransactionConfig } from './config.ts'
import type { TopicPartition, Transaction } from './transaction.ts'

/** A decided transaction's partitions that are to get its marker, by way of their leaders. */
export interface SendMarkers {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly isCommit: boolean
  readonly coordinatorEpoch: number
  readonly transactionVersion: number
  readonly partitions: readonly TopicPartition[]
}

export interface ProducerResponse {
  readonly errorCode: number
  readonly producerId: number
  readonly producerEpoch: number
}

export interface ErrorResponse {
  readonly errorCode: number
}

/** One code for each partition that was asked for, in that order. */
export interface VerifiedResponse {
  readonly errorCodes: readonly number[]
}

export type TransactionResponse = ProducerResponse | ErrorResponse | VerifiedResponse
export type Outcome = CoordinatorOutcome<TransactionResponse, SendMarkers>

export interface InitProducerId {
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  /** What the producer has so far (KIP-360); -1 if nothing. */
  readonly producerId: number
  readonly producerEpoch: number
}

/** Which transaction a producer speaks of. */
export interface TransactionRef {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

export interface AddPartitions extends TransactionRef {
  readonly partitions: readonly TopicPartition[]
  readonly transactionVersion: number
}

export type VerifyPartitions = Omit<AddPartitions, 'transactionVersion'>

export interface EndTransaction extends TransactionRef {
  readonly isCommit: boolean
  readonly transactionVersion: number
}

export interface MarkersWritten extends TransactionRef {
  readonly partitions: readonly TopicPartition[]
}

/** The outcome of one call while it is being made, and what every rule may ask for. */
export interface Effects {
  readonly config: TransactionConfig
  /** Of the wall: what is written down. */
  readonly wallMs: number
  readonly coordinatorEpoch: number
  readonly newProducerId: () => number
  /** Takes over a transaction as it is now, and writes it down. */
  readonly put: (transaction: Transaction) => void
  readonly records: CoordinatorRecord[]
  readonly replies: Reply<TransactionResponse>[]
  readonly effects: SendMarkers[]
}
