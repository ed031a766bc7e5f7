import { expect, test } from 'vitest'
import { encodeBatch } from '../../wire/index.ts'
import { defaultLogConfig, type LogConfig } from '../log/log-config.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { LogManager } from '../log-dir/log-manager.ts'
import { at, START_MS, TOPIC_ID } from '../testing/harness.ts'
import { World } from '../testing/log-dir-world.ts'
import { defaultCleanerSettings } from './settings.ts'

const COMPACT: LogConfig = {
  ...defaultLogConfig,
  cleanupPolicy: { compact: true, delete: false },
  segmentBytes: 200,
  minCleanableDirtyRatio: 0.5,
}
const CHECKPOINT = '/data/cleaner-offset-checkpoint'

function write(log: PartitionLog, count: number, valueBytes = 50): void {
  for (let i = 0; i < count; i++) {
    const records = [{ timestamp: START_MS, key: Buffer.from('k'), value: Buffer.alloc(valueBytes, i) }]
    log.stage(encodeBatch({ records }), { leaderEpoch: 0, nowMs: START_MS, origin: 'client' })
    log.commit()
  }
  log.highWatermark = log.logEndOffset
}

/** Lets time pass in steps, as the broker does; returns how many slices of cleaning there were. */
async function pass(world: World, logs: LogManager, ms: number): Promise<number> {
  let slices = 0
  for (const untilMs = world.clock.nowMs + ms; world.clock.nowMs < untilMs; ) {
    logs.tick(at(world.clock.nowMs))
    const hasMore = logs.clean(at(world.clock.nowMs))
    await new Promise((resolve) => setImmediate(resolve))
    world.clock.nowMs += hasMore ? 10 : 1000
    if (hasMore) slices++
  }
  return slices
}

test('the dirtiest log is cleaned first, then the next, and a clean one is left alone', async () => {
  const world = new World()
  const logs = await world.open()
  const little = logs.create('little', 0, TOPIC_ID, COMPACT)
  const much = logs.create('much', 0, TOPIC_ID, COMPACT)
  const other = logs.create('other', 0, TOPIC_ID, {
    ...COMPACT,
    cleanupPolicy: { compact: false, delete: true },
  })
  for (const log of [little, much, other]) write(log, 20)
  await pass(world, logs, 14_000)
  expect([little.cleanerOffset, much.cleanerOffset]).toEqual([0, 0])
  await pass(world, logs, 5_000)
  // Of a segment's only batch the header stays, half of it here.
  for (const log of [little, much]) expect(log.sizeBytes).toBeLessThan(0.6 * other.sizeBytes)
  await pass(world, logs, 2_000)
  const cleanedTo = little.cleanerOffset
  expect(world.disk.readFile(CHECKPOINT).toString().split('\n').sort()).toEqual(
    ['', '0', '2', `little 0 ${cleanedTo}`, `much 0 ${much.cleanerOffset}`].sort(),
  )
  await logs.close()
  const reopened = await world.open()
  expect(reopened.get('little', 0)?.cleanerOffset).toBe(cleanedTo)
})

test('log.cleaner.io.max.bytes.per.second slows cleaning down', async () => {
  const world = new World()
  const cleaner = { ...defaultCleanerSettings, backoffMs: 0, ioBytesPerSecond: 1000 }
  const logs = await world.open({ cleaner })
  const log = logs.create('slow', 0, TOPIC_ID, COMPACT)
  write(log, 20)
  await pass(world, logs, 2_000)
  expect(log.cleanerOffset).toBe(0)
  logs.configureCleaner({ ...cleaner, ioBytesPerSecond: Infinity })
  await pass(world, logs, 5_000)
  expect(log.cleanerOffset).toBeGreaterThan(0)
})

test('log.cleaner.enable=false cleans nothing', async () => {
  const world = new World()
  const logs = await world.open({ cleaner: { ...defaultCleanerSettings, isEnabled: false } })
  const log = logs.create('kept', 0, TOPIC_ID, COMPACT)
  write(log, 20)
  await pass(world, logs, 60_000)
  expect(log.cleanerOffset).toBe(0)
})

test('much is cleaned in many slices, and a broker that stops in between loses nothing', async () => {
  const world = new World()
  const logs = await world.open({ cleaner: { ...defaultCleanerSettings, backoffMs: 0 } })
  const log = logs.create('large', 0, TOPIC_ID, { ...COMPACT, segmentBytes: 1 << 20 })
  write(log, 100, 100_000)
  const { logEndOffset } = log
  expect(logs.clean(at(world.clock.nowMs))).toBe(true)
  await logs.close()
  const reopened = await world.open({ cleaner: { ...defaultCleanerSettings, backoffMs: 0 } })
  const again = reopened.get('large', 0)
  again?.updateConfig({ ...COMPACT, segmentBytes: 1 << 20 })
  expect(again?.logEndOffset).toBe(logEndOffset)
  expect(await pass(world, reopened, 3_000)).toBeGreaterThan(3)
  expect(again?.sizeBytes).toBeLessThan(1 << 21)
})

test('a cleaner with a limit of its traffic comes near to the limit', async () => {
  const world = new World()
  const cleaner = { ...defaultCleanerSettings, backoffMs: 0, ioBytesPerSecond: 5_000_000 }
  const logs = await world.open({ cleaner })
  const log = logs.create('limited', 0, TOPIC_ID, { ...COMPACT, segmentBytes: 1 << 20 })
  write(log, 100, 100_000)
  await pass(world, logs, 2_000)
  expect(log.cleanerOffset).toBe(0)
  await pass(world, logs, 10_000)
  expect(log.cleanerOffset).toBeGreaterThan(0)
})

test('a log that cannot be cleaned is told of, and tried again ten minutes later', async () => {
  const world = new World()
  const logs = await world.open()
  const log = logs.create('full', 0, TOPIC_ID, COMPACT)
  write(log, 20)
  const mend = world.disk.fail({ operations: ['write'], code: 'ENOSPC', path: /\.cleaned$/ })
  await pass(world, logs, 60_000)
  expect(world.uncleanable).toHaveLength(1)
  expect(log.failure).toBeUndefined()
  mend()
  await pass(world, logs, 600_000)
  expect(log.cleanerOffset).toBeGreaterThan(0)
})
