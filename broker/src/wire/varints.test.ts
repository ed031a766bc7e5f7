import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KafkaError } from './errors.ts'
import { readVarint, readVarlong, varintSize, varlongSize, writeVarint, writeVarlong } from './varints.ts'

test.each([
  [0, '00'],
  [-1, '01'],
  [63, '7e'],
  [64, '8001'],
  [-64, '7f'],
  [2147483647, 'feffffff0f'],
  [-2147483648, 'ffffffff0f'],
])('varint %d', (value, bytes) => {
  const buffer = Buffer.alloc(5)
  const end = writeVarint(buffer, 0, value)
  expect(buffer.toString('hex', 0, end)).toBe(bytes)
  expect(varintSize(value)).toBe(end)
})

test('every value is read back', () => {
  const buffer = Buffer.alloc(12)
  const check = (value: number) => {
    const end = writeVarlong(buffer, 1, value)
    expect(varlongSize(value)).toBe(end - 1)
    expect(readVarlong(buffer, 1)).toEqual({ value, sizeBytes: end - 1 })
  }
  fc.assert(fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer()), check), { seed: 3, numRuns: 500 })
  for (let bit = 0; bit < 53; bit++) for (const sign of [1, -1]) check(sign * (2 ** bit - 1) + 0)
  fc.assert(
    fc.property(fc.integer(), (value) => {
      const end = writeVarint(buffer, 0, value)
      expect(readVarint(buffer, 0)).toEqual({ value, sizeBytes: end })
    }),
    { seed: 3, numRuns: 500 },
  )
})

test('too long or cut is an error', () => {
  for (const bytes of ['', '80', 'ffffffff', 'ffffffff10', '808080808001']) {
    expect(() => readVarint(Buffer.from(bytes, 'hex'), 0)).toThrow(KafkaError)
  }
  for (const bytes of ['', '80', '8080808080808080808001', 'ffffffffffffffffff']) {
    expect(() => readVarlong(Buffer.from(bytes, 'hex'), 0)).toThrow(KafkaError)
  }
})
