/**
 * Walks over the records of an uncompressed batch without allocating: their lengths must tile the batch and
 * their
 * offsets count up, or no consumer could ever get past them.
 */
import { ErrorCode, KafkaError } from '../wire/index.ts'
import { BATCH_HEADER_BYTES, baseTimestampOf, recordsCountOf } from './batch.ts'
import { type RecordError, RecordValidationError } from './errors.ts'

export interface RecordRules {
  readonly earliestMs: number
  readonly latestMs: number
  readonly needsKey: boolean
}

/** Errors beyond this many are not listed one by one. */
const LISTED_ERRORS_MAX = 100

export function checkRecords(batch: Buffer, rules: RecordRules): void {
  const count = recordsCountOf(batch, 0)
  const baseTimestampMs = baseTimestampOf(batch, 0)
  const cursor = new VarintCursor(batch)
  let errors: RecordError[] | undefined
  let code: number = ErrorCode.INVALID_RECORD
  for (let index = 0; index < count; index++) {
    const sizeBytes = cursor.varint()
    const end = cursor.at + sizeBytes
    if (sizeBytes < 0 || end > batch.length) throw malformed(index)
    cursor.at++
    const timestampMs = baseTimestampMs + cursor.varlong()
    const offsetDelta = cursor.varint()
    const keyBytes = cursor.varint()
    if (cursor.at > end || keyBytes < -1) throw malformed(index)
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
      message = `Timestamp ${timestampMs} is out of range. The timestamp should be within [${rules.earliestMs}, ${rules.latestMs}]`
      code = ErrorCode.INVALID_TIMESTAMP
    }
    if (message !== undefined) {
      errors ??= []
      if (errors.length < LISTED_ERRORS_MAX) errors.push({ batchIndex: index, message })
    }
    cursor.at = end
  }
  if (cursor.at !== batch.length) throw malformed(count)
  if (errors !== undefined) throw new RecordValidationError(code, errors[0]?.message ?? '', errors)
}

function malformed(index: number): KafkaError {
  return new KafkaError(ErrorCode.INVALID_RECORD, `Record ${index} of the batch is malformed`)
}

/** Reads past the end give zeros; the caller compares `at` with the end of the record. */
class VarintCursor {
  at = BATCH_HEADER_BYTES
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  varint(): number {
    let bits = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.at++] ?? 0
      bits |= (byte & 0x7f) << shift
      if (byte < 0x80) return (bits >>> 1) ^ -(bits & 1)
    }
    throw malformed(this.at)
  }

  /** Timestamps need up to 64 bits; beyond 53 the value is rounded, which no range check can tell. */
  varlong(): number {
    let value = 0
    let factor = 1
    for (let count = 0; count < 10; count++) {
      const byte = this.#bytes[this.at++] ?? 0
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      factor *= 128
    }
    throw malformed(this.at)
  }
}
