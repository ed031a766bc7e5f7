import { expect, test } from 'vitest'
import { FOLDER, START_MS, TestLog, truncate } from '../testing/harness.ts'

const LOG = '00000000000000000000.log'

function write(world: TestLog, count: number): void {
  for (let i = 0; i < count; i++) {
    world.clock.nowMs = START_MS + i
    world.append({ value: `v${i}`, producerId: 9, producerEpoch: 0, baseSequence: i }, i < count - 2 ? 3 : 5)
  }
}

test.each(['clean', 'killed', 'unknown'] as const)(
  '%s: a log of which nothing is indexed has no file but its log, and is whole without',
  async (shutdown) => {
    const world = new TestLog()
    write(world, 4)
    if (shutdown === 'clean') await world.log.close()
    else world.disk.kill()
    expect(world.disk.list(FOLDER)).toEqual([LOG])
    const log = world.reopen(shutdown)
    log.highWatermark = 4
    expect(world.disk.list(FOLDER)).toEqual([LOG])
    expect(world.values()).toEqual(['v0', 'v1', 'v2', 'v3'])
    expect(log.endOffsetForEpoch(3).endOffset).toBe(2)
    expect(log.latestLeaderEpoch).toBe(5)
    expect(log.activeProducers()[0]?.batches.at(-1)?.lastSequence).toBe(3)
    expect((await log.offsetForTimestamp(START_MS + 2))?.offset).toBe(2)
    expect((await log.maxTimestampOffset())?.offset).toBe(3)
    expect(world.append({ value: 'after' }, 6)).toBe(4)
  },
)

test('once something is indexed, the epochs and producers have files too', async () => {
  const world = new TestLog({ indexIntervalBytes: 0 })
  write(world, 4)
  await world.log.close()
  expect(world.disk.list(FOLDER)).toEqual([
    '00000000000000000000.index',
    LOG,
    '00000000000000000000.timeindex',
    '00000000000000000004.snapshot',
    'leader-epoch-checkpoint',
  ])
  const log = world.reopen('clean')
  expect([log.endOffsetForEpoch(3).endOffset, log.latestLeaderEpoch]).toEqual([2, 5])
})

test.each(['clean', 'killed'] as const)('%s: an epoch outlives the last of its records', async (shutdown) => {
  const world = new TestLog()
  write(world, 4)
  world.log.deleteRecordsBefore(-1)
  world.log.applyRetention(START_MS)
  if (shutdown === 'clean') await world.log.close()
  else world.disk.kill()
  const log = world.reopen(shutdown, { logStartOffset: 4 })
  expect([log.logStartOffset, log.logEndOffset, log.latestLeaderEpoch]).toEqual([4, 4, 5])
  expect(log.activeProducers()[0]?.producerId).toBe(9)
})

test('a log that was cut back to a few batches tells the same epochs', async () => {
  const world = new TestLog({ indexIntervalBytes: 100 })
  for (let i = 0; i < 30; i++) world.append({}, i)
  truncate(world.log, 2)
  world.append({}, 40)
  world.disk.kill()
  const log = world.reopen('killed')
  expect([0, 1, 40].map((epoch) => log.endOffsetForEpoch(epoch).endOffset)).toEqual([1, 2, 3])
})
