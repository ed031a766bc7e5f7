import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode, encode, encodeParts } from './codec.ts'
import { WireError } from './errors.ts'
import { MAX_ARRAY_ITEMS } from './reader.ts'
import type { Draft, Infer } from './schema.ts'
import { message, t } from './schema.ts'

const sample = message({
  name: 'Sample',
  versions: [0, 3],
  flexible: 2,
  fields: {
    name: t.string(),
    note: t.string({ since: 1, nullable: 2, default: 'none', ignorable: true }),
    limit: t.int32({ since: 1, default: -1 }),
    numbers: t.array(t.int32(), { default: [] }),
    leader: t.struct({ id: t.int32({ default: -1 }), name: t.string({ default: '' }) }, { since: 3, tag: 4 }),
    words: t.array(t.string(), { since: 2, tag: 1, ignorable: true }),
  },
})

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('drafts and defaults', () => {
  test('a field that a version lacks decodes as its default', () => {
    const value: Infer<typeof sample> = decode(sample, 0, encode(sample, 0, { name: 'a' }))
    expect(value).toEqual({
      name: 'a',
      note: 'none',
      limit: -1,
      numbers: [],
      leader: { id: -1, name: '' },
      words: [],
    })
  })

  test('defaults are new objects each time', () => {
    const bytes = encode(sample, 0, { name: 'a' })
    decode(sample, 0, bytes).words.push('changed')
    expect(decode(sample, 0, bytes).words).toEqual([])
  })

  test('a value that the version cannot carry is an error, unless it may be ignored or is the default', () => {
    expect(encode(sample, 0, { name: 'a', note: 'dropped', limit: -1 })).toEqual(hex('0001 61 00000000'))
    expect(() => encode(sample, 0, { name: 'a', limit: 5 })).toThrow(
      'Sample version 0 has no place for limit',
    )
    const draft: Draft<typeof sample> = { name: 'a', leader: { id: 1 } }
    expect(() => encode(sample, 2, draft)).toThrow('Sample version 2 has no place for leader')
    expect(encode(sample, 2, { name: 'a', leader: { id: -1 } })).toEqual(encode(sample, 2, { name: 'a' }))
  })

  test('null is refused where the version does not allow it, in both directions', () => {
    expect(() => encode(sample, 1, { name: 'a', note: null })).toThrow(
      'note of Sample version 1 cannot be null',
    )
    expect(decode(sample, 2, encode(sample, 2, { name: 'a', note: null })).note).toBe(null)
    expect(() => decode(sample, 0, hex('ffff 00000000'))).toThrow(WireError)
    expect(() => decode(sample, 0, hex('0001 61 ffffffff'))).toThrow(WireError)
    expect(() => decode(sample, 2, hex('00'))).toThrow(WireError)
  })

  test('tagged fields are written in order of tag, and only if they differ from the default', () => {
    expect(encode(sample, 3, { name: '', leader: {}, words: [] })).toEqual(
      hex('01 056e6f6e65 ffffffff 01 00'),
    )
    const draft = { name: '', leader: { id: 7 }, words: ['x'] }
    expect(encode(sample, 3, draft)).toEqual(
      hex('01 056e6f6e65 ffffffff 01 02 01 03 02 0278 04 06 00000007 01 00'),
    )
  })

  test('a version outside the range is refused', () => {
    const bytes = encode(sample, 0, { name: 'a' })
    for (const version of [-1, 4, 0.5, Number.NaN]) {
      expect(() => decode(sample, version, bytes)).toThrow(WireError)
    }
  })

  test('numbers that do not fit their type are refused', () => {
    expect(() => encode(sample, 1, { name: '', limit: 2 ** 31 })).toThrow(RangeError)
    expect(() => encode(sample, 1, { name: '', limit: 0.5 })).toThrow(RangeError)
  })

  test('field names that could be code are refused', () => {
    const odd = message({ versions: [0, 0], fields: { 'a}; throw 1; {': t.int8() } })
    expect(() => encode(odd, 0, { 'a}; throw 1; {': 1 })).toThrow('cannot be a field name')
  })
})

describe('malformed input', () => {
  const start = '02 61 00 00000000 01'

  test('unknown tags are skipped', () => {
    expect(decode(sample, 2, hex(`${start} 02 00 03 aabbcc 7f 00`)).name).toBe('a')
  })

  test.each([
    ['tags out of order', `${start} 02 05 00 03 00`],
    ['a tag twice', `${start} 02 05 00 05 00`],
    ['a known tag twice', `${start} 02 01 01 01 01 01 01`],
    ['a tagged field longer than its value', `${start} 01 01 02 01 00`],
    ['a tagged field shorter than its value', `${start} 01 01 02 02 02 78`],
    ['a tagged field beyond the end', `${start} 01 05 7f`],
    ['bytes after the message', `${start} 00 00`],
    ['a string length beyond the end', '7f 61 00 00000000 01 00'],
    ['an array count beyond the end', '02 61 00 00000000 7f 00'],
    ['a varint of 32 bits', '02 61 00 00000000 ffffffff0f 00'],
    ['a varint of six bytes', '02 61 00 00000000 808080808000 00'],
    ['a varint that is cut', '02 61 00 00000000 ff'],
  ])('%s', (_case, bytes) => {
    expect(() => decode(sample, 2, hex(bytes))).toThrow(WireError)
  })

  test.each([
    ['a negative string length', 'fffe 00000000'],
    ['a negative array count', '0001 61 fffffffe'],
    ['an array count of two billion', '0001 61 7fffffff'],
    ['no byte at all', ''],
  ])('before flexible versions: %s', (_case, bytes) => {
    expect(() => decode(sample, 0, hex(bytes))).toThrow(WireError)
  })

  test('a string longer than 32767 bytes is refused in both directions', () => {
    const long = 'x'.repeat(32768)
    for (const version of [0, 2]) expect(() => encode(sample, version, { name: long })).toThrow(RangeError)
    const bytes = Buffer.concat([hex('818002'), Buffer.from(long), hex('00 00000000 01 00')])
    expect(() => decode(sample, 2, bytes)).toThrow(WireError)
    const longest = { name: long.slice(1) }
    expect(decode(sample, 2, encode(sample, 2, longest)).name).toBe(longest.name)
  })

  test('more array items than any message needs are refused, however small they are', () => {
    const bytes = encode(sample, 2, { name: '', words: Array<string>(MAX_ARRAY_ITEMS + 1).fill('') })
    expect(() => decode(sample, 2, bytes)).toThrow('array items')
    const numbers = Array<number>(MAX_ARRAY_ITEMS + 1).fill(1)
    expect(decode(sample, 2, encode(sample, 2, { name: '', numbers })).numbers.length).toBe(numbers.length)
  })

  test('invalid UTF-8 becomes U+FFFD', () => {
    expect(decode(sample, 0, hex('0004 61c328ff 00000000')).name).toBe('a�(�')
  })
})

describe('64-bit numbers', () => {
  const long = message({ versions: [0, 0], fields: { value: t.int64() } })

  test.each([
    [0, '0000000000000000'],
    [-1, 'ffffffffffffffff'],
    [2 ** 32, '0000000100000000'],
    [Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
    [Number.MIN_SAFE_INTEGER, 'ffe0000000000001'],
    [Infinity, '7fffffffffffffff'],
    [-Infinity, '8000000000000000'],
  ])('%d', (value, bytes) => {
    expect(encode(long, 0, { value }).toString('hex')).toBe(bytes)
    expect(decode(long, 0, hex(bytes)).value).toBe(value)
  })

  test('what a JavaScript number cannot hold is refused', () => {
    for (const bytes of ['0020000000000000', 'ffe0000000000000', '7ffffffffffffffe', '8000000000000001']) {
      expect(() => decode(long, 0, hex(bytes))).toThrow(WireError)
    }
    for (const value of [2 ** 53, 1.5, Number.NaN])
      expect(() => encode(long, 0, { value })).toThrow(RangeError)
  })
})

describe('pooled memory', () => {
  const blob = message({
    versions: [0, 0],
    flexible: 0,
    fields: {
      before: t.string({ default: '' }),
      items: t.array({ records: t.records({ nullable: 0 }) }),
      after: t.string({ default: '' }),
      tail: t.array(t.string(), { since: 0, tag: 0 }),
    },
  })

  test('big records are passed on as they are, small ones are copied together', () => {
    const big = Buffer.alloc(5000, 7)
    const small = Buffer.from('small')
    const items = [{ records: small }, { records: [big, small, big] }, { records: null }]
    const parts = encodeParts(blob, 0, { items })
    expect(parts.length).toBe(5)
    expect(parts[1]).toBe(big)
    expect(parts[3]).toBe(big)
    const decoded = decode(blob, 0, Buffer.concat(parts))
    expect(decoded.items[1]!.records).toEqual(Buffer.concat([big, small, big]))
    expect(decoded.items[2]!.records).toBe(null)
  })

  test('messages of any size, one after the other, do not disturb one another', () => {
    const size = fc.oneof(fc.integer({ max: 300, min: 0 }), fc.integer({ max: 200_000, min: 0 }))
    fc.assert(
      fc.property(
        fc.array(fc.tuple(size, size, fc.integer({ min: 0, max: 30 })), { maxLength: 12 }),
        (cases) => {
          const values = cases.map(([one, other, words], index) => ({
            before: 'é'.repeat(one % 5000),
            items: [one, other].map((length) => ({ records: Buffer.alloc(length, index) })),
            after: 'end',
            tail: Array<string>(words).fill('some words'),
          }))
          const whole = values.map((value) => encode(blob, 0, value))
          const parts = values.map((value) => encodeParts(blob, 0, value))
          for (const [index, value] of values.entries()) {
            expect(decode(blob, 0, whole[index]!)).toEqual(value)
            expect(Buffer.concat(parts[index]!).equals(whole[index]!)).toBe(true)
          }
        },
      ),
      { seed: 5, numRuns: 25 },
    )
  })

  test('an error in the middle leaves nothing behind', () => {
    const items = [{ records: Buffer.alloc(5000) }]
    expect(() => encodeParts(blob, 0, { items, after: 'x'.repeat(40_000) })).toThrow(RangeError)
    expect(decode(blob, 0, encode(blob, 0, { items: [] })).items).toEqual([])
    expect(encodeParts(blob, 0, { items: [] }).length).toBe(1)
  })
})
