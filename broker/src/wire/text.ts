/**
 * Bytes to strings. A broker sees the same few topic names, group ids and client ids again and again, so
 * short ASCII strings are looked up in a small table first: a hit allocates nothing, needs no native call,
 * and returns a string whose hash is already known to every Map.
 */

const SLOTS = 2048
const LONGEST_KEPT = 64
const table: string[] = new Array<string>(SLOTS).fill('')

/** Decodes UTF-8; malformed sequences become U+FFFD, as in Java. */
export function readText(buffer: Buffer, start: number, end: number): string {
  const length = end - start
  if (length === 0) return ''
  if (length > LONGEST_KEPT) return buffer.toString('utf8', start, end)
  let hash = length
  let allBits = 0
  for (let i = start; i < end; i++) {
    const byte = buffer[i]!
    hash = (Math.imul(hash, 31) + byte) | 0
    allBits |= byte
  }
  if (allBits > 0x7f) return buffer.toString('utf8', start, end)
  const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
  const known = table[slot]!
  if (known.length === length && holds(buffer, start, known)) return known
  const text = buffer.toString('latin1', start, end)
  table[slot] = text
  return text
}

function holds(buffer: Buffer, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) !== buffer[start + i]) return false
  }
  return true
}
