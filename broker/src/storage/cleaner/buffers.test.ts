import { expect, test } from 'vitest'
import { CleanerBuffers } from './buffers.ts'

test('buffers that are large enough are taken again', () => {
  const buffers = new CleanerBuffers()
  const first = buffers.take(1000, 0)
  expect([first.readBuffer.length, first.writeBuffer.length]).toEqual([1000, 1000])
  const smaller = buffers.take(10, 1)
  expect(smaller.readBuffer).toBe(first.readBuffer)
  expect(smaller.writeBuffer).toBe(first.writeBuffer)
  expect(buffers.take(2000, 2).readBuffer.length).toBe(2000)
})

test('buffers are given back when nobody took them for a minute', () => {
  const buffers = new CleanerBuffers()
  const { readBuffer } = buffers.take(1000, 0)
  buffers.releaseIfIdle(59_999)
  expect(buffers.take(1000, 50_000).readBuffer).toBe(readBuffer)
  buffers.releaseIfIdle(110_000)
  expect(buffers.take(1000, 110_001).readBuffer).not.toBe(readBuffer)
})
