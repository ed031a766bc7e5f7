/** Cleans the compacted logs of a log dir, the dirtiest first, one at a time and a slice at a time. */
import type { Clock, Moment } from '../../runtime/types.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { CleanerBuffers } from './buffers.ts'
import { isDue } from './cleanable.ts'
import { Pace, Stopped } from './pace.ts'
import type { CleanerSettings } from './settings.ts'

export interface LogCleanerOptions {
  readonly clock: Clock
  readonly settings: CleanerSettings
  readonly logs: () => readonly PartitionLog[]
  /** A log could not be cleaned: its disk is full, or a batch is damaged. It is tried again after a while. */
  readonly onUncleanable: (log: PartitionLog, error: unknown) => void
}

const RETRY_MS = 600_000

export class LogCleaner {
  readonly #options: LogCleanerOptions
  readonly #pace: Pace
  readonly #buffers = new CleanerBuffers()
  /** When they are tried again. */
  readonly #uncleanable = new WeakMap<PartitionLog, number>()
  #settings: CleanerSettings
  #dueMs: number
  #running: Promise<void> | undefined
  #isStopped = false

  constructor(options: LogCleanerOptions, nowMs: number) {
    this.#options = options
    this.#settings = options.settings
    this.#pace = new Pace(options.clock, options.settings.ioBytesPerSecond)
    this.#dueMs = nowMs + options.settings.backoffMs
  }

  /** What is being cleaned goes on under the former settings, except for the limit of its traffic. */
  configure(settings: CleanerSettings): void {
    this.#settings = settings
    this.#pace.bytesPerSecond = settings.ioBytesPerSecond
  }

  /** Begins or goes on. Returns whether there is more to do soon. */
  tick(now: Moment): boolean {
    if (this.#isStopped) return false
    if (this.#running !== undefined) {
      this.#pace.resume()
      return true
    }
    if (!this.#settings.isEnabled || now.monotonicMs < this.#dueMs) return false
    const log = this.#dirtiest(now)
    if (log === undefined) {
      this.#dueMs = now.monotonicMs + this.#settings.backoffMs
      this.#buffers.releaseIfIdle(now.monotonicMs)
      return false
    }
    this.#pace.resume()
    this.#running = this.#clean(log).finally(() => {
      this.#running = undefined
    })
    return true
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#pace.stop()
    await this.#running
  }

  #dirtiest({ monotonicMs, wallMs }: Moment): PartitionLog | undefined {
    let dirtiest: { log: PartitionLog; dirtyRatio: number } | undefined
    for (const log of this.#options.logs()) {
      if (!log.config.cleanupPolicy.compact || log.failure !== undefined) continue
      if (monotonicMs < (this.#uncleanable.get(log) ?? 0)) continue
      const cleanable = log.cleanable(wallMs)
      if (!isDue(cleanable, log.config) || cleanable.dirtyRatio <= (dirtiest?.dirtyRatio ?? 0)) continue
      dirtiest = { log, dirtyRatio: cleanable.dirtyRatio }
    }
    return dirtiest?.log
  }

  async #clean(log: PartitionLog): Promise<void> {
    try {
      await log.clean({ settings: this.#settings, pace: this.#pace, buffers: this.#buffers })
    } catch (error) {
      if (error instanceof Stopped) {
        this.#dueMs = this.#options.clock.monotonic() + this.#settings.backoffMs
        return
      }
      this.#uncleanable.set(log, this.#options.clock.monotonic() + RETRY_MS)
      // A log that went offline has said so itself.
      if (log.failure === undefined) this.#options.onUncleanable(log, error)
    }
  }
}
