/** A log may be long: nothing stands still while it is opened. */
import { expect, test } from 'vitest'
import { seededRandom } from '../../runtime/seeded-random.ts'
import { defaultLogConfig } from '../log/log-config.ts'
import { type LogStart, NEW_LOG } from '../log/log-context.ts'
import { PartitionLog } from '../log/partition-log.ts'
import { BATCHES_PER_SLICE, BYTES_PER_SLICE } from '../slices.ts'
import { batch, FOLDER, newContext, readAll, START_MS, TestLog, TOPIC_ID } from '../testing/harness.ts'
import { World } from '../testing/log-dir-world.ts'

const identity = { topic: 'orders', partition: 0, topicId: TOPIC_ID, folder: FOLDER }

/** How often the opening of the log gives way, and the log. */
function openInSlices(world: TestLog, shutdown: LogStart['shutdown']): [number, PartitionLog] {
  const context = newContext(world.disk, world.clock, seededRandom(1), () => {})
  const opening = PartitionLog.open(context, identity, world.config, { ...NEW_LOG, shutdown })
  for (let slices = 0; ; slices++) {
    const step = opening.next()
    if (step.done) return [slices, step.value]
  }
}

function facts(log: PartitionLog) {
  const producers = log.activeProducers().map(({ producerId, batches }) => [producerId, batches.at(-1)])
  return { end: log.logEndOffset, sizeBytes: log.sizeBytes, epoch: log.latestLeaderEpoch, producers }
}

test('many small batches are recovered in slices, with the producers in them', () => {
  const world = new TestLog()
  const count = 2 * BATCHES_PER_SLICE + 100
  for (let i = 0; i < count; i++)
    world.append({ producerId: i % 3, producerEpoch: 0, baseSequence: Math.floor(i / 3) })
  const before = facts(world.log)
  world.disk.kill()
  const [slices, log] = openInSlices(world, 'unknown')
  // Twice while batches are checked, twice while their producers are noted.
  expect(slices).toBe(4)
  expect(facts(log)).toEqual(before)
})

test('large batches are recovered in slices, up to the one that is torn', () => {
  const world = new TestLog()
  const value = 'x'.repeat(BYTES_PER_SLICE / 4)
  for (let i = 0; i < 20; i++) world.append({ value })
  const file = `${FOLDER}/00000000000000000000.log`
  world.disk.kill()
  world.disk.open(file, 'write').truncate(world.disk.stat(file).sizeBytes - 1)
  const [slices, log] = openInSlices(world, 'unknown')
  expect(slices).toBeGreaterThanOrEqual(4)
  expect(log.logEndOffset).toBe(19)
})

test.each(['clean', 'killed'] as const)(
  '%s: a lost index, also of a segment that is written no more, is made anew in slices, and not when it is first read',
  async (shutdown) => {
    const world = new TestLog({ segmentBytes: 300_000 })
    const count = 12 * BATCHES_PER_SLICE
    for (let i = 0; i < count; i++) world.append()
    expect(world.log.segmentCount).toBeGreaterThan(1)
    if (shutdown === 'clean') await world.log.close()
    else world.disk.kill()
    const indexes = world.disk.list(FOLDER).filter((name) => /\.(time)?index$/.test(name))
    for (const name of indexes) world.disk.remove(`${FOLDER}/${name}`)
    const [slices, log] = openInSlices(world, shutdown)
    expect(slices).toBeGreaterThanOrEqual(8)
    const made = world.disk.list(FOLDER).filter((name) => name.endsWith('.index'))
    expect(made).toEqual(indexes.filter((name) => name.endsWith('.index')))
    expect(readAll(log, count - 5)).toHaveLength(5)
    expect(readAll(log, 1000, 100)[0]?.offset).toBe(1000)
  },
)

test('an index that does not fit its log any more while the log is open takes it offline', async () => {
  const world = new TestLog({ segmentBytes: 30_000 })
  for (let i = 0; i < 1000; i++) world.append()
  await world.log.close()
  world.reopen('clean')
  const path = `${FOLDER}/00000000000000000000.index`
  world.disk.writeFile(path, world.disk.readFile(path).fill(0x77))
  expect(() => readAll(world.log, 10)).toThrow('are not what they were')
  expect(world.offline).toHaveLength(1)
})

test('a start hears of what else happens while it opens one long log', async () => {
  const world = new World()
  const logs = await world.open()
  const log = logs.create('orders', 0, TOPIC_ID, defaultLogConfig)
  const value = 'x'.repeat(BYTES_PER_SLICE / 2)
  for (let i = 0; i < 20; i++) {
    log.stage(batch({ value }), { leaderEpoch: 0, nowMs: START_MS, origin: 'client' })
    log.commit()
  }
  world.disk.kill()
  const before = world.turns
  world.clock.monotonic = () => world.clock.nowMs++
  const again = await world.open({ bootId: 'boot-2' })
  expect(world.turns - before).toBeGreaterThan(2)
  expect(again.get('orders', 0)?.logEndOffset).toBe(20)
})
