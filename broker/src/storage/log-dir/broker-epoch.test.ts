/** Which registration a log directory proves to hold everything of, when a disk operation failed meanwhile. */
import { expect, test } from 'vitest'
import { memoryCodecs } from '../../runtime/codecs/memory-codecs.ts'
import { MemoryClock } from '../../runtime/memory-clock.ts'
import { MemoryDisk } from '../../runtime/memory-disk.ts'
import { seededRandom } from '../../runtime/seeded-random.ts'
import { ErrorCode } from '../../wire/index.ts'
import { defaultLogConfig } from '../log/log-config.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { batch, errorCodeOf, START_MS, TestClock, TOPIC_ID } from '../testing/harness.ts'
import { LogManager } from './log-manager.ts'

function open(disk: MemoryDisk, processId: number): Promise<LogManager> {
  return LogManager.open({
    disk,
    clock: new TestClock(),
    timers: new MemoryClock(),
    random: seededRandom(1),
    directory: '/data',
    clusterId: 'Y2x1c3RlclRlc3QtMDAwMA',
    nodeId: 1,
    processId,
    bootId: 'boot-1',
    codecs: memoryCodecs,
    onUncleanable: () => {},
    onOffline: () => {},
    onCheckpointError: (error) => {
      throw error
    },
  })
}

function append(log: PartitionLog): void {
  log.stage(batch(), { leaderEpoch: 0, nowMs: START_MS, origin: 'client' })
  log.commit()
}

test('after a log went offline no registration proves anything, neither here nor in the next process', async () => {
  const disk = new MemoryDisk()
  const logs = await open(disk, 1)
  logs.noteBrokerEpoch(12)
  expect(logs.previousBrokerEpoch).toBe(12)
  const log = logs.create('orders', 0, TOPIC_ID, defaultLogConfig)
  const stop = disk.fail({ operations: ['write'], code: 'EIO', path: /orders-0/ })
  expect(errorCodeOf(() => append(log))).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  expect(logs.previousBrokerEpoch).toBe(-1)
  logs.noteBrokerEpoch(13)
  expect(logs.previousBrokerEpoch).toBe(-1)
  stop()
  disk.kill()
  expect((await open(disk, 2)).previousBrokerEpoch).toBe(-1)
})

test('a log that only wanted room has all it had: the registration still proves it', async () => {
  const disk = new MemoryDisk()
  const logs = await open(disk, 1)
  logs.noteBrokerEpoch(12)
  const log = logs.create('orders', 0, TOPIC_ID, defaultLogConfig)
  append(log)
  const stop = disk.fail({ operations: ['write'], code: 'ENOSPC', path: /orders-0/ })
  expect(errorCodeOf(() => append(log))).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  expect(logs.previousBrokerEpoch).toBe(12)
  stop()
  disk.kill()
  const next = await open(disk, 2)
  expect(next.previousBrokerEpoch).toBe(12)
  expect(next.get('orders', 0)?.logEndOffset).toBe(1)
})

test('an fsync that found no room may have lost what was written: the registration proves nothing', async () => {
  const disk = new MemoryDisk()
  const logs = await open(disk, 1)
  logs.noteBrokerEpoch(12)
  const log = logs.create('orders', 0, TOPIC_ID, defaultLogConfig)
  append(log)
  const stop = disk.fail({ operations: ['sync'], code: 'ENOSPC', path: /orders-0/ })
  await expect(log.flush()).rejects.toThrow('ENOSPC')
  stop()
  disk.kill()
  expect((await open(disk, 2)).previousBrokerEpoch).toBe(-1)
})
