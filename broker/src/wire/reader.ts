/**
 * A position in received bytes. Every length and count is checked against the bytes that remain before
 * anything is allocated; whatever does not fit is a WireError.
 */
import { WireError } from './errors.ts'
import { int16, int32 } from './numbers.ts'
import { readText } from './text.ts'

/**
 * Structs and strings of one message, all arrays together: a hostile 100 MB frame could otherwise become
 * gigabytes.
 */
export const MAX_ARRAY_ITEMS = 1 << 20

export class Reader {
  readonly buffer: Buffer
  position: number
  private itemsLeft = MAX_ARRAY_ITEMS

  constructor(buffer: Buffer, position = 0) {
    this.buffer = buffer
    this.position = position
  }

  /** Claims the next bytes and returns where they start. */
  take(sizeBytes: number): number {
    const at = this.position
    if (sizeBytes > this.buffer.length - at) {
      throw new WireError(`${sizeBytes} bytes expected at byte ${at}, ${this.buffer.length - at} are left`)
    }
    this.position = at + sizeBytes
    return at
  }

  /** Unsigned, at most 31 bits: all that lengths, counts and tags may use. */
  unsignedVarint(): number {
    const { buffer } = this
    const start = this.position
    const first = buffer[start]
    if (first !== undefined && first < 0x80) {
      this.position = start + 1
      return first
    }
    let value = 0
    for (let i = 0; i < 5; i++) {
      const byte = buffer[start + i]
      if (byte === undefined) throw new WireError(`the message ends within a varint at byte ${start}`)
      if (i === 4 && byte > 7) break
      value |= (byte & 0x7f) << (7 * i)
      if (byte < 0x80) {
        this.position = start + i + 1
        return value
      }
    }
    throw new WireError(`the varint at byte ${start} is too long`)
  }

  string(): string {
    return this.nullableString() ?? this.refuseNull()
  }

  nullableString(): string | null {
    return this.text(int16(this.buffer, this.take(2)))
  }

  compactString(): string {
    return this.compactNullableString() ?? this.refuseNull()
  }

  compactNullableString(): string | null {
    return this.text(this.unsignedVarint() - 1)
  }

  bytes(): Buffer {
    return this.nullableBytes() ?? this.refuseNull()
  }

  nullableBytes(): Buffer | null {
    return this.view(int32(this.buffer, this.take(4)))
  }

  compactBytes(): Buffer {
    return this.compactNullableBytes() ?? this.refuseNull()
  }

  compactNullableBytes(): Buffer | null {
    return this.view(this.unsignedVarint() - 1)
  }

  /** -1 stands for null. */
  arrayCount(itemBytes: number, isNumeric: boolean): number {
    return this.checkCount(int32(this.buffer, this.take(4)), itemBytes, isNumeric)
  }

  /** -1 stands for null. */
  compactArrayCount(itemBytes: number, isNumeric: boolean): number {
    return this.checkCount(this.unsignedVarint() - 1, itemBytes, isNumeric)
  }

  /** The byte before a struct that may be null: -1 for null, 1 otherwise (KIP-893). */
  structIsNull(): boolean {
    const at = this.take(1)
    const byte = this.buffer[at]
    if (byte === 0xff) return true
    if (byte === 1) return false
    throw new WireError(`the byte ${at} should tell whether a struct is null`)
  }

  /** The number of a tagged field; they have to come in ascending order (KIP-482). */
  tag(previous: number): number {
    const tag = this.unsignedVarint()
    if (tag <= previous) throw new WireError(`tag ${tag} after tag ${previous} at byte ${this.position}`)
    return tag
  }

  /** Reads the size of a tagged field and returns where the field ends. */
  tagEnd(): number {
    const sizeBytes = this.unsignedVarint()
    const at = this.take(sizeBytes)
    this.position = at
    return at + sizeBytes
  }

  expectPosition(end: number): void {
    if (this.position !== end) {
      throw new WireError(`the value should end at byte ${end} and ends at byte ${this.position}`)
    }
  }

  /** Passes over a whole section of tagged fields of which none is known. */
  skipTags(): void {
    let previous = -1
    for (let left = this.unsignedVarint(); left > 0; left--) {
      previous = this.tag(previous)
      this.position = this.tagEnd()
    }
  }

  refuseNull(): never {
    throw new WireError(`null before byte ${this.position}, where the version does not allow it`)
  }

  private text(length: number): string | null {
    if (length < 0) return this.nullIf(length)
    if (length > 0x7fff) throw new WireError(`a string of ${length} bytes before byte ${this.position}`)
    const at = this.take(length)
    return readText(this.buffer, at, at + length)
  }

  private view(length: number): Buffer | null {
    if (length < 0) return this.nullIf(length)
    const at = this.take(length)
    return this.buffer.subarray(at, at + length)
  }

  private nullIf(length: number): null {
    if (length === -1) return null
    throw new WireError(`length ${length} before byte ${this.position}`)
  }

  private checkCount(count: number, itemBytes: number, isNumeric: boolean): number {
    if (count < 0) {
      this.nullIf(count)
      return -1
    }
    if (count * itemBytes > this.buffer.length - this.position) {
      throw new WireError(`an array of ${count} items at byte ${this.position} is longer than its message`)
    }
    if (!isNumeric) {
      this.itemsLeft -= count
      if (this.itemsLeft < 0) throw new WireError(`more than ${MAX_ARRAY_ITEMS} array items in one message`)
    }
    return count
  }
}
