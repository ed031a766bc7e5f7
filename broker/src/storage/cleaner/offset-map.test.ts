import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Digest, digest } from './murmur.ts'
import { OffsetMap } from './offset-map.ts'

test('knows of every key the offset that was put last', () => {
  const key = fc.uint8Array({ maxLength: 20 })
  fc.assert(
    fc.property(
      fc.array(key, { maxLength: 200 }),
      fc.array(key, { maxLength: 20 }),
      fc.nat(),
      (put, others, seed) => {
        const map = new OffsetMap(250, 0.9, seed)
        const model = new Map<string, number>()
        for (const [offset, bytes] of put.entries()) {
          const framed = Buffer.concat([Buffer.of(1, 2, 3), bytes, Buffer.of(4)])
          map.put(framed, 3, bytes.length, offset)
          model.set(Buffer.from(bytes).toString('hex'), offset)
        }
        expect(map.count).toBe(model.size)
        for (const bytes of [...put, ...others]) {
          const wanted = model.get(Buffer.from(bytes).toString('hex')) ?? -1
          expect(map.get(Buffer.from(bytes), 0, bytes.length)).toBe(wanted)
        }
      },
    ),
    { seed: 1 },
  )
})

test('is full at its load factor, and never quite full', () => {
  const map = new OffsetMap(10, 0.5, 0)
  for (let i = 0; i < 5; i++) map.put(Buffer.of(i), 0, 1, i)
  expect(map.isFull).toBe(true)
  expect(() => map.put(Buffer.of(9), 0, 1, 9)).toThrow()
  expect(new OffsetMap(10, 1, 0).room).toBe(9)
})

test('the digest is MurmurHash3 of 128 bits', () => {
  const hash = (text: string, seed: number) => {
    const target: Digest = [0, 0, 0, 0]
    digest(Buffer.from(`xx${text}yy`), 2, text.length, seed, target)
    return target.map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('')
  }
  expect(hash('', 0)).toBe('00000000000000000000000000000000')
  expect(hash('', 1)).toBe('88c4adec54d201b954d201b954d201b9')
  expect(hash('I will not buy this record, it is scratched.', 0)).toBe('a0a9683b25ac5e40d9af2895890dddf5')
})
