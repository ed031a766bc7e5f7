/**
 * Tells the controller which replicas here have lost their log to a failing disk (AssignReplicasToDirs, KIP-858), so
 * that another one leads at once: everything of one turn in one request, again and again until it is heard.
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
  /** Rejects if the controller cannot be reached. */
  readonly assignDirectories: (body: AssignDirectoriesBody) => Promise<{ readonly errorCode: number }>
}

const BACKOFF_MS_MAX = 500

export class OfflineReporter {
  readonly #parts: OfflineReporterParts
  readonly #offline = new Map<string, OfflineReplica>()
  readonly #unheard = new Map<string, OfflineReplica>()
  #isBusy = false
  #isStopped = false
  #failures = 0

  constructor(parts: OfflineReporterParts) {
    this.#parts = parts
  }

  report(replica: OfflineReplica): void {
    const key = keyOf(replica)
    this.#offline.set(key, replica)
    this.#unheard.set(key, replica)
    this.#sendSoon()
  }

  /** This broker registered anew: the controller takes its replicas for online. */
  reportAgain(): void {
    for (const [key, replica] of this.#offline) this.#unheard.set(key, replica)
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
      const sent = [...this.#unheard]
      this.#unheard.clear()
      if (await this.#send(sent.map(([, replica]) => replica))) {
        this.#failures = 0
        continue
      }
      for (const [key, replica] of sent) if (this.#offline.has(key)) this.#unheard.set(key, replica)
      await this.#sleep(backoffMs(this.#failures++, BACKOFF_MS_MAX))
    }
    this.#isBusy = false
  }

  /** A replica that the controller does not know, or no longer, needs no report: only the whole answer counts. */
  async #send(replicas: readonly OfflineReplica[]): Promise<boolean> {
    const { assignDirectories, logger } = this.#parts
    try {
      const { errorCode } = await assignDirectories(bodyOf(replicas))
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

function bodyOf(replicas: readonly OfflineReplica[]): AssignDirectoriesBody {
  const topics = new Map<string, { partitionIndex: number }[]>()
  for (const { topicId, index } of replicas) {
    const partitions = topics.get(topicId)
    if (partitions === undefined) topics.set(topicId, [{ partitionIndex: index }])
    else partitions.push({ partitionIndex: index })
  }
  const byTopic = [...topics].map(([topicId, partitions]) => ({ topicId, partitions }))
  return { directories: [{ id: LOST_DIRECTORY, topics: byTopic }] }
}
