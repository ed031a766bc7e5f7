import { describe, expect, test } from 'vitest'
import { ErrorCode, ZERO_UUID } from '../../wire/index.ts'
import { defaultLogConfig } from '../log/log-config.ts'
import { at, batch, errorCodeOf, readAll, START_MS, TOPIC_ID } from '../testing/harness.ts'
import { append, create, settle, World } from '../testing/log-dir-world.ts'
import { LogDirError } from './log-dir.ts'

describe('a log dir', () => {
  test('belongs to one broker of one cluster', async () => {
    const world = new World()
    const first = await world.open()
    await expect(world.open({ clusterId: 'other' })).rejects.toThrow(LogDirError)
    await expect(world.open({ nodeId: 2 })).rejects.toThrow(
      '/data/meta.properties has node.id 1, but this broker is 2',
    )
    expect((await world.open()).directoryId).toBe(first.directoryId)
  })

  test('after a clean shutdown everything is there again', async () => {
    const world = new World()
    const logs = await world.open()
    append(create(logs, 'a', 0), 3)
    append(create(logs, 'a', 7), 2)
    create(logs, 'b').truncateFullyAndStartAt(50)
    logs.get('a', 0)?.deleteRecordsBefore(1)
    await logs.close(12)
    const again = await world.open()
    expect([again.shutdown, again.previousBrokerEpoch]).toEqual(['clean', 12])
    const facts = again
      .all()
      .map((log) => [log.folder, log.logStartOffset, log.logEndOffset, log.highWatermark])
    expect(facts).toEqual([
      ['/data/a-0', 1, 3, 3],
      ['/data/a-7', 0, 2, 2],
      ['/data/b-0', 50, 50, 50],
    ])
    expect(again.get('a', 0)?.topicId).toBe(TOPIC_ID)
    expect(again.get('a', 1)).toBeUndefined()
    expect(again.openFileCount).toBe(0)
    world.disk.kill()
    expect((await world.open()).shutdown).toBe('killed')
    world.disk.kill()
    expect((await world.open({ bootId: 'boot-2' })).shutdown).toBe('unknown')
  })

  test('is opened in slices, so that a start with very many logs hears of what else happens', async () => {
    const world = new World()
    const logs = await world.open()
    for (let i = 0; i < 20; i++) create(logs, `t${i}`)
    await logs.close()
    expect(world.turns).toBe(0)
    world.clock.monotonic = () => world.clock.nowMs++
    expect((await world.open()).all()).toHaveLength(20)
    expect(world.turns).toBeGreaterThan(5)
  })

  test('a log is created once', async () => {
    const logs = await new World().open()
    const log = create(logs, 'a')
    expect(create(logs, 'a')).toBe(log)
    const otherId = Buffer.alloc(16, 1).toString('base64url')
    expect(errorCodeOf(() => logs.create('a', 0, otherId, defaultLogConfig))).toBe(
      ErrorCode.INCONSISTENT_TOPIC_ID,
    )
  })

  test('a lost partition.metadata is written again when the id is known', async () => {
    const world = new World()
    const logs = await world.open()
    append(create(logs, 'a'))
    await logs.close()
    world.disk.remove('/data/a-0/partition.metadata')
    const again = await world.open()
    expect(again.get('a', 0)?.topicId).toBe(ZERO_UUID)
    expect(create(again, 'a').topicId).toBe(TOPIC_ID)
    await again.close()
    expect((await world.open()).get('a', 0)?.topicId).toBe(TOPIC_ID)
  })

  test('what an interrupted creation left is removed', async () => {
    const world = new World()
    world.disk.makeFolder('/data/half-0')
    expect((await world.open()).all()).toEqual([])
    expect(world.disk.exists('/data/half-0')).toBe(false)
  })

  test('a log that is set aside keeps its folder past the delay of deletions', async () => {
    const world = new World()
    const logs = await world.open()
    append(create(logs, 'orders'))
    const folder = logs.setAside('orders', 0)
    expect(folder).toMatch(/^\/data\/orders-0\.\w{32}-stray$/)
    expect(create(logs, 'orders').logEndOffset).toBe(0)
    logs.tick(at(world.clock.nowMs + 2 * defaultLogConfig.fileDeleteDelayMs))
    await settle()
    expect(world.disk.list(folder ?? '')).toContain('00000000000000000000.log')
  })

  test('a deleted partition is gone at once, its folder after file.delete.delay.ms', async () => {
    const world = new World()
    const logs = await world.open()
    const log = create(logs, 'a', 0, { fileDeleteDelayMs: 1000 })
    append(log)
    logs.delete('a', 0, START_MS)
    expect(logs.get('a', 0)).toBeUndefined()
    expect(errorCodeOf(() => readAll(log, 0))).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    const folders = () => world.disk.list('/data').filter((name) => name.endsWith('-delete'))
    expect(folders()).toHaveLength(1)
    expect(folders()[0]).toMatch(/^a-0\.[0-9a-f]{32}-delete$/)
    append(create(logs, 'a'), 2)
    logs.tick(at(START_MS + 999))
    expect(folders()).toHaveLength(1)
    logs.tick(at(START_MS + 1000))
    expect(folders()).toHaveLength(0)
    expect(logs.get('a', 0)?.logEndOffset).toBe(2)
  })

  test('a start removes folders whose deletion was not finished', async () => {
    const world = new World()
    const logs = await world.open()
    append(create(logs, 'a'))
    logs.delete('a', 0, START_MS)
    world.disk.kill()
    const again = await world.open()
    expect(again.all()).toEqual([])
    again.tick(at(START_MS))
    expect(world.disk.list('/data').filter((name) => name.endsWith('-delete'))).toEqual([])
  })
})

describe('housekeeping', () => {
  test('nothing is due because the clock on the wall jumped', async () => {
    const world = new World()
    const logs = await world.open()
    create(logs, 'a', 0, { fileDeleteDelayMs: 1000 })
    logs.delete('a', 0, START_MS)
    logs.tick({ monotonicMs: START_MS + 999, wallMs: START_MS + 3_600_000 })
    await settle()
    expect(world.disk.list('/data').filter((name) => name.endsWith('-delete'))).toHaveLength(1)
    logs.tick({ monotonicMs: START_MS + 5000, wallMs: START_MS - 3_600_000 })
    await settle()
    expect(world.disk.list('/data').filter((name) => name.endsWith('-delete'))).toEqual([])
  })

  test('retention runs 30 s after the start and then each interval, for all logs', async () => {
    const world = new World()
    const logs = await world.open()
    for (let i = 0; i < 20; i++) append(create(logs, `t${i}`, 0, { retentionMs: 10_000 }))
    logs.tick(at(START_MS + 29_999))
    expect(logs.get('t3', 0)?.sizeBytes).toBeGreaterThan(0)
    logs.tick(at(START_MS + 30_000))
    expect(logs.all().map((log) => log.sizeBytes)).toEqual(Array(20).fill(0))
    expect(logs.all().map((log) => log.logStartOffset)).toEqual(Array(20).fill(1))
  })

  test('a slice ends in time and says that there is more', async () => {
    const world = new World()
    const logs = await world.open()
    for (let i = 0; i < 10; i++) append(create(logs, `t${i}`, 0, { retentionMs: 10_000 }))
    world.clock.monotonic = () => world.clock.nowMs++
    let ticks = 1
    while (logs.tick(at(START_MS + 30_000))) ticks++
    expect(ticks).toBeGreaterThan(4)
    expect(logs.all().map((log) => log.sizeBytes)).toEqual(Array(10).fill(0))
  })

  test('flush.ms flushes what waits for longer', async () => {
    const world = new World()
    const logs = await world.open()
    const log = create(logs, 'a', 0, { flushMs: 1000 })
    append(log)
    logs.tick(at(START_MS + 999))
    await settle()
    expect(log.recoveryPoint).toBe(0)
    logs.tick(at(START_MS + 1000))
    await settle()
    expect(log.recoveryPoint).toBe(1)
  })

  test('idle logs let go of their files, and take them again', async () => {
    const world = new World()
    const logs = await world.open()
    const log = create(logs, 'a')
    append(log, 3)
    expect(logs.openFileCount).toBeGreaterThan(0)
    for (let i = 1; i <= 4; i++) logs.tick(at(START_MS + i * 30_000))
    expect(logs.openFileCount).toBe(0)
    append(log)
    expect(readAll(log, 0)).toHaveLength(4)
  })

  test('never more files are open than allowed', async () => {
    const world = new World()
    const logs = await world.open({ openFilesMax: 4 })
    for (let i = 0; i < 30; i++) append(create(logs, `t${i}`), 2)
    for (let round = 0; round < 3; round++) {
      for (const log of logs.all()) {
        append(log)
        expect(readAll(log, 0)).toHaveLength(3 + round)
        expect(logs.openFileCount).toBeLessThanOrEqual(4)
      }
    }
  })
})

describe('the registration before', () => {
  const LOG = '/data/a-0/00000000000000000000.log'
  const flip = (image: Buffer, at: number) => {
    image[at] = (image[at] ?? 0) ^ 1
    return image
  }

  test.each([
    { damage: 'none', previous: 12, change: (image: Buffer) => image },
    { damage: 'a torn last write', previous: 12, change: (image: Buffer) => image.subarray(0, -1) },
    { damage: 'a flipped bit', previous: -1, change: (image: Buffer) => flip(image, image.length - 1) },
    { damage: 'committed records gone', previous: -1, change: (image: Buffer) => image.subarray(0, 10) },
  ])('after a kill on the same boot is $previous with $damage, also for the process after', async (row) => {
    const world = new World()
    const logs = await world.open()
    logs.noteBrokerEpoch(12)
    append(create(logs, 'a'), 2)
    await logs.close(12)
    const next = await world.open()
    for (const value of ['x', 'y'])
      next.get('a', 0)?.stage(batch({ value }), { leaderEpoch: 0, nowMs: START_MS, origin: 'client' })
    next.get('a', 0)?.commit()
    world.disk.kill()
    world.disk.writeFile(LOG, row.change(world.disk.readFile(LOG)))
    for (let round = 0; round < 2; round++) {
      expect((await world.open()).previousBrokerEpoch).toBe(row.previous)
      world.disk.kill()
    }
  })

  test('is -1 after a clean shutdown if a log is not whole, or cannot be read', async () => {
    const world = new World()
    const logs = await world.open()
    append(create(logs, 'a'), 2)
    await logs.close(12)
    const stop = world.disk.fail({ operations: ['stat', 'open'], code: 'EIO', path: /a-0\/.*log$/ })
    expect((await world.open()).previousBrokerEpoch).toBe(-1)
    stop()
    const whole = await world.open()
    await whole.close(13)
    world.disk.writeFile(LOG, world.disk.readFile(LOG).subarray(0, -1))
    expect((await world.open()).previousBrokerEpoch).toBe(-1)
  })

  test('is -1 after another boot without a clean shutdown', async () => {
    const world = new World()
    const logs = await world.open()
    logs.noteBrokerEpoch(12)
    world.disk.kill()
    expect((await world.open({ bootId: 'boot-2' })).previousBrokerEpoch).toBe(-1)
  })
})

describe('one bad partition', () => {
  test('goes offline alone, and the shutdown is not clean', async () => {
    const world = new World()
    const logs = await world.open()
    append(create(logs, 'good'))
    append(create(logs, 'bad'))
    const stop = world.disk.fail({ operations: ['write'], code: 'ENOSPC', path: /bad-0/ })
    expect(errorCodeOf(() => append(logs.get('bad', 0)!))).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    append(logs.get('good', 0)!)
    expect(world.offline.map(({ folder }) => folder)).toEqual(['/data/bad-0'])
    await logs.close()
    stop()
    const again = await world.open()
    expect(again.shutdown).toBe('killed')
    expect([again.get('good', 0)?.logEndOffset, again.get('bad', 0)?.logEndOffset]).toEqual([2, 1])
  })

  test('that cannot be opened answers with a storage error; deleting it helps', async () => {
    const world = new World()
    const logs = await world.open()
    append(create(logs, 'good'))
    append(create(logs, 'bad'))
    await logs.close()
    const stop = world.disk.fail({ operations: ['stat', 'open'], code: 'EIO', path: /bad-0\/.*log$/ })
    const again = await world.open()
    expect(errorCodeOf(() => again.get('bad', 0))).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    expect(errorCodeOf(() => create(again, 'bad'))).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    expect(again.all().map((log) => log.topic)).toEqual(['good'])
    expect(world.offline).toHaveLength(1)
    again.delete('bad', 0, START_MS)
    stop()
    expect(create(again, 'bad').logEndOffset).toBe(0)
  })
})
