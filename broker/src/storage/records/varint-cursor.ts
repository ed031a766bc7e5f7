import { ErrorCode, KafkaError } from '../../wire/index.ts'

/**
 * Reads the numbers of records without allocating. Reads past the end give zeros; the caller compares `at` with the end
 * of the record.
 */
export class VarintCursor {
  at: number
  readonly bytes: Buffer

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes
    this.at = at
  }

  varint(): number {
    let bits = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.at++] ?? 0
      bits |= (byte & 0x7f) << shift
      if (byte < 0x80) return (bits >>> 1) ^ -(bits & 1)
    }
    throw malformedRecord(this.at)
  }

  /** Timestamps need up to 64 bits; beyond 53 the value is rounded, which no range check can tell. */
  varlong(): number {
    let value = 0
    let factor = 1
    for (let count = 0; count < 10; count++) {
      const byte = this.bytes[this.at++] ?? 0
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      factor *= 128
    }
    throw malformedRecord(this.at)
  }
}

export function malformedRecord(index: number): KafkaError {
  return new KafkaError(ErrorCode.INVALID_RECORD, `Record ${index} of the batch is malformed`)
}
