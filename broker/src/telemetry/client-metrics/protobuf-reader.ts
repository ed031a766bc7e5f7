/** Protocol Buffers' wire format, as far as OTLP metrics need it: the fields of a message, one after the other. */

/** Bytes that are no protobuf message, or one that no honest client sends. */
export class ProtobufError extends Error {}

const VARINT_BYTES_MAX = 10
const WIRE_VARINT = 0
const WIRE_FIXED64 = 1
const WIRE_BYTES = 2
const WIRE_FIXED32 = 5

export class ProtobufReader {
  /** Of the field that `next` found. */
  field = 0
  readonly #bytes: Buffer
  readonly #fieldsMax: number
  #fields = 0
  #at = 0
  #wireType = 0

  constructor(bytes: Buffer, fieldsMax: number) {
    this.#bytes = bytes
    this.#fieldsMax = fieldsMax
  }

  /** Goes on to the next field, whose value must then be taken or skipped; false at the end. */
  next(): boolean {
    if (this.#at === this.#bytes.length) return false
    if (++this.#fields > this.#fieldsMax) throw new ProtobufError(`more than ${this.#fieldsMax} fields`)
    const key = this.#varint()
    this.field = Math.floor(key / 8)
    this.#wireType = key % 8
    return true
  }

  /** A message or a text: a view. */
  bytes(): Buffer {
    this.#expect(WIRE_BYTES)
    return this.#take(this.#varint())
  }

  text(): string {
    return this.bytes().toString('utf8')
  }

  int64(): bigint {
    this.#expect(WIRE_VARINT)
    const start = this.#at
    this.#varint()
    let value = 0n
    for (let at = this.#at - 1; at >= start; at--) {
      value = (value << 7n) | BigInt((this.#bytes[at] as number) & 0x7f)
    }
    return BigInt.asIntN(64, value)
  }

  double(): number {
    this.#expect(WIRE_FIXED64)
    return this.#take(8).readDoubleLE(0)
  }

  fixed64(): number {
    this.#expect(WIRE_FIXED64)
    return Number(this.#take(8).readBigInt64LE(0))
  }

  skip(): void {
    if (this.#wireType === WIRE_VARINT) this.#varint()
    else if (this.#wireType === WIRE_FIXED64) this.#take(8)
    else if (this.#wireType === WIRE_BYTES) this.bytes()
    else if (this.#wireType === WIRE_FIXED32) this.#take(4)
    else throw new ProtobufError(`field ${this.field} has the unknown wire type ${this.#wireType}`)
  }

  #expect(wireType: number): void {
    if (this.#wireType === wireType) return
    throw new ProtobufError(`field ${this.field} has the wire type ${this.#wireType}, not ${wireType}`)
  }

  #take(count: number): Buffer {
    const end = this.#at + count
    if (end > this.#bytes.length) throw new ProtobufError('the message ends in a field')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }

  /** Exact up to 2^53: larger than any key or length. */
  #varint(): number {
    let value = 0
    let factor = 1
    for (let count = 0; count < VARINT_BYTES_MAX; count++) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new ProtobufError('the message ends in a number')
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
      factor *= 128
    }
    throw new ProtobufError('a number is longer than ten bytes')
  }
}
