import { expect, test } from 'vitest'
import { FramePool } from './frame-pool.ts'

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
  pool.release(pool.acquire(33_000))
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
