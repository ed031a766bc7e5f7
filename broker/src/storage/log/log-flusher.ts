/**
 * Moves the recovery point of one log: fsyncs off the event loop, one at a time, each covering all that was
 * committed before it began; callers that come meanwhile share the next one.
 */
import type { Clock, Disk } from '../../runtime/types.ts'
import type { Segment } from '../segment/segment.ts'
import type { SegmentList } from '../segment/segment-list.ts'
import { SettledPoint } from './settled-point.ts'

export interface FlushTarget {
  readonly folder: string
  readonly logEndOffset: number
  readonly segments: SegmentList
  /**
   * Throws if the log is offline: an fsync that failed once may succeed the next time and still have lost
   * data.
   */
  ensureOnline(): void
}

export interface FlusherStart {
  readonly recoveryPoint: number
  readonly checkpoint: number
  readonly hasNewNames: boolean
}

export class LogFlusher {
  /** All before it was synced, as far as the disk says. */
  recoveryPoint: number
  /** What the checkpoint says of it: a start after a power loss begins there. */
  checkpoint: number
  /** File names were made that the folder may not remember after a power loss. */
  hasNewNames: boolean
  /** Small files beside the segments that changed: records are not safe while what they mean is not. */
  readonly changedFiles = new Set<string>()
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #settled: SettledPoint
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined
  #truncations = 0

  constructor({ disk, clock }: { readonly disk: Disk; readonly clock: Clock }, start: FlusherStart) {
    const { recoveryPoint, checkpoint, hasNewNames } = start
    this.#disk = disk
    this.#clock = clock
    this.recoveryPoint = recoveryPoint
    this.checkpoint = checkpoint
    this.hasNewNames = hasNewNames
    this.#settled = new SettledPoint(checkpoint, recoveryPoint, clock.monotonic())
  }

  /** What is to be checkpointed of the recovery point. */
  get settledPoint(): number {
    return this.#settled.advance(this.recoveryPoint, this.#clock.monotonic())
  }

  /** The checkpoint says so from now on. */
  checkpointed(settledPoint: number): void {
    this.checkpoint = Math.min(settledPoint, this.recoveryPoint)
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /**
   * What is flushed now may be cut off and written anew while the disk is busy: it does not count any more.
   */
  truncated(endOffset: number): void {
    this.recoveryPoint = Math.min(this.recoveryPoint, endOffset)
    this.checkpoint = Math.min(this.checkpoint, endOffset)
    this.#settled.truncated(endOffset)
    this.#truncations++
  }

  flush(log: FlushTarget): Promise<void> {
    if (this.#running === undefined) return this.#start(log)
    this.#next ??= this.#running
      .catch(() => undefined) // Its own callers hear of that failure; this flush finds the log offline.
      .then(() => {
        this.#next = undefined
        return this.#start(log)
      })
    return this.#next
  }

  #start(log: FlushTarget): Promise<void> {
    this.#running = this.#run(log).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #run(log: FlushTarget): Promise<void> {
    log.ensureOnline()
    const { logEndOffset, segments } = log
    const truncations = this.#truncations
    if (logEndOffset === this.recoveryPoint && !this.hasNewNames) return
    const first = segments.floor(this.recoveryPoint)
    for (const segment of segments.all.slice(first)) {
      await syncIfPresent(segments, segment)
      log.ensureOnline()
    }
    const changedFiles = [...this.changedFiles]
    this.changedFiles.clear()
    for (const name of changedFiles) await syncFile(this.#disk, `${log.folder}/${name}`)
    if (this.hasNewNames || changedFiles.length > 0) {
      this.hasNewNames = false
      await this.#disk.syncFolder(log.folder)
    }
    if (truncations !== this.#truncations) return
    this.recoveryPoint = Math.max(this.recoveryPoint, logEndOffset)
    this.#settled.advance(this.recoveryPoint, this.#clock.monotonic())
  }
}

async function syncFile(disk: Disk, path: string): Promise<void> {
  if (!disk.exists(path)) return
  const file = disk.open(path, 'write')
  try {
    await file.sync()
  } finally {
    file.close()
  }
}

/** Retention and truncation may remove a segment while the disk is busy. */
async function syncIfPresent(segments: SegmentList, segment: Segment): Promise<void> {
  if (!segments.all.includes(segment)) return
  try {
    await segment.sync(segment !== segments.active)
  } catch (error) {
    if (segments.all.includes(segment)) throw error
  }
}
