import type { Timers } from '../../runtime/types.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'

/** The part of a partition's log that group commit needs. */
export interface CommittableLog {
  readonly logEndOffset: number
  commit(): void
  needsSync(): boolean
  flush(): Promise<void>
}

/** Told once its records are written (and synced, where the topic asks for that), or why they are not. */
export type CommitWaiter = (error: KafkaError | undefined) => void

interface Batch {
  readonly waiters: CommitWaiter[]
  readonly onCommitted: (endOffset: number) => void
}

/** More staged bytes than this are written at once: the memory behind them is bounded. */
const STAGED_BYTES_MAX = 1024 * 1024

/**
 * Gathers everything that the requests of one turn of the event loop append, so that each partition pays one
 * vectored write for all of them. Staged records are invisible to readers and unacknowledged until then.
 */
export class GroupCommit {
  readonly #timers: Timers
  #staged = new Map<CommittableLog, Batch>()
  #stagedBytes = 0
  #scheduled = false

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** `onCommitted` runs once per log and commit, before the waiters: it moves the high watermark to the given end. */
  add(
    log: CommittableLog,
    sizeBytes: number,
    onCommitted: (endOffset: number) => void,
    waiter: CommitWaiter,
  ): void {
    const batch = this.#staged.get(log)
    if (batch === undefined) this.#staged.set(log, { waiters: [waiter], onCommitted })
    else batch.waiters.push(waiter)
    this.#stagedBytes += sizeBytes
    if (this.#stagedBytes >= STAGED_BYTES_MAX) this.commitAll()
    else if (!this.#scheduled) this.#schedule()
  }

  get isEmpty(): boolean {
    return this.#staged.size === 0
  }

  commitAll(): void {
    if (this.#staged.size === 0) return
    const staged = this.#staged
    // A new one: of a map that is cleared V8 keeps the former contents, linked to the next, until a major collection.
    this.#staged = new Map()
    this.#stagedBytes = 0
    for (const [log, batch] of staged) commitOne(log, batch)
  }

  #schedule(): void {
    this.#scheduled = true
    this.#timers.endOfTurn(() => {
      this.#scheduled = false
      this.commitAll()
    })
  }
}

function commitOne(log: CommittableLog, batch: Batch): void {
  try {
    log.commit()
  } catch (error) {
    settle(batch, storageError(error))
    return
  }
  // While the disk is busy more may be committed: that is for its own fsync.
  const endOffset = log.logEndOffset
  if (!log.needsSync()) {
    batch.onCommitted(endOffset)
    settle(batch, undefined)
    return
  }
  log.flush().then(
    () => {
      batch.onCommitted(endOffset)
      settle(batch, undefined)
    },
    (error) => settle(batch, storageError(error)),
  )
}

function settle(batch: Batch, error: KafkaError | undefined): void {
  for (const waiter of batch.waiters) waiter(error)
}

/** Whatever kept the records from the disk, a client may try again elsewhere: KAFKA_STORAGE_ERROR. */
function storageError(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error
  return new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, error instanceof Error ? error.message : String(error))
}
