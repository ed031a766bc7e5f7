import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FramePool, POOLED_FRAME_BYTES_MAX, POOLED_FRAME_BYTES_MIN } from './frame-pool.ts'

test('a buffer that was given back is used again', () => {
  const pool = new FramePool(1 << 20)
  const first = pool.acquire(40_000)
  pool.release(first)
  const second = pool.acquire(39_000)
  expect(second.buffer).toBe(first.buffer)
  expect([second.length, pool.idleBytes]).toEqual([39_000, 0])
})

test('a buffer that is used again may be longer than before', () => {
  const pool = new FramePool(1 << 20)
  pool.release(pool.acquire(62_000))
  const longer = pool.acquire(65_000)
  expect([longer.length, pool.idleBytes]).toEqual([65_000, 0])
})

test('two buffers that are out at the same time never share memory', () => {
  const pool = new FramePool(1 << 20)
  const out = [40_000, 40_000, 5000, 5000, 100, 100].map((sizeBytes) => pool.acquire(sizeBytes))
  for (const [index, buffer] of out.entries()) buffer.fill(index)
  for (const [index, buffer] of out.entries()) expect(buffer.every((byte) => byte === index)).toBe(true)
})

test('what lies idle is bounded', () => {
  const pool = new FramePool(200_000)
  const out = Array.from({ length: 10 }, () => pool.acquire(65_536))
  for (const buffer of out) pool.release(buffer)
  expect(pool.idleBytes).toBeGreaterThan(0)
  expect(pool.idleBytes).toBeLessThanOrEqual(200_000)
})

test('neither small nor very large buffers are kept', () => {
  const pool = new FramePool(1 << 30)
  pool.release(pool.acquire(100))
  pool.release(pool.acquire(5 * 1024 * 1024))
  expect(pool.idleBytes).toBe(0)
})

test('sizes that are not asked for any more make room', () => {
  const pool = new FramePool(1 << 20)
  const old = Array.from({ length: 8 }, () => pool.acquire(1 << 17))
  for (const buffer of old) pool.release(buffer)
  const first = pool.acquire(1 << 19)
  pool.release(first)
  expect(pool.acquire(1 << 19).buffer).toBe(first.buffer)
  expect(pool.idleBytes).toBe(1 << 19)
})

test('a size that others have replaced does not push them out again', () => {
  const pool = new FramePool(1 << 20)
  const old = pool.acquire(1 << 17)
  const kept = Array.from({ length: 2 }, () => pool.acquire(1 << 19))
  for (const buffer of kept) pool.release(buffer)
  pool.release(old)
  expect(kept.map(({ buffer }) => buffer)).toContain(pool.acquire(1 << 19).buffer)
  expect(kept.map(({ buffer }) => buffer)).toContain(pool.acquire(1 << 19).buffer)
})

test('a larger buffer does, if it is not twice as large', () => {
  const pool = new FramePool(1 << 20)
  const larger = pool.acquire(1 << 18)
  pool.release(larger)
  expect(pool.acquire(5000).buffer).not.toBe(larger.buffer)
  expect(pool.acquire(140_000).buffer).toBe(larger.buffer)
})

test('a new buffer is at most an eighth larger than what is asked for', () => {
  fc.assert(
    fc.property(fc.integer({ min: POOLED_FRAME_BYTES_MIN, max: POOLED_FRAME_BYTES_MAX }), (sizeBytes) => {
      const buffer = new FramePool(1 << 20).acquire(sizeBytes)
      expect(buffer.length).toBe(sizeBytes)
      expect(buffer.buffer.byteLength).toBeLessThanOrEqual((sizeBytes * 9) / 8)
    }),
  )
})
