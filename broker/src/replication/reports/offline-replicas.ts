/** The replicas here whose log is offline: the controller hears of them, and of those that could be opened again. */
import type { Timers } from '../../runtime/types.ts'
import type { Sliced } from '../../storage/index.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { LogRevival } from './log-revival.ts'
import { type AssignDirectoriesBody, type OfflineReplica, OfflineReporter } from './offline-reporter.ts'

export interface OfflineReplicasParts {
  readonly timers: Timers
  readonly monotonicMs: () => number
  readonly logger: Logger
  /** Of the only log directory. */
  readonly directoryId: string
  readonly assignDirectories: (body: AssignDirectoriesBody) => Promise<{ readonly errorCode: number }>
  readonly hasRoom: () => boolean
  /** Opens the log again: whether it works, has to wait or is of no interest any more. */
  readonly reopen: (replica: OfflineReplica) => Sliced<Reopened>
}

export type Reopened = 'online' | 'offline' | 'gone'

export class OfflineReplicas {
  readonly #parts: OfflineReplicasParts
  readonly #reporter: OfflineReporter
  readonly #revival: LogRevival

  constructor(parts: OfflineReplicasParts) {
    this.#parts = parts
    const { timers, monotonicMs, hasRoom } = parts
    this.#reporter = new OfflineReporter(parts)
    this.#revival = new LogRevival({
      timers,
      monotonicMs,
      hasRoom,
      revive: (replica) => this.#revive(replica),
    })
  }

  add(replica: OfflineReplica): void {
    this.#reporter.report(replica)
    this.#revival.add(keyOf(replica), replica)
  }

  /** The replica is no longer here. */
  forget(replica: OfflineReplica): void {
    this.#reporter.forget(replica)
    this.#revival.forget(keyOf(replica))
  }

  /** This broker registered anew: the controller takes its replicas for online. */
  reportAgain(): void {
    this.#reporter.reportAgain()
  }

  stop(): void {
    this.#reporter.stop()
    this.#revival.stop()
  }

  /** Until the controller has heard of the failure it counts on the replica, which must not come back unnoticed. */
  *#revive(replica: OfflineReplica): Sliced<boolean> {
    if (!this.#reporter.isHeard(replica)) return false
    const outcome = yield* this.#parts.reopen(replica)
    if (outcome === 'online') {
      this.#parts.logger.info('a log that was offline works again', { ...replica })
      this.#reporter.reportOnline(replica)
    }
    return outcome !== 'offline'
  }
}

function keyOf({ topicId, index }: OfflineReplica): string {
  return `${topicId}-${index}`
}
