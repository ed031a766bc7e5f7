import { expect, test } from 'vitest'
import { defaultLogConfig, type LogConfig } from '../log/log-config.ts'
import { assessCleaning, type CleanableFacts, isDue } from './cleanable.ts'
import { groupSegments } from './segment-groups.ts'

const NOW_MS = 1_000_000
const compact = (config: Partial<LogConfig> = {}): LogConfig => ({ ...defaultLogConfig, ...config })

/** Segments of ten offsets and 100 bytes each, 1000 ms apart; the last one is active. */
function facts(count: number, options: Partial<CleanableFacts> = {}): CleanableFacts {
  const segments = Array.from({ length: count }, (_, index) => ({
    baseOffset: index * 10,
    sizeBytes: 100,
    firstTimestampMs: NOW_MS - (count - index) * 1000,
    largestTimestampMs: NOW_MS - (count - index) * 1000 + 500,
  }))
  const logEndOffset = count * 10
  return {
    logStartOffset: 0,
    logEndOffset,
    lastStableOffset: logEndOffset,
    cleanerOffset: 0,
    segments,
    ...options,
  }
}

test('everything but the active segment is cleanable', () => {
  expect(assessCleaning(facts(5), compact(), NOW_MS)).toEqual({
    firstDirtyOffset: 0,
    firstUncleanableOffset: 40,
    cleanableBytes: 400,
    dirtyRatio: 1,
    isOverdue: false,
  })
})

test('what was cleaned before is clean, and the ratio must be exceeded', () => {
  const half = assessCleaning(facts(5, { cleanerOffset: 20 }), compact(), NOW_MS)
  expect(half).toMatchObject({ firstDirtyOffset: 20, cleanableBytes: 200, dirtyRatio: 0.5 })
  expect(isDue(half, compact({ minCleanableDirtyRatio: 0.5 }))).toBe(false)
  expect(isDue(half, compact({ minCleanableDirtyRatio: 0.49 }))).toBe(true)
})

test('an open transaction and records that are not committed hold cleaning back', () => {
  expect(assessCleaning(facts(5, { lastStableOffset: 25 }), compact(), NOW_MS)).toMatchObject({
    firstUncleanableOffset: 20,
    cleanableBytes: 200,
  })
})

test('min.compaction.lag.ms keeps young segments as they are', () => {
  const config = compact({ minCompactionLagMs: 3000 })
  expect(assessCleaning(facts(5), config, NOW_MS)).toMatchObject({ firstUncleanableOffset: 20 })
})

test('max.compaction.lag.ms makes a log due however clean it is', () => {
  const config = compact({ maxCompactionLagMs: 2500, minCleanableDirtyRatio: 1 })
  const late = assessCleaning(facts(6, { cleanerOffset: 30 }), config, NOW_MS)
  expect(late.isOverdue).toBe(true)
  expect(isDue(late, config)).toBe(true)
  const clean = assessCleaning(facts(6, { cleanerOffset: 50 }), config, NOW_MS)
  expect(isDue(clean, config)).toBe(false)
})

test('a checkpoint outside of the log does not count', () => {
  expect(assessCleaning(facts(5, { cleanerOffset: 99 }), compact(), NOW_MS).firstDirtyOffset).toBe(0)
  expect(assessCleaning(facts(5, { logStartOffset: 7 }), compact(), NOW_MS).firstDirtyOffset).toBe(7)
})

test('neighbouring segments are cleaned into one while they fit by size, index and offsets', () => {
  const segment = (baseOffset: number, sizeBytes: number, indexBytes = 8) => ({
    baseOffset,
    sizeBytes,
    indexBytes,
  })
  const limits = { segmentBytes: 100, segmentIndexBytes: 100, endOffset: 2 ** 33 }
  const bases = (...args: Parameters<typeof groupSegments>) =>
    groupSegments(...args).map((group) => group.map(({ baseOffset }) => baseOffset))
  expect(bases([segment(0, 40), segment(10, 60), segment(20, 1)], { ...limits, endOffset: 30 })).toEqual([
    [0, 10],
    [20],
  ])
  expect(bases([segment(0, 1, 60), segment(10, 1, 60)], { ...limits, endOffset: 30 })).toEqual([[0], [10]])
  expect(bases([segment(0, 1), segment(2 ** 31, 1)], limits)).toEqual([[0], [2 ** 31]])
  expect(bases([segment(0, 1), segment(2 ** 31 - 9, 0)], limits)).toEqual([[0, 2 ** 31 - 9]])
})
