import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { livingBufferBytes } from '../runtime/test-memory.ts'
import { readText } from './text.ts'
import { isUuid, putUuid, uuid, ZERO_UUID } from './uuid.ts'

test('text is what the bytes say, whatever was read before', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '-'), maxLength: 70 })
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), (words) => {
      for (const text of [...words, ...words]) {
        const bytes = Buffer.from(`<${text}>`)
        expect(readText(bytes, 1, bytes.length - 1)).toBe(text)
      }
    }),
    { seed: 2, numRuns: 100 },
  )
})

describe('UUIDs', () => {
  test('are 22 characters of base64url', () => {
    const bytes = Buffer.from('c776211e61574341b3d2e61b4ec5aafe', 'hex')
    expect(uuid(bytes, 0)).toBe('x3YhHmFXQ0Gz0uYbTsWq_g')
    expect(uuid(Buffer.alloc(16), 0)).toBe(ZERO_UUID)
  })

  test('are written as they were read, also far more of them than are kept', () => {
    const target = Buffer.alloc(20)
    for (let i = 0; i < 10_000; i++) {
      const bytes = Buffer.alloc(16)
      bytes.writeInt32BE(i % 6000, (i % 4) * 4)
      const text = uuid(bytes, 0)
      expect(isUuid(text)).toBe(true)
      putUuid(target, 2, text)
      expect(target.subarray(2, 18).equals(bytes)).toBe(true)
    }
  })

  test('are kept without the memory that they came in', () => {
    const before = livingBufferBytes()
    const target = Buffer.alloc(16)
    for (let i = 0; i < 1000; i++) {
      putUuid(target, 0, uuid(randomBytes(16), 0))
      // Others take their share of Node's slabs meanwhile.
      Buffer.allocUnsafe(Buffer.poolSize / 4)
    }
    expect(livingBufferBytes() - before).toBeLessThan(1_000_000)
  })

  test.each(['', 'short', 'x3YhHmFXQ0Gz0uYbTsWq_gg', 'x3YhHmFXQ0Gz0uYbTsWq/g', 'x3YhHmFXQ0Gz0uYbTsWq_h'])(
    "'%s' is none",
    (text) => {
      expect(isUuid(text)).toBe(false)
      expect(() => putUuid(Buffer.alloc(16), 0, text)).toThrow(RangeError)
    },
  )
})
