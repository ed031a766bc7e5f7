/** Goes from record to record over the uncompressed records of a batch, and tells where the parts of each are. */
import { malformedRecord, VarintCursor } from './varint-cursor.ts'

export class RecordWalker {
  readonly bytes: Buffer
  /** The record with its length, and where it ends. */
  start = 0
  end: number
  /** Where the length ends and the timestamp's difference begins and ends. */
  timestampAt = 0
  timestampEnd = 0
  timestampDelta = 0
  offsetDelta = 0
  keyAt = 0
  /** -1: no key. */
  keyBytes = -1
  valueAt = 0
  /** -1: no value, a tombstone. */
  valueBytes = -1
  readonly #cursor: VarintCursor
  #index = 0

  constructor(bytes: Buffer, from: number) {
    this.bytes = bytes
    this.end = from
    this.#cursor = new VarintCursor(bytes, from)
  }

  next(): void {
    const cursor = this.#cursor
    this.start = this.end
    cursor.at = this.start
    const sizeBytes = cursor.varint()
    this.end = cursor.at + sizeBytes
    if (sizeBytes < 0 || this.end > this.bytes.length) throw malformedRecord(this.#index)
    this.timestampAt = ++cursor.at
    this.timestampDelta = cursor.varlong()
    this.timestampEnd = cursor.at
    this.offsetDelta = cursor.varint()
    this.keyBytes = cursor.varint()
    this.keyAt = cursor.at
    cursor.at += Math.max(this.keyBytes, 0)
    if (this.keyBytes < -1 || cursor.at > this.end) throw malformedRecord(this.#index)
    this.valueBytes = cursor.varint()
    this.valueAt = cursor.at
    if (this.valueBytes < -1 || this.valueAt + Math.max(this.valueBytes, 0) > this.end) {
      throw malformedRecord(this.#index)
    }
    this.#index++
  }

  /** Whether what was walked over is all that there is. */
  get isAtEnd(): boolean {
    return this.end === this.bytes.length
  }
}
