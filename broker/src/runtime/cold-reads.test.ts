import { expect, test } from 'vitest'
import { ColdReads } from './cold-reads.ts'

const MEBIBYTE = 1 << 20

test('the first read of a file that others wrote is brought in, and those after it only if the disk was needed', () => {
  const reads = new ColdReads(false)
  expect(reads.areLikely(0)).toBe(true)
  reads.metPageCache(100)
  expect(reads.areLikely(0)).toBe(false)
  reads.metDisk()
  expect(reads.areLikely(0)).toBe(true)
})

test('what this process wrote is read at once until a read meets the disk', () => {
  const reads = new ColdReads(true)
  expect(reads.areLikely(0)).toBe(false)
  reads.metDisk()
  for (let quick = 0; quick < 15; quick++) reads.metPageCache(MEBIBYTE)
  expect(reads.areLikely(0)).toBe(true)
  reads.metPageCache(MEBIBYTE)
  expect(reads.areLikely(0)).toBe(false)
})

test('what was written last is read at once, though those far behind in the same file meet the disk', () => {
  const reads = new ColdReads(true)
  reads.wrote(100 * MEBIBYTE)
  reads.metDisk()
  expect(reads.areLikely(50 * MEBIBYTE)).toBe(true)
  expect(reads.areLikely(99 * MEBIBYTE)).toBe(false)
  reads.wrote(110 * MEBIBYTE)
  expect(reads.areLikely(99 * MEBIBYTE)).toBe(true)
})
