import { beforeEach, expect, test } from 'vitest'
import { ColdReads } from './cold-reads.ts'

const MEBIBYTE = 1 << 20
const NOW_MS = 10_000

let reads: ColdReads

beforeEach(() => {
  reads = new ColdReads()
})

test('the first read of a file is brought in, and those after it only if the disk was needed', () => {
  expect(reads.areLikely(0, NOW_MS)).toBe(true)
  reads.metPageCache(100, NOW_MS)
  expect(reads.areLikely(0, NOW_MS)).toBe(false)
  reads.metDisk()
  for (let quick = 0; quick < 15; quick++) reads.metPageCache(MEBIBYTE, NOW_MS)
  expect(reads.areLikely(0, NOW_MS)).toBe(true)
  reads.metPageCache(MEBIBYTE, NOW_MS)
  expect(reads.areLikely(0, NOW_MS)).toBe(false)
})

test('after a while it is looked again whether the page cache still has the file', () => {
  reads.metPageCache(100, NOW_MS)
  expect(reads.areLikely(0, NOW_MS + 2_000)).toBe(false)
  expect(reads.areLikely(0, NOW_MS + 2_001)).toBe(true)
  reads.metPageCache(100, NOW_MS + 2_001)
  expect(reads.areLikely(0, NOW_MS + 4_000)).toBe(false)
})

test('what was written last is read at once, though those far behind in the same file meet the disk', () => {
  reads.wrote(100 * MEBIBYTE)
  expect(reads.areLikely(50 * MEBIBYTE, NOW_MS)).toBe(true)
  expect(reads.areLikely(99 * MEBIBYTE, NOW_MS)).toBe(false)
  reads.metDisk()
  expect(reads.areLikely(99 * MEBIBYTE, NOW_MS)).toBe(false)
  reads.wrote(110 * MEBIBYTE)
  expect(reads.areLikely(99 * MEBIBYTE, NOW_MS)).toBe(true)
})
