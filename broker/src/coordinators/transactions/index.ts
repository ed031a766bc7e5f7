/** Transactional ids, their producers and their transactions. */
export { defaultTransactionConfig, type TransactionConfig } from './config.ts'
export { isTransactionState, type TransactionFilters } from './list.ts'
export { TransactionShard, type TransactionSurroundings } from './shard.ts'
export type { TopicPartition } from './transaction.ts'
export type {
  AddPartitions,
  EndTransaction,
  ErrorResponse,
  InitProducerId,
  MarkersWritten,
  ProducerResponse,
  SendMarkers,
  TransactionRef,
  VerifiedResponse,
  VerifyPartitions,
} from './types.ts'
