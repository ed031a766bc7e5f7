import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WireError } from '../wire/index.ts'
import { FramePool } from './frame-pool.ts'
import { type Frame, FrameReader } from './frame-reader.ts'

const SIZE_MAX = 100_000_000
const PRODUCE = 0
const FETCH = 1

function frameOf(apiKey: number, sizeBytes: number, fill = 7): Buffer {
  const bytes = Buffer.alloc(4 + sizeBytes, fill)
  bytes.writeInt32BE(sizeBytes, 0)
  if (sizeBytes >= 2) bytes.writeInt16BE(apiKey, 4)
  return bytes
}

function readerWith(pool?: FramePool): [FrameReader, Frame[]] {
  const frames: Frame[] = []
  const reader = new FrameReader(pool, SIZE_MAX, (frame) => {
    frames.push(frame)
    return true
  })
  return [reader, frames]
}

test('frames come out whole wherever the stream is cut', () => {
  const stream = Buffer.concat([frameOf(FETCH, 5, 1), frameOf(FETCH, 0), frameOf(PRODUCE, 9, 3)])
  for (let cut = 0; cut <= stream.length; cut++) {
    const [reader, frames] = readerWith()
    expect(reader.push(stream.subarray(0, cut)) + reader.push(stream.subarray(cut))).toBe(stream.length)
    expect(frames.map(({ bytes }) => bytes.length)).toEqual([5, 0, 9])
    expect(frames[2]?.bytes).toEqual(frameOf(PRODUCE, 9, 3).subarray(4))
  }
})

test('any frames in any pieces come out as they were', () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 })
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 })
  fc.assert(
    fc.property(frames, cuts, (bodies, sizes) => {
      const stream = Buffer.concat(
        bodies.flatMap((body) => {
          const size = Buffer.alloc(4)
          size.writeInt32BE(body.length, 0)
          return [size, body]
        }),
      )
      const [reader, found] = readerWith(new FramePool(1 << 20))
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const piece = stream.subarray(at, at + (sizes[turn % sizes.length] ?? 1))
        // The reader must not keep what it was given.
        const chunk = Buffer.from(piece)
        at += reader.push(chunk)
        chunk.fill(0xdb)
      }
      expect(found.map(({ bytes }) => [...bytes])).toEqual(bodies.map((body) => [...body]))
    }),
  )
})

test.each([-1, -2147483648, SIZE_MAX + 1, 2147483647])('a size of %i is refused', (size) => {
  const [reader] = readerWith()
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(size, 0)
  expect(() => reader.push(bytes)).toThrow(WireError)
})

test('it stops behind a frame when told to, and says how far it came', () => {
  const stream = Buffer.concat([frameOf(FETCH, 6), frameOf(FETCH, 6)])
  const reader = new FrameReader(undefined, SIZE_MAX, () => false)
  expect(reader.push(stream)).toBe(10)
  expect(reader.push(stream.subarray(10))).toBe(10)
})

test('the claim of a huge frame costs no more memory than what arrives', () => {
  const [reader, frames] = readerWith()
  const start = Buffer.alloc(100)
  start.writeInt32BE(90_000_000, 0)
  const before = process.memoryUsage().arrayBuffers
  reader.push(start)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000)
  expect([reader.pendingBytes, frames.length]).toEqual([96, 0])
})

test('a frame larger than its first buffer arrives as it was sent', () => {
  const [reader, frames] = readerWith(new FramePool(1 << 24))
  const sent = frameOf(PRODUCE, 3_000_000)
  for (let at = 4; at + 4 <= sent.length; at += 4) sent.writeInt32BE(at, at)
  sent.writeInt16BE(PRODUCE, 4)
  for (let at = 0; at < sent.length; at += 65_536) reader.push(sent.subarray(at, at + 65_536))
  expect(frames[0]?.bytes.equals(sent.subarray(4))).toBe(true)
})

test('only the frames of produce requests come from the pool', () => {
  const [reader, frames] = readerWith(new FramePool(1 << 20))
  reader.push(frameOf(PRODUCE, 20_000))
  reader.push(frameOf(FETCH, 20_000))
  reader.push(frameOf(PRODUCE, 100))
  const late = frameOf(PRODUCE, 20_000)
  reader.push(late.subarray(0, 5))
  reader.push(late.subarray(5))
  expect(frames.map(({ pooled }) => pooled)).toEqual([true, false, false, false])
})

test('a half-read frame goes back to the pool', () => {
  const pool = new FramePool(1 << 20)
  const [reader] = readerWith(pool)
  reader.push(frameOf(PRODUCE, 20_000).subarray(0, 5000))
  expect(pool.idleBytes).toBe(0)
  reader.discard()
  expect(pool.idleBytes).toBeGreaterThanOrEqual(20_000)
})
