/** Share groups (KIP-932): what became of each record, at the partition's leader and at the share coordinator. Pure. */
export { AcknowledgeType, DeliveryState, type StateBatch } from './delivery.ts'
export type { AcknowledgementBatch } from './partition/acknowledgements.ts'
export {
  type AcquiredRecords,
  type FetchedBatch,
  SharePartition,
  type SharePartitionLimits,
  type ShareWrite,
} from './partition/share-partition.ts'
export { partitionKey, type SharedPartition } from './shared-partition.ts'
export {
  type Prune,
  type ReadShareState,
  type ShareStateResult,
  ShareStateShard,
  type WriteShareState,
} from './state/shard.ts'
export { coordinatorKey, type ShareKey } from './state/share-state.ts'
