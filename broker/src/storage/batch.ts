/**
 * The wire package's batch accessors under names that leave `baseOffset` and the like free for local
 * values.
 */
export {
  attributes as attributesOf,
  BATCH_HEADER_BYTES,
  BatchAttribute,
  baseOffset as baseOffsetOf,
  baseSequence as baseSequenceOf,
  baseTimestamp as baseTimestampOf,
  Compression,
  compression as compressionOf,
  decodeMarker,
  decodeRecords,
  holdsBatch,
  isControlBatch,
  isTransactionalBatch,
  isValidCrc,
  lastOffset as lastOffsetOf,
  lastOffsetDelta as lastOffsetDeltaOf,
  leaderEpoch as leaderEpochOf,
  MAGIC_V2,
  magic as magicOf,
  maxTimestamp as maxTimestampOf,
  producerEpoch as producerEpochOf,
  producerId as producerIdOf,
  recordsCount as recordsCountOf,
  setBaseOffset,
  setLeaderEpoch,
  setLogAppendTime,
  sizeInBytes as sizeOf,
} from '../wire/index.ts'
