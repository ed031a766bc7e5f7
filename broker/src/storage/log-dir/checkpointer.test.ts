import { expect, test } from 'vitest'
import { at, START_MS } from '../testing/harness.ts'
import { append, create, settle, World } from '../testing/log-dir-world.ts'

test('checkpoints: high watermarks each 5 s, recovery points each 60 s', async () => {
  const world = new World()
  const logs = await world.open()
  append(create(logs, 'a'), 4)
  logs.tick(at(START_MS + 4999))
  await settle()
  expect(world.disk.exists('/data/replication-offset-checkpoint')).toBe(false)
  logs.tick(at(START_MS + 5000))
  await settle()
  expect(world.disk.readFile('/data/replication-offset-checkpoint').toString()).toBe('0\n1\na 0 4\n')
  await logs.get('a', 0)?.flush()
  world.clock.nowMs += 60_000
  logs.tick(at(world.clock.nowMs))
  await settle()
  expect(world.disk.readFile('/data/recovery-point-offset-checkpoint').toString()).toBe('0\n1\na 0 4\n')
})

test('what was synced a moment ago is not in the checkpoint yet, and comes with the next one', async () => {
  const world = new World()
  const logs = await world.open()
  const log = create(logs, 'a')
  append(log, 4)
  const checkpointed = async (atMs: number) => {
    world.clock.nowMs = START_MS + atMs
    logs.tick(at(world.clock.nowMs))
    await settle()
    return world.disk.readFile('/data/recovery-point-offset-checkpoint').toString()
  }
  world.clock.nowMs += 59_000
  await log.flush()
  expect(log.recoveryPoint).toBe(4)
  expect(await checkpointed(60_000)).toBe('0\n1\na 0 0\n')
  expect(await checkpointed(120_000)).toBe('0\n1\na 0 4\n')
})

test('a raised log start offset is checkpointed with the next tick', async () => {
  const world = new World()
  const logs = await world.open()
  append(create(logs, 'a'), 4)
  logs.get('a', 0)?.deleteRecordsBefore(3)
  logs.tick(at(START_MS + 1))
  await settle()
  world.disk.kill()
  expect((await world.open()).get('a', 0)?.logStartOffset).toBe(3)
})

test('a checkpoint that cannot be written is reported and tried again', async () => {
  const world = new World()
  const logs = await world.open()
  append(create(logs, 'a'), 4)
  const stop = world.disk.fail({ operations: ['write'], code: 'ENOSPC', path: /checkpoint/ })
  logs.tick(at(START_MS + 5000))
  await settle()
  expect(world.checkpointErrors).toHaveLength(1)
  stop()
  logs.tick(at(START_MS + 10_000))
  await settle()
  expect(world.disk.exists('/data/replication-offset-checkpoint')).toBe(true)
})
