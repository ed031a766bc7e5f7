/** MurmurHash3, x86, 128 bits: a digest of keys, so that two that differ are never taken for one. Seeded anew each time. */
const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

export type Digest = [number, number, number, number]

/** Writes the digest of `length` bytes at `at` into `target`. */
export function digest(bytes: Buffer, at: number, length: number, seed: number, target: Digest): void {
  let h1 = seed
  let h2 = seed
  let h3 = seed
  let h4 = seed
  const tail = at + (length & ~15)
  for (let i = at; i < tail; i += 16) {
    h1 ^= Math.imul(rotate(Math.imul(word(bytes, i), C1), 15), C2)
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0
    h2 ^= Math.imul(rotate(Math.imul(word(bytes, i + 4), C2), 16), C3)
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0
    h3 ^= Math.imul(rotate(Math.imul(word(bytes, i + 8), C3), 17), C4)
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0
    h4 ^= Math.imul(rotate(Math.imul(word(bytes, i + 12), C4), 18), C1)
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0
  }
  const end = at + length
  h1 ^= Math.imul(rotate(Math.imul(partialWord(bytes, tail, end), C1), 15), C2)
  h2 ^= Math.imul(rotate(Math.imul(partialWord(bytes, tail + 4, end), C2), 16), C3)
  h3 ^= Math.imul(rotate(Math.imul(partialWord(bytes, tail + 8, end), C3), 17), C4)
  h4 ^= Math.imul(rotate(Math.imul(partialWord(bytes, tail + 12, end), C4), 18), C1)
  finish(h1 ^ length, h2 ^ length, h3 ^ length, h4 ^ length, target)
}

function finish(h1: number, h2: number, h3: number, h4: number, target: Digest): void {
  h1 = (h1 + h2 + h3 + h4) | 0
  const m1 = mix(h1)
  const m2 = mix((h2 + h1) | 0)
  const m3 = mix((h3 + h1) | 0)
  const m4 = mix((h4 + h1) | 0)
  const sum = (m1 + m2 + m3 + m4) | 0
  target[0] = sum
  target[1] = (m2 + sum) | 0
  target[2] = (m3 + sum) | 0
  target[3] = (m4 + sum) | 0
}

function word(bytes: Buffer, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/** Up to four bytes before `end`, none at or behind it. */
function partialWord(bytes: Buffer, at: number, end: number): number {
  let value = 0
  for (let i = Math.min(at + 4, end) - 1; i >= at; i--) value = (value << 8) | bytes[i]!
  return value
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
