/**
 * Kafka's UUIDs as text: 16 bytes in URL-safe base64 without padding, 22 characters. Topic ids are in every
 * produce and fetch request, so both directions keep what they converted lately: the texts, and their bytes side by side
 * in one buffer. Node cuts a small one out of a slab of 64 KiB, which would live as long as the id is kept.
 */
import { int32 } from './numbers.ts'

/** "No id". */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

const SIZE_BYTES = 16
const READ_MAX = 1024
const WRITTEN_MAX = 4096

/** Each in the place that its bytes say. */
const readBytes = Buffer.alloc(READ_MAX * SIZE_BYTES)
const readTexts = new Array<string>(READ_MAX).fill(ZERO_UUID)
/** Each behind the one before, until all places are taken. */
const writtenBytes = Buffer.alloc(WRITTEN_MAX * SIZE_BYTES)
const writtenAt = new Map<string, number>()

/** Sixteen bytes to text; the caller has checked that they are there. */
export function uuid(buffer: Buffer, at: number): string {
  const mixed = int32(buffer, at) ^ int32(buffer, at + 4) ^ int32(buffer, at + 8) ^ int32(buffer, at + 12)
  const place = (mixed ^ (mixed >>> 16)) & (READ_MAX - 1)
  const from = place * SIZE_BYTES
  if (isRead(from, buffer, at)) return readTexts[place]!
  for (let i = 0; i < SIZE_BYTES; i++) readBytes[from + i] = buffer[at + i]!
  const text = readBytes.toString('base64url', from, from + SIZE_BYTES)
  readTexts[place] = text
  return text
}

export function putUuid(target: Buffer, at: number, text: string): void {
  const from = writtenAt.get(text) ?? remember(text)
  for (let i = 0; i < SIZE_BYTES; i++) target[at + i] = writtenBytes[from + i]!
}

export function isUuid(text: string): boolean {
  return text.length === ZERO_UUID.length && Buffer.from(text, 'base64url').toString('base64url') === text
}

/** Returns where its bytes are. */
function remember(text: string): number {
  if (!isUuid(text)) throw new RangeError(`'${text}' is not a UUID of 22 base64url characters`)
  if (writtenAt.size >= WRITTEN_MAX) writtenAt.clear()
  const from = writtenAt.size * SIZE_BYTES
  writtenBytes.write(text, from, 'base64url')
  writtenAt.set(text, from)
  return from
}

function isRead(from: number, buffer: Buffer, at: number): boolean {
  for (let i = 0; i < SIZE_BYTES; i++) if (readBytes[from + i] !== buffer[at + i]) return false
  return true
}
