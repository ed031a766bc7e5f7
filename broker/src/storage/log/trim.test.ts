import { describe, expect, test } from 'vitest'
import { ErrorCode, encodeBatch, recomputeCrc, setMaxTimestamp } from '../../wire/index.ts'
import { compressed } from '../testing/cleaning.ts'
import { batch, errorCodeOf, FOLDER, records, START_MS, TestLog, truncate } from '../testing/harness.ts'

function filled(config = {}, count = 20): TestLog {
  const world = new TestLog({ segmentBytes: 300, ...config })
  for (let i = 0; i < count; i++) {
    world.clock.nowMs = START_MS + i
    world.append({ value: `v${i}` })
  }
  return world
}

const values = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `v${from + i}`)

describe('retention', () => {
  test('by time: whole segments whose newest record is too old, the active one included', () => {
    const world = filled({ retentionMs: 1000 })
    expect(world.log.applyRetention(START_MS + 1000)).toBe(0)
    expect(world.log.applyRetention(START_MS + 1010)).toBeGreaterThan(0)
    const start = world.log.logStartOffset
    expect(start).toBeGreaterThan(3)
    expect(start).toBeLessThanOrEqual(10)
    expect(world.values()).toEqual(values(start, 20))
    world.log.applyRetention(START_MS + 5000)
    expect([world.log.logStartOffset, world.log.logEndOffset, world.log.sizeBytes]).toEqual([20, 20, 0])
    expect(world.append({ value: 'next' })).toBe(20)
  })

  test('by size: the oldest go while the rest is still large enough', () => {
    const world = filled({ retentionBytes: 700, retentionMs: -1 })
    world.log.applyRetention(START_MS)
    expect(world.log.sizeBytes).toBeGreaterThanOrEqual(700)
    expect(world.log.sizeBytes).toBeLessThan(700 + 300)
    expect(world.values().at(-1)).toBe('v19')
  })

  test('never beyond the high watermark, and not at all without the policy', () => {
    const keep = filled({ retentionMs: 0, cleanupPolicy: { delete: false, compact: false } })
    expect(keep.log.applyRetention(START_MS + 1e9)).toBe(0)
    const behind = filled({ retentionMs: 0 }, 4)
    for (let i = 0; i < 16; i++) behind.stage(batch())
    behind.log.commit()
    behind.log.applyRetention(START_MS + 1e9)
    expect(behind.log.logStartOffset).toBeLessThanOrEqual(behind.log.highWatermark)
    expect(behind.log.logStartOffset).toBeGreaterThan(0)
  })

  test('records without timestamps count by the age of their file', () => {
    const world = new TestLog({ segmentBytes: 200, retentionMs: 1000 })
    world.disk.nowMs = START_MS
    for (let i = 0; i < 6; i++) world.append({ records: [{ timestamp: -1 }] })
    expect(world.log.applyRetention(START_MS + 1000)).toBe(0)
    expect(world.log.applyRetention(START_MS + 1001)).toBeGreaterThan(0)
  })

  test('files are renamed at once and removed after file.delete.delay.ms', async () => {
    const world = filled({ retentionBytes: 0, retentionMs: -1, fileDeleteDelayMs: 500 })
    const { nowMs } = world.clock
    world.log.applyRetention(nowMs)
    const deleted = () => world.disk.list(FOLDER).filter((name) => name.endsWith('.deleted')).length
    const before = deleted()
    expect(before).toBeGreaterThan(3)
    world.context.deletions.run(nowMs + 499)
    expect(deleted()).toBe(before)
    world.context.deletions.run(nowMs + 500)
    await new Promise(setImmediate)
    expect(deleted()).toBe(0)
  })
})

describe('DeleteRecords', () => {
  test('moves the start, at most to the high watermark; retention removes the files later', () => {
    const world = filled({ retentionMs: -1 })
    expect(world.log.deleteRecordsBefore(7)).toBe(7)
    expect(world.values()).toEqual(values(7, 20))
    expect(errorCodeOf(() => world.values(6))).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
    expect(world.log.deleteRecordsBefore(3)).toBe(7)
    expect(errorCodeOf(() => world.log.deleteRecordsBefore(21))).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
    expect(errorCodeOf(() => world.log.deleteRecordsBefore(-2))).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
    const before = world.log.segmentCount
    world.log.applyRetention(START_MS)
    expect(world.log.segmentCount).toBeLessThan(before)
    expect(world.values()).toEqual(values(7, 20))
    expect(world.log.deleteRecordsBefore(-1)).toBe(20)
    expect(world.values()).toEqual([])
  })

  test('is refused on a compacted topic', () => {
    const world = new TestLog({ cleanupPolicy: { compact: true, delete: false } })
    expect(errorCodeOf(() => world.log.deleteRecordsBefore(0))).toBe(ErrorCode.POLICY_VIOLATION)
  })
})

describe('truncation', () => {
  test('to any offset leaves exactly the batches before it', async () => {
    for (let offset = 0; offset <= 20; offset++) {
      const world = filled({ indexIntervalBytes: 50 })
      truncate(world.log, offset)
      expect([world.log.logEndOffset, world.log.highWatermark]).toEqual([offset, offset])
      expect(world.values()).toEqual(values(0, offset))
      world.append({ value: 'next' })
      expect(world.values()).toEqual([...values(0, offset), 'next'])
      await world.log.close()
      expect(world.reopen('clean').logEndOffset).toBe(offset + 1)
      expect(world.values()).toEqual([...values(0, offset), 'next'])
    }
  })

  test('inside of a batch takes the whole batch', () => {
    const world = new TestLog()
    world.append({ records: records(10) })
    world.append({ records: records(10) })
    truncate(world.log, 15)
    expect(world.log.logEndOffset).toBe(10)
  })

  test('takes back epochs, timestamps and the recovery point', async () => {
    const world = new TestLog()
    for (let i = 0; i < 10; i++) world.append({ records: records(1, START_MS + i) }, Math.floor(i / 3))
    await world.log.flush()
    truncate(world.log, 5)
    expect([world.log.latestLeaderEpoch, world.log.recoveryPoint]).toEqual([1, 5])
    expect(await world.log.maxTimestampOffset()).toEqual({
      offset: 4,
      timestampMs: START_MS + 4,
      leaderEpoch: 1,
    })
    expect(world.context.changes.isUrgent).toBe(true)
  })

  test('fully, to start at another offset', async () => {
    const world = filled()
    world.append({ producerId: 1, producerEpoch: 0, baseSequence: 0 }, 3)
    world.log.truncateFullyAndStartAt(100)
    expect([world.log.logStartOffset, world.log.logEndOffset, world.log.latestLeaderEpoch]).toEqual([
      100, 100, -1,
    ])
    expect(world.log.activeProducers()).toEqual([])
    expect(world.append({ value: 'x' }, 4)).toBe(100)
    await world.log.close()
    expect(world.reopen('clean', { logStartOffset: 100 }).logEndOffset).toBe(101)
  })
})

describe('timestamps', () => {
  test('the first record that is new enough, wherever it lies', async () => {
    const world = new TestLog({ segmentBytes: 500, indexIntervalBytes: 100 })
    const timestamps = Array.from({ length: 60 }, (_, i) => START_MS + ((i * 17) % 40))
    for (let i = 0; i < 60; i += 2) {
      world.append({ records: [{ timestamp: timestamps[i]! }, { timestamp: timestamps[i + 1]! }] })
    }
    for (const shutdown of ['now', 'killed', 'unknown'] as const) {
      if (shutdown !== 'now') {
        world.disk.kill()
        world.reopen(shutdown)
      }
      for (let target = START_MS - 1; target <= START_MS + 41; target++) {
        const offset = timestamps.findIndex((timestamp) => timestamp >= target)
        expect((await world.log.offsetForTimestamp(target))?.offset ?? -1).toBe(offset)
      }
      const largest = Math.max(...timestamps)
      expect((await world.log.maxTimestampOffset())?.offset).toBe(timestamps.indexOf(largest))
    }
    world.log.highWatermark = 60
    world.log.deleteRecordsBefore(31)
    expect((await world.log.offsetForTimestamp(0))?.offset).toBe(31)
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'inside of a batch compressed with %s',
    async (codec) => {
      const world = new TestLog()
      const plain = encodeBatch({ records: [5, 9, 7, 9].map((ms) => ({ timestamp: START_MS + ms })) })
      world.stage(await compressed(plain, codec))
      world.log.commit()
      expect(await world.log.offsetForTimestamp(START_MS + 6)).toEqual({
        offset: 1,
        timestampMs: START_MS + 9,
        leaderEpoch: 0,
      })
      expect((await world.log.offsetForTimestamp(START_MS))?.offset).toBe(0)
      expect((await world.log.maxTimestampOffset())?.offset).toBe(1)
      expect(await world.log.offsetForTimestamp(START_MS + 10)).toBeUndefined()
    },
  )

  test('a header that says more than the records do is corrected', async () => {
    const world = new TestLog()
    const bytes = encodeBatch({ records: [{ timestamp: START_MS }] })
    setMaxTimestamp(bytes, 0, START_MS + 1000)
    recomputeCrc(bytes, 0)
    world.stage(bytes)
    world.log.commit()
    expect(await world.log.maxTimestampOffset()).toMatchObject({ offset: 0, timestampMs: START_MS })
  })

  test('of a log without any', async () => {
    const world = new TestLog()
    expect(await world.log.maxTimestampOffset()).toBeUndefined()
    world.append({ records: [{ timestamp: -1 }] })
    expect(await world.log.maxTimestampOffset()).toBeUndefined()
    expect(await world.log.offsetForTimestamp(0)).toBeUndefined()
  })
})

describe('the high watermark', () => {
  test('never goes back and never beyond the end', () => {
    const world = filled({}, 5)
    world.log.highWatermark = 3
    expect(world.log.highWatermark).toBe(5)
    world.log.highWatermark = 99
    expect(world.log.highWatermark).toBe(5)
    truncate(world.log, 2)
    expect(world.log.highWatermark).toBe(2)
  })

  test('is restored from the checkpoint, within the log', async () => {
    const world = filled({}, 5)
    await world.log.close()
    expect(world.reopen('clean', { highWatermark: 3 }).highWatermark).toBe(3)
    await world.log.close()
    expect(world.reopen('clean', { highWatermark: 30 }).highWatermark).toBe(5)
  })
})
