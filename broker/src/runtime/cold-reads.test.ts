import { expect, test } from 'vitest'
import { ColdReads } from './cold-reads.ts'

const MEBIBYTE = 1 << 20

test('the first read of a file that others wrote is brought in, and those after it only if the disk was needed', () => {
  const reads = new ColdReads(false)
  expect(reads.areLikely).toBe(true)
  reads.metPageCache(100)
  expect(reads.areLikely).toBe(false)
  reads.metDisk()
  expect(reads.areLikely).toBe(true)
})

test('what this process wrote is read at once until a read meets the disk', () => {
  const reads = new ColdReads(true)
  expect(reads.areLikely).toBe(false)
  reads.metDisk()
  for (let quick = 0; quick < 15; quick++) reads.metPageCache(MEBIBYTE)
  expect(reads.areLikely).toBe(true)
  reads.metPageCache(MEBIBYTE)
  expect(reads.areLikely).toBe(false)
})
