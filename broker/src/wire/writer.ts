/**
 * Writes messages into pooled memory. One slab serves many messages, each result is a view of its part:
 * results are meant to be sent soon; whoever keeps one for long should copy it, since a view keeps its whole
 * slab alive.
 *
 * A message may be taken as one buffer (`finish`) or in parts (`finishParts`), where big byte fields are put
 * into the list as they are, for a vectored write.
 */
import { putInt16, putInt32 } from './numbers.ts'
import type { RecordsValue } from './schema.ts'

const SLAB_BYTES = 65536
const LARGEST_MESSAGE_BYTES = 0x7fffffff
/** Below this a copy is cheaper than another entry in the vector of a write. */
const BY_REFERENCE_BYTES = 4096

export class Writer {
  buffer: Buffer = Buffer.alloc(0)
  view: DataView = new DataView(this.buffer.buffer, 0, 0)
  position = 0
  /** Where the part that is being written starts in the slab. */
  private start = 0
  private parts: Buffer[] = []
  private partsBytes = 0
  private byReference = false

  begin(byReference: boolean): void {
    this.start = this.position
    this.parts = []
    this.partsBytes = 0
    this.byReference = byReference
  }

  finish(): Buffer {
    const result = this.buffer.subarray(this.start, this.position)
    this.dropLargeSlab()
    return result
  }

  finishParts(): Buffer[] {
    const { parts } = this
    if (this.position > this.start) parts.push(this.buffer.subarray(this.start, this.position))
    this.parts = []
    this.dropLargeSlab()
    return parts
  }

  /** Bytes of the message so far. */
  get sizeBytes(): number {
    return this.partsBytes + this.position - this.start
  }

  /**
   * Makes room and returns where it is. Growing moves the part being written: take `buffer` and `view` after
   * this.
   */
  reserve(sizeBytes: number): number {
    const at = this.position
    if (at + sizeBytes > this.buffer.length) return this.grow(sizeBytes)
    this.position = at + sizeBytes
    return at
  }

  unsignedVarint(value: number): void {
    const at = this.reserve(5)
    this.position = putUnsignedVarint(this.buffer, at, value)
  }

  string(value: string): void {
    const { length } = value
    const at = this.reserve(2 + length)
    if (length <= 0x7fff && this.ascii(value, at + 2)) {
      putInt16(this.view, at, length)
    } else {
      this.position = at
      this.longString(value, false)
    }
  }

  compactString(value: string): void {
    const { length } = value
    const at = this.reserve(1 + length)
    if (length < 0x7f && this.ascii(value, at + 1)) {
      this.buffer[at] = length + 1
    } else {
      this.position = at
      this.longString(value, true)
    }
  }

  bytes(value: RecordsValue): void {
    const sizeBytes = sizeOf(value)
    const at = this.reserve(4)
    putInt32(this.view, at, sizeBytes)
    this.put(value)
  }

  compactBytes(value: RecordsValue): void {
    this.unsignedVarint(sizeOf(value) + 1)
    this.put(value)
  }

  arrayCount(count: number): void {
    const at = this.reserve(4)
    putInt32(this.view, at, count)
  }

  compactArrayCount(count: number): void {
    this.unsignedVarint(count + 1)
  }

  nullString(): void {
    const at = this.reserve(2)
    putInt16(this.view, at, -1)
  }

  nullBytes(): void {
    this.arrayCount(-1)
  }

  compactNull(): void {
    const at = this.reserve(1)
    this.buffer[at] = 0
  }

  structMarker(isNull: boolean): void {
    const at = this.reserve(1)
    this.buffer[at] = isNull ? 0xff : 1
  }

  /** Starts a tagged field, whose size is known only at its end; returns a mark for `endTag`. */
  beginTag(tag: number): number {
    this.unsignedVarint(tag)
    const at = this.reserve(1)
    return at + 1 - this.start
  }

  /**
   * Sets the size of a tagged field, and moves its bytes if the size needs more than the one byte reserved.
   */
  endTag(mark: number): void {
    const sizeBytes = this.position - this.start - mark
    let extra = 0
    for (let rest = sizeBytes >>> 7; rest > 0; rest >>>= 7) extra++
    this.reserve(extra)
    const { buffer } = this
    const from = this.start + mark
    if (extra > 0) buffer.copyWithin(from + extra, from, from + sizeBytes)
    putUnsignedVarint(buffer, from - 1, sizeBytes)
  }

  private put(value: RecordsValue): void {
    if (value === null) return
    if (Buffer.isBuffer(value)) this.putBuffer(value)
    else for (const piece of value) this.putBuffer(piece)
  }

  private putBuffer(value: Buffer): void {
    if (this.byReference && value.length >= BY_REFERENCE_BYTES) {
      if (this.position > this.start) this.parts.push(this.buffer.subarray(this.start, this.position))
      this.parts.push(value)
      this.partsBytes += this.position - this.start + value.length
      this.start = this.position
      return
    }
    const at = this.reserve(value.length)
    value.copy(this.buffer, at)
  }

  /** Most strings are ASCII: as many bytes as characters. Returns false at the first that is not. */
  private ascii(value: string, at: number): boolean {
    const { buffer } = this
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) return false
      buffer[at + i] = code
    }
    return true
  }

  private longString(value: string, compact: boolean): void {
    const sizeBytes = Buffer.byteLength(value)
    if (sizeBytes > 0x7fff) throw new RangeError(`a string of ${sizeBytes} bytes is too long`)
    if (compact) {
      this.unsignedVarint(sizeBytes + 1)
    } else {
      const lengthAt = this.reserve(2)
      putInt16(this.view, lengthAt, sizeBytes)
    }
    const at = this.reserve(sizeBytes)
    this.buffer.write(value, at, sizeBytes, 'utf8')
  }

  private grow(sizeBytes: number): number {
    const used = this.position - this.start
    const needed = used + sizeBytes
    if (needed > LARGEST_MESSAGE_BYTES) throw new RangeError('a message cannot be larger than 2 GiB')
    const capacity = needed <= SLAB_BYTES / 2 ? SLAB_BYTES : needed * 2
    const next = Buffer.allocUnsafeSlow(capacity)
    this.buffer.copy(next, 0, this.start, this.position)
    this.buffer = next
    this.view = new DataView(next.buffer, next.byteOffset, next.length)
    this.start = 0
    this.position = needed
    return used
  }

  /** A slab that grew for one big message must not live on because of small ones. */
  private dropLargeSlab(): void {
    if (this.buffer.length <= SLAB_BYTES) return
    this.buffer = this.buffer.subarray(0, 0)
    this.view = new DataView(new ArrayBuffer(0))
    this.position = 0
    this.start = 0
  }
}

function putUnsignedVarint(buffer: Buffer, at: number, value: number): number {
  while (value > 0x7f) {
    buffer[at++] = (value & 0x7f) | 0x80
    value >>>= 7
  }
  buffer[at++] = value
  return at
}

function sizeOf(value: RecordsValue): number {
  if (value === null) throw new TypeError('null, where the version does not allow it')
  if (Buffer.isBuffer(value)) return value.length
  let total = 0
  for (const piece of value) total += piece.length
  return total
}
