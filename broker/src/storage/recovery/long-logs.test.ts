/** A log may be long: nothing stands still while it is opened. */
import { expect, test } from 'vitest'
import { seededRandom } from '../../runtime/seeded-random.ts'
import { defaultLogConfig } from '../log/log-config.ts'
import { type LogStart, NEW_LOG } from '../log/log-context.ts'
import { PartitionLog } from '../log/partition-log.ts'
import { BATCHES_PER_SLICE, BYTES_PER_SLICE } from '../slices.ts'
import { batch, FOLDER, newContext, START_MS, TestLog, TOPIC_ID } from '../testing/harness.ts'
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
