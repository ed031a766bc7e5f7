/**
 * Kafka's UUIDs as text: 16 bytes in URL-safe base64 without padding, 22 characters. Topic ids are in every
 * produce and fetch request, so both directions keep what they converted lately.
 */
import { int32 } from './numbers.ts'

/** "No id". */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

const SIZE_BYTES = 16
const SLOTS = 1024
const LARGEST_MAP = 4096

interface Entry {
  readonly bytes: Buffer
  readonly text: string
}

const zero: Entry = { bytes: Buffer.alloc(SIZE_BYTES), text: ZERO_UUID }
const byBytes: Entry[] = new Array<Entry>(SLOTS).fill(zero)
const byText = new Map<string, Entry>([[ZERO_UUID, zero]])

/** Sixteen bytes to text; the caller has checked that they are there. */
export function uuid(buffer: Buffer, at: number): string {
  const mixed = int32(buffer, at) ^ int32(buffer, at + 4) ^ int32(buffer, at + 8) ^ int32(buffer, at + 12)
  const slot = (mixed ^ (mixed >>> 16)) & (SLOTS - 1)
  const known = byBytes[slot]!
  if (sameBytes(known.bytes, buffer, at)) return known.text
  const bytes = Buffer.from(buffer.subarray(at, at + SIZE_BYTES))
  const entry = { bytes, text: bytes.toString('base64url') }
  byBytes[slot] = entry
  return entry.text
}

export function putUuid(target: Buffer, at: number, text: string): void {
  const { bytes } = byText.get(text) ?? remember(text)
  for (let i = 0; i < SIZE_BYTES; i++) target[at + i] = bytes[i]!
}

export function isUuid(text: string): boolean {
  return text.length === ZERO_UUID.length && Buffer.from(text, 'base64url').toString('base64url') === text
}

function remember(text: string): Entry {
  if (!isUuid(text)) throw new RangeError(`'${text}' is not a UUID of 22 base64url characters`)
  if (byText.size >= LARGEST_MAP) byText.clear()
  const entry = { bytes: Buffer.from(text, 'base64url'), text }
  byText.set(text, entry)
  return entry
}

function sameBytes(bytes: Buffer, buffer: Buffer, at: number): boolean {
  for (let i = 0; i < SIZE_BYTES; i++) if (bytes[i] !== buffer[at + i]) return false
  return true
}
