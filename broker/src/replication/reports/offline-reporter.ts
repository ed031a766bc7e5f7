/**
 * Tells the controller which replicas here have lost their log to a failing disk (AssignReplicasToDirs, KIP-858), so
 * that another one leads at once, and which of them are back: everything of one turn in one request, again and again
 * until it is heard.
 */
import { LOST_DIRECTORY } from '../../cluster/index.ts'
import type { Timers } from '../../runtime/types.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { ErrorCode, errorName } from '../../wire/index.ts'
import { backoffMs } from '../backoff.ts'

export interface OfflineReplica {
  readonly topicId: string
  readonly index: number
}

export interface AssignDirectoriesBody {
  readonly directories: readonly {
    readonly id: string
    readonly topics: readonly {
      readonly topicId: string
      readonly partitions: readonly { readonly partitionIndex: number }[]
    }[]
  }[]
}

export interface OfflineReporterParts {
  readonly timers: Timers
  readonly logger: Logger
  /** Where replicas are that are not offline. */
  readonly directoryId: string
  /** Rejects if the controller cannot be reached. */
  readonly assignDirectories: (body: AssignDirectoriesBody) => Promise<{ readonly errorCode: number }>
}

interface Report {
  readonly replica: OfflineReplica
  readonly directoryId: string
}

const BACKOFF_MS_MAX = 500

export class OfflineReporter {
  readonly #parts: OfflineReporterParts
  readonly #offline = new Map<string, OfflineReplica>()
  readonly #unheard = new Map<string, Report>()
  #beingSent: ReadonlyMap<string, Report> = new Map()
  #isBusy = false
  #isStopped = false
  #failures = 0

  constructor(parts: OfflineReporterParts) {
    this.#parts = parts
  }

  report(replica: OfflineReplica): void {
    const key = keyOf(replica)
    this.#offline.set(key, replica)
    this.#unheard.set(key, { replica, directoryId: LOST_DIRECTORY })
    this.#sendSoon()
  }

  /** The log works again; what it has must be proven anew. */
  reportOnline(replica: OfflineReplica): void {
    const key = keyOf(replica)
    this.#offline.delete(key)
    this.#unheard.set(key, { replica, directoryId: this.#parts.directoryId })
    this.#sendSoon()
  }

  /** Whether the controller knows all that was reported of the replica. */
  isHeard(replica: OfflineReplica): boolean {
    const key = keyOf(replica)
    return !this.#unheard.has(key) && !this.#beingSent.has(key)
  }

  /** This broker registered anew: the controller takes its replicas for online. */
  reportAgain(): void {
    for (const replica of this.#offline.values()) {
      this.#unheard.set(keyOf(replica), { replica, directoryId: LOST_DIRECTORY })
    }
    if (this.#unheard.size > 0) this.#sendSoon()
  }

  /** The replica is no longer here. */
  forget(replica: OfflineReplica): void {
    const key = keyOf(replica)
    this.#offline.delete(key)
    this.#unheard.delete(key)
  }

  stop(): void {
    this.#isStopped = true
  }

  #sendSoon(): void {
    if (this.#isBusy || this.#isStopped) return
    this.#isBusy = true
    this.#parts.timers.endOfTurn(() => this.#sendAll())
  }

  async #sendAll(): Promise<void> {
    while (this.#unheard.size > 0 && !this.#isStopped) {
      const sent = new Map(this.#unheard)
      this.#beingSent = sent
      this.#unheard.clear()
      const isHeard = await this.#send([...sent.values()])
      this.#beingSent = new Map()
      if (isHeard) {
        this.#failures = 0
        continue
      }
      for (const [key, report] of sent) if (this.#isCurrent(key, report)) this.#unheard.set(key, report)
      await this.#sleep(backoffMs(this.#failures++, BACKOFF_MS_MAX))
    }
    this.#isBusy = false
  }

  /** Newer news of the same replica come instead; a replica that is gone has none. */
  #isCurrent(key: string, { directoryId }: Report): boolean {
    return !this.#unheard.has(key) && (directoryId !== LOST_DIRECTORY || this.#offline.has(key))
  }

  /** A replica that the controller does not know, or no longer, needs no report: only the whole answer counts. */
  async #send(reports: readonly Report[]): Promise<boolean> {
    const { assignDirectories, logger } = this.#parts
    try {
      const { errorCode } = await assignDirectories(bodyOf(reports))
      if (errorCode === ErrorCode.NONE) return true
      logger.debug('the controller takes no note of offline logs', { error: errorName(errorCode) })
    } catch (error) {
      logger.debug('the controller could not be told of offline logs', { error })
    }
    return false
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.timers.after(delayMs, resolve)
    })
  }
}

function keyOf({ topicId, index }: OfflineReplica): string {
  return `${topicId}-${index}`
}

function bodyOf(reports: readonly Report[]): AssignDirectoriesBody {
  const directories = new Map<string, Map<string, { partitionIndex: number }[]>>()
  for (const { replica, directoryId } of reports) {
    const topics = directories.get(directoryId) ?? new Map<string, { partitionIndex: number }[]>()
    directories.set(directoryId, topics)
    const partitions = topics.get(replica.topicId) ?? []
    topics.set(replica.topicId, partitions)
    partitions.push({ partitionIndex: replica.index })
  }
  return {
    directories: [...directories].map(([id, topics]) => ({
      id,
      topics: [...topics].map(([topicId, partitions]) => ({ topicId, partitions })),
    })),
  }
}
