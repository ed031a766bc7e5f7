import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../wire/index.ts'
import { StorageError } from '../errors.ts'
import { batch, errorCodeOf, FOLDER, readAll, START_MS, TestLog, truncate } from '../testing/harness.ts'

const READ = { maxBytes: 1000, upTo: Infinity, minOneBatch: true }

function expectOffline(world: TestLog, systemCode: string): void {
  const { log } = world
  expect(world.offline.map(({ error }) => error.systemCode)).toEqual([systemCode])
  const calls = [
    () => world.stage(batch()),
    () => log.commit(),
    () => log.read(0, READ, Buffer.alloc),
    () => log.cleanable(START_MS),
    () => truncate(log, 0),
    () => log.applyRetention(START_MS),
    () => log.deleteRecordsBefore(0),
  ]
  for (const call of calls) expect(errorCodeOf(call)).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  expect(world.context.pool.openCount).toBe(0)
}

describe('a disk that fails', () => {
  test('ENOSPC: nothing of the commit stays, the log is offline, and a restart finds all before', () => {
    const world = new TestLog()
    for (let i = 0; i < 5; i++) world.append({ value: `v${i}` })
    const { sizeBytes } = world.log
    world.disk.capacityBytes = world.disk.space('').totalBytes
    world.disk.capacityBytes = usedBytes(world) + 100
    for (let i = 0; i < 5; i++) world.stage(batch())
    expect(() => world.log.commit()).toThrow(StorageError)
    expect(world.disk.stat(`${FOLDER}/00000000000000000000.log`).sizeBytes).toBe(sizeBytes)
    expectOffline(world, 'ENOSPC')
    world.disk.kill()
    world.disk.capacityBytes = Infinity
    expect(world.reopen('unknown').logEndOffset).toBe(5)
    expect(world.values()).toEqual(['v0', 'v1', 'v2', 'v3', 'v4'])
  })

  test('EIO on a write', () => {
    const world = new TestLog()
    world.append()
    world.disk.fail({ operations: ['write'], code: 'EIO', path: /\.log$/ })
    world.stage(batch())
    expect(errorCodeOf(() => world.log.commit())).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    expectOffline(world, 'EIO')
  })

  test('EIO on a write that cannot be cut back either: the recovery cuts it', () => {
    const world = new TestLog()
    world.append()
    world.disk.capacityBytes = usedBytes(world) + 30
    world.disk.fail({ operations: ['truncate'], code: 'EIO' })
    world.stage(batch())
    expect(errorCodeOf(() => world.log.commit())).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    const torn = new TestLog()
    torn.disk.kill()
    expectOffline(world, 'ENOSPC')
  })

  test('EIO on a read', () => {
    const world = new TestLog()
    world.append()
    world.disk.fail({ operations: ['read'], code: 'EIO' })
    expect(errorCodeOf(() => readAll(world.log, 0))).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    expectOffline(world, 'EIO')
  })

  test('a roll that fails', () => {
    const world = new TestLog({ segmentBytes: 200 })
    for (let i = 0; i < 2; i++) world.append()
    world.disk.fail({ operations: ['open'], code: 'ENOSPC', path: /2\.log$/ })
    expect(errorCodeOf(() => world.append())).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    expectOffline(world, 'ENOSPC')
  })

  test('an fsync that fails is not tried again', async () => {
    const world = new TestLog()
    world.append()
    const stop = world.disk.fail({ operations: ['sync'], code: 'EIO' })
    const first = world.log.flush()
    const second = world.log.flush()
    await expect(first).rejects.toMatchObject({ code: ErrorCode.KAFKA_STORAGE_ERROR, systemCode: 'EIO' })
    stop()
    await expect(second).rejects.toMatchObject({ code: ErrorCode.KAFKA_STORAGE_ERROR })
    expect(world.log.recoveryPoint).toBe(0)
    expectOffline(world, 'EIO')
  })
})

describe('flushing', () => {
  test('flush.messages asks for a sync before data counts', async () => {
    const world = new TestLog({ flushMessages: 2 })
    world.append()
    expect(world.log.needsSync()).toBe(false)
    world.append()
    expect(world.log.needsSync()).toBe(true)
    await world.log.flush()
    expect([world.log.needsSync(), world.log.recoveryPoint]).toEqual([false, 2])
  })

  test('a flush covers what was committed before it began, the next one the rest', async () => {
    const world = new TestLog()
    world.append()
    const first = world.log.flush()
    world.append()
    const second = world.log.flush()
    expect(world.log.flush()).toBeInstanceOf(Promise)
    await first
    expect(world.log.recoveryPoint).toBe(1)
    await second
    expect(world.log.recoveryPoint).toBe(2)
  })

  test('a flush that a truncation overtakes moves nothing', async () => {
    const world = new TestLog()
    for (let i = 0; i < 4; i++) world.append()
    const flushing = world.log.flush()
    truncate(world.log, 1)
    for (let i = 0; i < 5; i++) world.append()
    await flushing
    expect(world.log.recoveryPoint).toBeLessThanOrEqual(1)
  })

  test('a roll flushes the old segment by the way', async () => {
    const world = new TestLog({ segmentBytes: 200 })
    for (let i = 0; i < 3; i++) world.append()
    for (let i = 0; i < 100; i++) await Promise.resolve()
    expect(world.log.recoveryPoint).toBe(2)
  })
})

function usedBytes(world: TestLog): number {
  world.disk.capacityBytes = Number.MAX_SAFE_INTEGER
  const { totalBytes, usableBytes } = world.disk.space('')
  return totalBytes - usableBytes
}
