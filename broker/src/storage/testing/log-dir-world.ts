/** For tests: a log dir on a memory disk, opened and left at will. */
import { memoryCodecs } from '../../runtime/codecs/memory-codecs.ts'
import { MemoryDisk } from '../../runtime/memory-disk.ts'
import { seededRandom } from '../../runtime/seeded-random.ts'
import type { StorageError } from '../errors.ts'
import { defaultLogConfig, type LogConfig } from '../log/log-config.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { LogManager, type LogManagerOptions } from '../log-dir/log-manager.ts'
import { batch, START_MS, TestClock, TOPIC_ID } from './harness.ts'

export class World {
  readonly disk = new MemoryDisk()
  readonly clock = new TestClock()
  readonly random = seededRandom(3)
  /** Turns of the event loop that were waited for. */
  turns = 0
  readonly offline: { folder: string; error: StorageError }[] = []
  readonly checkpointErrors: unknown[] = []
  readonly uncleanable: unknown[] = []

  open(options: Partial<LogManagerOptions> = {}): Promise<LogManager> {
    return LogManager.open({
      disk: this.disk,
      clock: this.clock,
      timers: {
        after: () => ({ cancel: () => {} }),
        endOfTurn: (task) => {
          this.turns++
          queueMicrotask(task)
        },
      },
      random: this.random,
      codecs: memoryCodecs,
      directory: '/data',
      clusterId: 'cluster',
      nodeId: 1,
      processId: 4711,
      bootId: 'boot-1',
      onOffline: ({ folder }, error) => this.offline.push({ folder, error }),
      onUncleanable: (_, error) => this.uncleanable.push(error),
      onCheckpointError: (error) => this.checkpointErrors.push(error),
      ...options,
    })
  }
}

export function append(log: PartitionLog, count = 1): void {
  for (let i = 0; i < count; i++) log.stage(batch(), { leaderEpoch: 0, nowMs: START_MS, origin: 'client' })
  log.commit()
  log.highWatermark = log.logEndOffset
}

export const create = (logs: LogManager, topic: string, partition = 0, config: Partial<LogConfig> = {}) =>
  logs.create(topic, partition, TOPIC_ID, { ...defaultLogConfig, ...config })

/** What was begun is done. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}
