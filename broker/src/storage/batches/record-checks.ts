/**
 * Walks over the plain records of a batch without allocating: their lengths must tile it and their offsets count up, or
 * no consumer could ever get past them.
 */
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { type RecordError, RecordValidationError } from '../errors.ts'
import type { OpenedBatch } from '../records/open-batch.ts'
import { malformedRecord, VarintCursor } from '../records/varint-cursor.ts'
import { baseTimestampOf, recordsCountOf } from './batch.ts'

export interface RecordRules {
  readonly earliestMs: number
  readonly latestMs: number
  readonly needsKey: boolean
}

/** Errors beyond this many are not listed one by one. */
const LISTED_ERRORS_MAX = 100
const SHOWN_ERRORS_MAX = 3

/** `header` is the batch that the records are of, compressed or not. Returns their largest timestamp. */
export function checkRecords(header: Buffer, { bytes, at }: OpenedBatch, rules: RecordRules): number {
  const count = recordsCountOf(header, 0)
  const baseTimestampMs = baseTimestampOf(header, 0)
  const cursor = new VarintCursor(bytes, at)
  let maxTimestampMs = -1
  let errors: RecordError[] | undefined
  let code: number = ErrorCode.INVALID_RECORD
  for (let index = 0; index < count; index++) {
    const sizeBytes = cursor.varint()
    const end = cursor.at + sizeBytes
    if (sizeBytes < 0 || end > bytes.length) throw malformedRecord(index)
    cursor.at++
    const timestampMs = baseTimestampMs + cursor.varlong()
    if (timestampMs > maxTimestampMs) maxTimestampMs = timestampMs
    const offsetDelta = cursor.varint()
    const keyBytes = cursor.varint()
    if (cursor.at > end || keyBytes < -1) throw malformedRecord(index)
    if (offsetDelta !== index) {
      throw new KafkaError(
        ErrorCode.INVALID_RECORD,
        `Record ${index} of the batch has offset delta ${offsetDelta}`,
      )
    }
    let message: string | undefined
    if (rules.needsKey && keyBytes === -1) {
      message = 'Compacted topic cannot accept message without key.'
    } else if (timestampMs !== -1 && (timestampMs < rules.earliestMs || timestampMs > rules.latestMs)) {
      message = `Timestamp ${timestampMs} of message with offset ${index} is out of range. The timestamp should be within [${rules.earliestMs}, ${rules.latestMs}]`
      code = ErrorCode.INVALID_TIMESTAMP
    }
    if (message !== undefined) {
      errors ??= []
      if (errors.length < LISTED_ERRORS_MAX) errors.push({ batchIndex: index, message })
    }
    cursor.at = end
  }
  if (cursor.at !== bytes.length) throw malformedRecord(count)
  if (errors !== undefined) throw rejected(code, errors)
  return maxTimestampMs
}

/** In Kafka's words. */
function rejected(code: number, errors: readonly RecordError[]): RecordValidationError {
  if (code === ErrorCode.INVALID_TIMESTAMP) {
    const message = 'One or more records have been rejected due to invalid timestamp'
    return new RecordValidationError(code, message, errors)
  }
  const shown = errors
    .slice(0, SHOWN_ERRORS_MAX)
    .map(({ batchIndex, message }) => `RecordError(batchIndex=${batchIndex}, message='${message}')`)
  const message =
    `One or more records have been rejected due to ${errors.length} record errors in total, ` +
    `and only showing the first three errors at most: [${shown.join(', ')}]`
  return new RecordValidationError(code, message, errors)
}
