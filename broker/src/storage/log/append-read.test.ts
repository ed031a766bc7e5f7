import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../wire/index.ts'
import { sizeOf } from '../batches/batch.ts'
import { batch, errorCodeOf, readAll, records, START_MS, TestLog } from '../testing/harness.ts'

const ALL = { maxBytes: 1 << 20, upTo: Infinity, minOneBatch: true }
const allocate = (sizeBytes: number) => Buffer.alloc(sizeBytes)

describe('appending and reading', () => {
  test('a new log is empty', () => {
    const { log } = new TestLog()
    expect([log.logStartOffset, log.logEndOffset, log.highWatermark, log.sizeBytes]).toEqual([0, 0, 0, 0])
    expect(log.read(0, ALL, allocate)).toHaveLength(0)
    expect(errorCodeOf(() => log.read(1, ALL, allocate))).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
    expect(errorCodeOf(() => log.read(-1, ALL, allocate))).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
  })

  test('staged batches have offsets but cannot be read before the commit', () => {
    const world = new TestLog()
    expect(world.stage(batch({ records: records(3) }))).toMatchObject({ baseOffset: 0, lastOffset: 2 })
    expect(world.stage(batch({ value: 'x' }))).toMatchObject({ baseOffset: 3, lastOffset: 3 })
    expect(world.log.logEndOffset).toBe(0)
    expect(world.log.read(0, ALL, allocate)).toHaveLength(0)
    world.log.commit()
    expect(world.log.logEndOffset).toBe(4)
    expect(world.values()).toEqual(['v0', 'v1', 'v2', 'x'])
  })

  test('all that is staged goes to the disk in one write', () => {
    const world = new TestLog()
    world.append()
    for (let i = 0; i < 100; i++) world.stage(batch())
    world.disk.stopAfter(1)
    world.log.commit()
    expect(world.log.logEndOffset).toBe(101)
  })

  test('a read begins with the batch that contains the offset and ends on a batch boundary', () => {
    const world = new TestLog()
    for (let i = 0; i < 5; i++) world.append({ records: records(10) })
    const one = world.log.sizeBytes / 5
    const bytes = world.log.read(15, { ...ALL, maxBytes: one * 2 + 10 }, allocate)
    expect(bytes).toHaveLength(one * 2)
    expect(readAll(world.log, 15)[0]?.offset).toBe(15)
  })

  test('upTo is exclusive and never crossed', () => {
    const world = new TestLog()
    for (let i = 0; i < 4; i++) world.append()
    const one = world.log.sizeBytes / 4
    expect(world.log.read(1, { ...ALL, upTo: 3 }, allocate)).toHaveLength(one * 2)
    expect(world.log.read(3, { ...ALL, upTo: 3 }, allocate)).toHaveLength(0)
  })

  test('a first batch above maxBytes is given only with minOneBatch', () => {
    const world = new TestLog()
    world.append({ value: 'x'.repeat(500) })
    for (const maxBytes of [0, 60, 61, 100]) {
      expect(world.log.read(0, { ...ALL, maxBytes }, allocate)).toHaveLength(world.log.sizeBytes)
      expect(world.log.read(0, { ...ALL, maxBytes, minOneBatch: false }, allocate)).toHaveLength(0)
    }
  })

  test('a sequential reader costs one read call of the disk per fetch', () => {
    const world = new TestLog({ indexIntervalBytes: 200 })
    for (let i = 0; i < 200; i++) world.append({ value: 'x'.repeat(100) })
    const limits = { ...ALL, maxBytes: 1000 }
    let offset = 0
    const reads: number[] = []
    const original = world.context.pool.use.bind(world.context.pool)
    let count = 0
    world.context.pool.use = (file, mode) => {
      count++
      return original(file, mode)
    }
    while (offset < 200) {
      count = 0
      const bytes = world.log.read(offset, limits, allocate)
      offset += Math.floor(bytes.length / sizeOf(bytes, 0))
      reads.push(count)
    }
    expect(new Set(reads)).toEqual(new Set([1]))
  })

  test('many segments read as one log', () => {
    const world = new TestLog({ segmentBytes: 300 })
    for (let i = 0; i < 50; i++) world.append({ value: `value-${i}` })
    expect(world.log.segmentCount).toBeGreaterThan(10)
    expect(world.values()).toEqual(Array.from({ length: 50 }, (_, i) => `value-${i}`))
    for (let offset = 0; offset < 50; offset++) expect(world.values(offset)[0]).toBe(`value-${offset}`)
  })

  test('every offset is found through the index, in the middle of large and small batches', () => {
    const world = new TestLog({ indexIntervalBytes: 500 })
    for (let i = 0; i < 100; i++) world.append({ records: records(1 + (i % 7)) })
    for (let offset = world.log.logEndOffset - 1; offset >= 0; offset--) {
      expect(readAll(world.log, offset)[0]?.offset).toBe(offset)
    }
  })
})

describe('rolling', () => {
  test('by size: no segment is longer than segment.bytes', () => {
    const world = new TestLog({ segmentBytes: 500 })
    for (let i = 0; i < 20; i++) world.append({ value: 'x'.repeat(i * 10) })
    const sizes = world.disk.list('/data/orders-0').filter((name) => name.endsWith('.log'))
    expect(sizes.length).toBe(world.log.segmentCount)
    for (const name of sizes)
      expect(world.disk.stat(`/data/orders-0/${name}`).sizeBytes).toBeLessThanOrEqual(500)
  })

  test('staged batches count for the size, and a roll commits them', () => {
    const world = new TestLog({ segmentBytes: 300 })
    for (let i = 0; i < 10; i++) world.stage(batch())
    world.log.commit()
    expect(world.log.segmentCount).toBeGreaterThan(2)
    expect(world.values()).toHaveLength(10)
  })

  test('by the time between the first record and the next', () => {
    const world = new TestLog({ segmentMs: 1000, timestampAfterMaxMs: Infinity })
    world.append({ records: [{ timestamp: START_MS }] })
    world.append({ records: [{ timestamp: START_MS + 1000 }] })
    expect(world.log.segmentCount).toBe(1)
    world.append({ records: [{ timestamp: START_MS + 1001 }] })
    expect(world.log.segmentCount).toBe(2)
  })

  test('by the wall clock where records have no timestamp', () => {
    const world = new TestLog({ segmentMs: 1000 })
    world.append({ records: [{ timestamp: -1 }] })
    world.clock.nowMs += 1001
    world.append({ records: [{ timestamp: -1 }] })
    expect(world.log.segmentCount).toBe(2)
  })

  test('when an index is full', () => {
    const world = new TestLog({ segmentIndexBytes: 5 * 12, indexIntervalBytes: 0 })
    for (let i = 0; i < 20; i++) world.append({ records: [{ timestamp: START_MS + i }] })
    expect(world.log.segmentCount).toBe(4)
    expect(world.values()).toHaveLength(20)
  })

  test('a compacted topic also rolls for max.compaction.lag.ms', () => {
    const compact = { cleanupPolicy: { compact: true, delete: false }, maxCompactionLagMs: 1000 }
    const world = new TestLog(compact)
    const at = (timestamp: number) => world.append({ records: [{ timestamp, key: Buffer.of(1) }] })
    at(START_MS)
    at(START_MS + 1000)
    expect(world.log.segmentCount).toBe(1)
    at(START_MS + 1001)
    expect(world.log.segmentCount).toBe(2)
  })
})
