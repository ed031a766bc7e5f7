import { expect, test } from 'vitest'
import { defaultLogConfig } from '../log/log-config.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { LogManager } from '../log-dir/log-manager.ts'
import { BATCHES_PER_SLICE, runToEnd } from '../slices.ts'
import { batch, readAll, START_MS, TOPIC_ID } from '../testing/harness.ts'
import { World } from '../testing/log-dir-world.ts'

const OPTIONS = { leaderEpoch: 0, origin: 'client', nowMs: START_MS } as const

function append(log: PartitionLog, value: string): void {
  log.stage(batch({ value }), OPTIONS)
  log.commit()
}

async function setUp() {
  const world = new World()
  const manager = await world.open()
  const log = manager.create('orders', 0, TOPIC_ID, defaultLogConfig)
  append(log, 'a')
  log.highWatermark = 1
  return { world, manager, log }
}

function fill(world: World): void {
  world.disk.capacityBytes = world.disk.usedBytes
}

function empty(world: World): void {
  world.disk.capacityBytes = Number.POSITIVE_INFINITY
}

function reopen(manager: LogManager, partition = 0): boolean {
  return runToEnd(manager.reopen('orders', partition, defaultLogConfig))
}

test('a log that found no room is opened again, with all that was committed and where its high watermark was', async () => {
  const { world, manager, log } = await setUp()
  fill(world)
  expect(() => append(log, 'b')).toThrow('ENOSPC')
  expect(manager.hasRoom).toBe(false)
  empty(world)
  expect(manager.hasRoom).toBe(true)
  expect(reopen(manager)).toBe(true)
  const again = manager.get('orders', 0)!
  expect(again).not.toBe(log)
  expect(again).toMatchObject({ logEndOffset: 1, highWatermark: 1, topicId: TOPIC_ID, failure: undefined })
  append(again, 'c')
  expect(readAll(again, 0).length).toBeGreaterThan(0)
  expect(again.logEndOffset).toBe(2)
  expect(() => append(log, 'd')).toThrow('ENOSPC')
})

test('a long log is opened again in slices', async () => {
  const { world, manager, log } = await setUp()
  for (let count = 1; count < 4 * BATCHES_PER_SLICE; count++) append(log, 'a')
  fill(world)
  expect(() => append(log, 'b')).toThrow('ENOSPC')
  empty(world)
  const opening = manager.reopen('orders', 0, defaultLogConfig)
  let slices = 0
  while (!opening.next().done) slices += 1
  expect(slices).toBeGreaterThanOrEqual(3)
  expect(manager.get('orders', 0)?.logEndOffset).toBe(4 * BATCHES_PER_SLICE)
})

test('while there is still no room it is offline again, and may be tried again', async () => {
  const { world, manager, log } = await setUp()
  fill(world)
  expect(() => append(log, 'b')).toThrow('ENOSPC')
  const heal = world.disk.fail({ operations: ['list'], path: /orders-0/, code: 'ENOSPC' })
  expect(reopen(manager)).toBe(false)
  expect(world.offline.length).toBe(2)
  expect(() => manager.get('orders', 0)).toThrow('ENOSPC')
  heal()
  empty(world)
  expect(reopen(manager)).toBe(true)
  expect(manager.get('orders', 0)?.logEndOffset).toBe(1)
})

test('a log that could not be opened with the start is opened by what that start would have trusted', async () => {
  const { world, manager } = await setUp()
  await manager.close()
  const heal = world.disk.fail({ operations: ['read'], path: /orders-0/, code: 'EMFILE' })
  const next = await world.open()
  expect(() => next.get('orders', 0)).toThrow('EMFILE')
  heal()
  expect(reopen(next)).toBe(true)
  expect(next.get('orders', 0)).toMatchObject({ logEndOffset: 1, highWatermark: 1 })
})

test.each(['write', 'read', 'sync'] as const)('not after EIO of a %s', async (operation) => {
  const { world, manager, log } = await setUp()
  const heal = world.disk.fail({ operations: [operation], path: /orders-0/, code: 'EIO' })
  const attempts = {
    write: async () => append(log, 'b'),
    read: async () => readAll(log, 0),
    sync: () => log.flush(),
  }
  await expect(attempts[operation]()).rejects.toThrow('EIO')
  heal()
  expect(reopen(manager)).toBe(false)
  expect(log.failure).toBeDefined()
})

test('not after an fsync found no room, nor if it fails once the log is offline, nor before it has ended', async () => {
  const { world, manager, log } = await setUp()
  const heal = world.disk.fail({ operations: ['sync'], path: /orders-0/, code: 'ENOSPC' })
  await expect(log.flush()).rejects.toThrow('ENOSPC')
  heal()
  expect(reopen(manager)).toBe(false)

  const other = manager.create('orders', 1, TOPIC_ID, defaultLogConfig)
  append(other, 'a')
  const notYet = (_: Error) => {}
  let failSync = notYet
  world.disk.beforeSync = () =>
    new Promise((_, reject) => {
      failSync = reject
    })
  const flushed = other.flush().catch((error: unknown) => error)
  while (failSync === notYet) await Promise.resolve()
  fill(world)
  expect(() => append(other, 'b')).toThrow('ENOSPC')
  empty(world)
  expect(reopen(manager, 1)).toBe(false)
  failSync(new Error('EIO'))
  await flushed
  expect(reopen(manager, 1)).toBe(false)
})

test('a log that nobody made, or that is online, stands in no way', async () => {
  const { manager } = await setUp()
  expect(runToEnd(manager.reopen('payments', 0, defaultLogConfig))).toBe(true)
  expect(reopen(manager)).toBe(false)
})
