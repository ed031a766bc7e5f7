/**
 * Zig-zag varints, as records use them: small numbers of either sign take one byte. A varint has at most 32
 * bits, a varlong 64, of which a JavaScript number holds 53: what lies beyond is rounded.
 */
import { ErrorCode, KafkaError } from './errors.ts'

/** A varint read, and the bytes it took. */
export interface ReadVarint {
  readonly value: number
  readonly sizeBytes: number
}

export function varintSize(value: number): number {
  let size = 1
  for (let rest = zigZag(value); rest > 0x7f; rest >>>= 7) size++
  return size
}

export function writeVarint(buffer: Buffer, at: number, value: number): number {
  let rest = zigZag(value)
  while (rest > 0x7f) {
    buffer[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  buffer[at++] = rest
  return at
}

export function readVarint(buffer: Buffer, at: number): ReadVarint {
  let bits = 0
  for (let i = 0; i < 5; i++) {
    const byte = buffer[at + i]
    if (byte === undefined || (i === 4 && byte > 0x0f)) break
    bits |= (byte & 0x7f) << (7 * i)
    if (byte < 0x80) return { value: (bits >>> 1) ^ -(bits & 1), sizeBytes: i + 1 }
  }
  throw malformed(at)
}

export function varlongSize(value: number): number {
  if (isSmall(value)) return varintSize(value)
  let size = 1
  for (let rest = bigZigZag(value); rest > 0x7fn; rest >>= 7n) size++
  return size
}

export function writeVarlong(buffer: Buffer, at: number, value: number): number {
  if (isSmall(value)) return writeVarint(buffer, at, value)
  let rest = bigZigZag(value)
  while (rest > 0x7fn) {
    buffer[at++] = Number(rest & 0x7fn) | 0x80
    rest >>= 7n
  }
  buffer[at++] = Number(rest)
  return at
}

export function readVarlong(buffer: Buffer, at: number): ReadVarint {
  const limit = at + 10
  let end = at
  while (end < limit && buffer[end]! >= 0x80) end++
  if (end === limit || end >= buffer.length) throw malformed(at)
  if (end - at < 4) return readVarint(buffer, at)
  let bits = 0n
  for (let i = end; i >= at; i--) bits = (bits << 7n) | BigInt(buffer[i]! & 0x7f)
  const value = Number(BigInt.asIntN(64, (bits >> 1n) ^ -(bits & 1n)))
  return { value, sizeBytes: end - at + 1 }
}

function zigZag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0
}

/** Four bytes of varint, the most that needs no 64-bit arithmetic to tell apart. */
function isSmall(value: number): boolean {
  return value >= -0x40000000 && value < 0x40000000
}

function bigZigZag(value: number): bigint {
  const big = BigInt(value)
  return BigInt.asUintN(64, (big << 1n) ^ (big >> 63n))
}

function malformed(at: number): KafkaError {
  return new KafkaError(ErrorCode.CORRUPT_MESSAGE, `malformed records: no varint at byte ${at}`)
}
