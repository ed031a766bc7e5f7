/**
 * Big-endian numbers at a known place of a buffer. Readers take the bytes one by one, which needs no DataView
 * for every frame; the caller has checked the bounds. Writers refuse a number that does not fit.
 *
 * int64 is a JavaScript number: the two ends of Java's range stand for "no limit" in Kafka and become
 * Infinity and -Infinity; every other value has to be a safe integer.
 */
import { WireError } from './errors.ts'

const TWO_POW_32 = 4294967296

export function int8(buffer: Uint8Array, at: number): number {
  return (buffer[at]! << 24) >> 24
}

export function bool(buffer: Uint8Array, at: number): boolean {
  return buffer[at] !== 0
}

export function int16(buffer: Uint8Array, at: number): number {
  return (((buffer[at]! << 8) | buffer[at + 1]!) << 16) >> 16
}

export function uint16(buffer: Uint8Array, at: number): number {
  return (buffer[at]! << 8) | buffer[at + 1]!
}

export function int32(buffer: Uint8Array, at: number): number {
  return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!
}

export function int64(buffer: Uint8Array, at: number): number {
  const high = int32(buffer, at)
  const low = int32(buffer, at + 4) >>> 0
  const value = high * TWO_POW_32 + low
  if (Number.isSafeInteger(value)) return value
  if (high === 0x7fffffff && low === 0xffffffff) return Infinity
  if (high === -0x80000000 && low === 0) return -Infinity
  throw new WireError(`a 64-bit number at byte ${at} is outside the supported range`)
}

/**
 * As int64, but a number beyond the safe range is rounded instead of refused: for values a client may set
 * freely.
 */
export function roundedInt64(buffer: Uint8Array, at: number): number {
  const high = int32(buffer, at)
  const low = int32(buffer, at + 4) >>> 0
  if (high === 0x7fffffff && low === 0xffffffff) return Infinity
  if (high === -0x80000000 && low === 0) return -Infinity
  return high * TWO_POW_32 + low
}

const scratch = new DataView(new ArrayBuffer(8))

export function float64(buffer: Uint8Array, at: number): number {
  for (let i = 0; i < 8; i++) scratch.setUint8(i, buffer[at + i]!)
  return scratch.getFloat64(0)
}

export function putInt8(view: DataView, at: number, value: number): void {
  if ((value << 24) >> 24 !== value) refuse('int8', value)
  view.setInt8(at, value)
}

export function putBool(view: DataView, at: number, value: boolean): void {
  view.setInt8(at, value ? 1 : 0)
}

export function putInt16(view: DataView, at: number, value: number): void {
  if ((value << 16) >> 16 !== value) refuse('int16', value)
  view.setInt16(at, value)
}

export function putUint16(view: DataView, at: number, value: number): void {
  if ((value & 0xffff) !== value) refuse('uint16', value)
  view.setUint16(at, value)
}

export function putInt32(view: DataView, at: number, value: number): void {
  if ((value | 0) !== value) refuse('int32', value)
  view.setInt32(at, value)
}

export function putInt64(view: DataView, at: number, value: number): void {
  if (Number.isSafeInteger(value)) {
    view.setInt32(at, Math.floor(value / TWO_POW_32))
    view.setUint32(at + 4, value >>> 0)
  } else if (value === Infinity) {
    view.setInt32(at, 0x7fffffff)
    view.setUint32(at + 4, 0xffffffff)
  } else if (value === -Infinity) {
    view.setInt32(at, -0x80000000)
    view.setUint32(at + 4, 0)
  } else {
    refuse('int64', value)
  }
}

export function putFloat64(view: DataView, at: number, value: number): void {
  view.setFloat64(at, value)
}

function refuse(type: string, value: unknown): never {
  throw new RangeError(`${String(value)} is not a valid ${type}`)
}
