/** What a batch must be before it may enter a log; in the order and with the codes of Kafka's leader. */
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { RecordValidationError } from '../errors.ts'
import type { LogConfig } from '../log/log-config.ts'
import {
  attributesOf,
  BATCH_HEADER_BYTES,
  BatchAttribute,
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampOf,
  Compression,
  compressionOf,
  isValidCrc,
  lastOffsetDeltaOf,
  MAGIC_V2,
  magicOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
  recomputeCrc,
  recordsCountOf,
  setMaxTimestamp,
  sizeOf,
} from './batch.ts'
import { checkRecords, type RecordRules } from './record-checks.ts'

export type BatchOrigin = 'client' | 'coordinator' | 'replica'

export function validateBatch(batch: Buffer, origin: BatchOrigin, config: LogConfig, nowMs: number): void {
  checkFrame(batch)
  // What a coordinator writes is bounded by its own rules: refusing it would leave the group ahead of its log.
  if (origin === 'client' && batch.length > config.maxMessageBytes) throw tooLarge(batch.length, config)
  if (origin === 'client' && baseOffsetOf(batch, 0) !== 0) {
    throw invalid(`The baseOffset of the record batch should be 0, but it is ${baseOffsetOf(batch, 0)}`)
  }
  // A coordinator's batch was encoded in this very process, a moment ago.
  if (origin !== 'coordinator' && !isValidCrc(batch, 0)) {
    throw new KafkaError(
      ErrorCode.CORRUPT_MESSAGE,
      'Record batch is corrupt (stored crc does not match its bytes)',
    )
  }
  if (origin !== 'replica' && batch.length > config.segmentBytes) {
    throw new KafkaError(
      ErrorCode.RECORD_LIST_TOO_LARGE,
      `Message batch size is ${batch.length} bytes, which exceeds the maximum configured segment size of ${config.segmentBytes}`,
    )
  }
  checkNumbers(batch)
  if (origin === 'client') checkClientBatch(batch, config, nowMs)
}

/** One whole batch, nothing less and nothing more. */
function checkFrame(batch: Buffer): void {
  if (batch.length < BATCH_HEADER_BYTES) {
    throw new KafkaError(
      ErrorCode.CORRUPT_MESSAGE,
      `Record batch of ${batch.length} bytes has no whole header`,
    )
  }
  if (magicOf(batch, 0) !== MAGIC_V2) {
    throw invalid(`Record batch has magic ${magicOf(batch, 0)}; only magic ${MAGIC_V2} can be written`)
  }
  const sizeBytes = sizeOf(batch, 0)
  if (sizeBytes < BATCH_HEADER_BYTES || sizeBytes > batch.length) {
    throw new KafkaError(
      ErrorCode.CORRUPT_MESSAGE,
      `Record batch says it has ${sizeBytes} bytes of ${batch.length}`,
    )
  }
  if (sizeBytes < batch.length)
    throw invalid('Only a single record batch per partition can be appended at a time')
}

/** Numbers that the log computes with. */
function checkNumbers(batch: Buffer): void {
  if (lastOffsetDeltaOf(batch, 0) < 0) throw invalid('Record batch has a negative lastOffsetDelta')
  if (!Number.isSafeInteger(baseOffsetOf(batch, 0))) throw invalid('Record batch has an offset out of range')
  if (!Number.isSafeInteger(producerIdOf(batch, 0)))
    throw invalid('Record batch has a producer id out of range')
  if (!Number.isSafeInteger(maxTimestampOf(batch, 0))) {
    throw new KafkaError(ErrorCode.INVALID_TIMESTAMP, 'Record batch has a timestamp out of range')
  }
}

function checkClientBatch(batch: Buffer, config: LogConfig, nowMs: number): void {
  const count = recordsCountOf(batch, 0)
  if (count <= 0) throw invalid(`Record batch says it has ${count} records`)
  if (lastOffsetDeltaOf(batch, 0) + 1 !== count) {
    throw invalid(
      `Record batch has ${count} records, but its last offset delta is ${lastOffsetDeltaOf(batch, 0)}`,
    )
  }
  const attributes = attributesOf(batch, 0)
  if ((attributes & BatchAttribute.CONTROL) !== 0)
    throw invalid('Clients are not allowed to write control records')
  if (producerIdOf(batch, 0) >= 0 && (baseSequenceOf(batch, 0) < 0 || producerEpochOf(batch, 0) < 0)) {
    throw invalid(`Invalid sequence number ${baseSequenceOf(batch, 0)} in record batch with a producer id`)
  }
  if (compressionOf(batch, 0) > Compression.ZSTD)
    throw invalid('Record batch has an unknown compression type')
  const isCreateTime = config.messageTimestampType === 'CreateTime'
  if (isCreateTime && (attributes & BatchAttribute.LOG_APPEND_TIME) !== 0) {
    throw new KafkaError(
      ErrorCode.INVALID_TIMESTAMP,
      'Producers must not set the timestamp type to LogAppendTime',
    )
  }
  const rules = recordRules(config, nowMs)
  if (compressionOf(batch, 0) === Compression.NONE) {
    const maxTimestampMs = checkRecords(batch, { bytes: batch, at: BATCH_HEADER_BYTES }, rules)
    correctMaxTimestamp(batch, maxTimestampMs)
  } else {
    checkTimestamp(baseTimestampOf(batch, 0), rules)
    checkTimestamp(maxTimestampOf(batch, 0), rules)
  }
}

/** Retention and searches go by the header: as in Kafka, what it says is what the records say. */
function correctMaxTimestamp(batch: Buffer, maxTimestampMs: number): void {
  if (maxTimestampOf(batch, 0) === maxTimestampMs) return
  setMaxTimestamp(batch, 0, maxTimestampMs)
  recomputeCrc(batch, 0)
}

/** What the records of a client must be like. */
export function recordRules(config: LogConfig, nowMs: number): RecordRules {
  const isCreateTime = config.messageTimestampType === 'CreateTime'
  return {
    earliestMs: isCreateTime ? nowMs - config.timestampBeforeMaxMs : -Infinity,
    latestMs: isCreateTime ? nowMs + config.timestampAfterMaxMs : Infinity,
    needsKey: config.cleanupPolicy.compact,
  }
}

/** A record without a timestamp (-1) is always accepted. */
function checkTimestamp(timestampMs: number, { earliestMs, latestMs }: RecordRules): void {
  if (timestampMs === -1 || (timestampMs >= earliestMs && timestampMs <= latestMs)) return
  const message = `Timestamp ${timestampMs} of the batch is out of range. The timestamp should be within [${earliestMs}, ${latestMs}]`
  throw new RecordValidationError(ErrorCode.INVALID_TIMESTAMP, message, [])
}

function tooLarge(sizeBytes: number, config: LogConfig): KafkaError {
  return new KafkaError(
    ErrorCode.MESSAGE_TOO_LARGE,
    `The record batch size is ${sizeBytes} bytes, which exceeds the maximum configured value of ${config.maxMessageBytes}`,
  )
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_RECORD, message)
}
