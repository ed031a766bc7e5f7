/** For tests: a log dir on a memory disk, opened and left at will. */
import { memoryCodecs } from '../../runtime/codecs/memory-codecs.ts'
import { MemoryDisk } from '../../runtime/memory-disk.ts'
import { seededRandom } from '../../runtime/seeded-random.ts'
import type { StorageError } from '../errors.ts'
import { LogManager, type LogManagerOptions } from '../log-dir/log-manager.ts'
import { TestClock } from './harness.ts'

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
