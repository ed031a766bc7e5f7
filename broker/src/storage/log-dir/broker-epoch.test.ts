/** Which registration a log directory proves to hold everything of, when a disk operation failed meanwhile. */
import { expect, test } from 'vitest'
import { memoryCodecs } from '../../runtime/codecs/memory-codecs.ts'
import { MemoryClock } from '../../runtime/memory-clock.ts'
import { MemoryDisk } from '../../runtime/memory-disk.ts'
import { seededRandom } from '../../runtime/seeded-random.ts'
import { ErrorCode } from '../../wire/index.ts'
import { defaultLogConfig } from '../log/log-config.ts'
import { batch, errorCodeOf, START_MS, TestClock, TOPIC_ID } from '../testing/harness.ts'
import { LogManager } from './log-manager.ts'

const disk = new MemoryDisk()

function open(processId: number): Promise<LogManager> {
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

test('after a log went offline no registration proves anything, neither here nor in the next process', async () => {
  const logs = await open(1)
  logs.noteBrokerEpoch(12)
  expect(logs.previousBrokerEpoch).toBe(12)
  const log = logs.create('orders', 0, TOPIC_ID, defaultLogConfig)
  const stop = disk.fail({ operations: ['write'], code: 'EIO', path: /orders-0/ })
  const append = () => {
    log.stage(batch(), { leaderEpoch: 0, nowMs: START_MS, origin: 'client' })
    log.commit()
  }
  expect(errorCodeOf(append)).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  expect(logs.previousBrokerEpoch).toBe(-1)
  logs.noteBrokerEpoch(13)
  expect(logs.previousBrokerEpoch).toBe(-1)
  stop()
  disk.kill()
  expect((await open(2)).previousBrokerEpoch).toBe(-1)
})
