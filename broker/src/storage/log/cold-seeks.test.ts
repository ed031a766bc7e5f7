/** Reads of segments that only the disk has: all of it is brought in before the event loop reads it. */
import { beforeEach, describe, expect, test } from 'vitest'
import { ErrorCode } from '../../wire/index.ts'
import { offsetFilePath } from '../names.ts'
import { decodeBatches, errorCodeOf, FOLDER, START_MS, TestLog } from '../testing/harness.ts'
import { TestPageCache } from '../testing/page-cache.ts'

const BATCHES = 4000
const allocate = (sizeBytes: number) => Buffer.alloc(sizeBytes)
let world: TestLog
let cache: TestPageCache

/** Segments with some thousand entries in their indexes, of which this process has opened none. */
beforeEach(async () => {
  world = new TestLog({ segmentBytes: 120_000, indexIntervalBytes: 0 })
  for (let i = 0; i < BATCHES; i++) {
    world.clock.nowMs = START_MS + i
    world.append({ value: `v${i}` })
  }
  expect(world.log.segmentCount).toBeGreaterThan(2)
  await world.log.close()
  world.reopen('clean', { highWatermark: BATCHES })
  cache = new TestPageCache(world.disk)
})

/** A read that waits when it is told to; what it waited for. */
function seek(offset: number): { records: Buffer; broughtIn: Promise<void> | undefined } {
  let broughtIn: Promise<void> | undefined
  const whenCold = (promise: Promise<void>) => {
    broughtIn = promise
  }
  const limits = { maxBytes: 10_000, upTo: Infinity, minOneBatch: true }
  const records = world.log.read(offset, { ...limits, whenCold }, allocate)
  if (broughtIn === undefined) return { records, broughtIn }
  expect(records).toHaveLength(0)
  return {
    broughtIn: broughtIn.then(() => undefined),
    get records() {
      return world.log.read(offset, limits, allocate)
    },
  }
}

describe('a read at another place of a log', () => {
  test('waits once, for the indexes, the headers and the records', async () => {
    for (let offset = 7; offset < BATCHES; offset += 97) {
      cache.forget()
      const sought = seek(offset)
      await sought.broughtIn
      expect(decodeBatches(sought.records)[0]?.offset).toBe(offset)
      expect(cache.waits).toEqual([])
    }
    expect(cache.bringIns).toBeGreaterThan(0)
  })

  test('does not wait for what the page cache has', async () => {
    await seek(1000).broughtIn
    const { bringIns } = cache
    const { records, broughtIn } = seek(1010)
    expect(broughtIn).toBeUndefined()
    expect(decodeBatches(records)[0]?.offset).toBe(1010)
    expect(cache.bringIns).toBe(bringIns)
  })

  test('does not wait for what lies around it', async () => {
    await seek(1000).broughtIn
    cache.keepOnlyRead(() => seek(1000))
    const { bringIns } = cache
    expect(seek(1000).broughtIn).toBeUndefined()
    expect(cache.bringIns).toBe(bringIns)
  })

  test('goes on with a log that changed meanwhile', async () => {
    const cut = seek(3900)
    world.log.truncateFullyAndStartAt(3950)
    await cut.broughtIn
    expect(errorCodeOf(() => cut.records)).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
    expect(world.offline).toEqual([])
  })

  test('ends with a log that is deleted meanwhile', async () => {
    const sought = seek(1000)
    world.log.abandon()
    await sought.broughtIn
    expect(errorCodeOf(() => sought.records)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    expect(world.context.pool.openCount).toBe(0)
  })

  test('tells of a disk that fails', async () => {
    const sought = seek(1000)
    world.disk.fail({ operations: ['read'], code: 'EIO' })
    await sought.broughtIn
    expect(errorCodeOf(() => sought.records)).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    expect(world.offline).toHaveLength(1)
  })
})

test('retention looks into no segment but the oldest while that one stays', () => {
  expect(world.log.applyRetention(world.clock.nowMs)).toBe(0)
  expect(cache.waits.length).toBeGreaterThan(0)
  expect(cache.waits.filter((page) => !page.startsWith(offsetFilePath(FOLDER, 0, '.')))).toEqual([])
})

describe('a search by timestamp', () => {
  test('waits for all that it reads', async () => {
    for (let offset = 7; offset < BATCHES; offset += 397) {
      cache.forget()
      expect((await world.log.offsetForTimestamp(START_MS + offset))?.offset).toBe(offset)
    }
    cache.forget()
    expect((await world.log.maxTimestampOffset())?.offset).toBe(BATCHES - 1)
    expect(cache.waits).toEqual([])
    expect(cache.bringIns).toBeGreaterThan(0)
  })

  test('of a log that nobody has looked into begins with the indexes of all its segments', async () => {
    expect((await world.log.maxTimestampOffset())?.offset).toBe(BATCHES - 1)
    expect(cache.waits).toEqual([])
  })

  test('reads what is trusted to be there at once, whatever that takes', async () => {
    cache.isDoubted = false
    expect((await world.log.maxTimestampOffset())?.offset).toBe(BATCHES - 1)
    expect(cache.waits.length).toBeGreaterThan(0)
  })
})
