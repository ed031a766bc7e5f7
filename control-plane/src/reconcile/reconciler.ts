import type { Lease, Leases } from '@freshet/coordination'
import { errorText, type Logger } from '../log.ts'
import type { ClusterArn } from '../model/identifiers.ts'
import { nextStep } from '../model/operation.ts'
import type { Signal } from '../signal.ts'
import { failOperation, isPatient, type Progress, type RunnerContext, runNextStep } from './runner.ts'
import { OperationFailure } from './steps/step.ts'

export interface ReconcilerOptions extends RunnerContext {
  readonly leases: Leases
  /** One per data folder on a laptop, so that a restarted control plane goes on at once. */
  readonly holder: string
  /** Notified when a cluster changed or an agent reported. */
  readonly wake: Signal
  readonly log: Logger
  /** Another process has taken over under the same name: this one must not go on. */
  readonly onReplaced: () => void
  readonly stepTimeoutMs?: number
}

export interface ReconcilerStatus {
  readonly leader: boolean
  readonly operations: number
  /** How long the last look at all clusters took. */
  readonly passMs: number
}

export const RECONCILER_LEASE = 'control-plane-reconciler'

/** Moves clusters from actual to desired: runs every operation under way, as long as it holds the lease. */
export class Reconciler {
  readonly #options: ReconcilerOptions
  readonly #stop = new AbortController()
  readonly #running = new Map<string, Promise<void>>()
  #lease: Lease | undefined
  #loop: Promise<void> | undefined
  #passMs = 0

  constructor(options: ReconcilerOptions) {
    this.#options = options
  }

  start(): void {
    this.#loop ??= this.#run()
  }

  /** Lets steps that are under way finish; operations go on with the next start. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#loop
    await Promise.all(this.#running.values())
    if (this.#lease) await this.#options.leases.release(this.#lease)
    this.#lease = undefined
  }

  status(): ReconcilerStatus {
    return { leader: this.#lease !== undefined, operations: this.#running.size, passMs: this.#passMs }
  }

  async #run(): Promise<void> {
    const { wake, log } = this.#options
    while (!this.#stop.signal.aborted) {
      const seen = wake.generation
      try {
        await this.#holdLease()
        const beganMs = performance.now()
        if (this.#lease) await this.#startOperations()
        this.#passMs = performance.now() - beganMs
      } catch (error) {
        log.error('reconciler', { error: errorText(error) })
        await wake.waitAfter(wake.generation, RETRY_MS, this.#stop.signal)
      }
      await wake.waitAfter(seen, this.#lease ? RENEW_MS : RETRY_MS, this.#stop.signal)
    }
  }

  async #holdLease(): Promise<void> {
    const { leases, holder, now, log, onReplaced } = this.#options
    if (this.#lease && this.#lease.expiresAtMs - now() > LEASE_TTL_MS - RENEW_MS) return
    if (this.#lease) {
      this.#lease = await leases.renew(this.#lease, LEASE_TTL_MS)
      if (this.#lease) return
      log.error('reconciler lost its lease')
      if ((await leases.read(RECONCILER_LEASE))?.holder === holder) {
        this.#stop.abort()
        onReplaced()
        return
      }
    }
    this.#lease = await leases.acquire(RECONCILER_LEASE, holder, LEASE_TTL_MS)
    if (this.#lease) log.info('reconciler leads', { token: this.#lease.token })
  }

  async #startOperations(): Promise<void> {
    for (const cluster of await this.#options.clusters.all()) {
      if (!cluster.activeOperation || this.#running.has(cluster.clusterUuid)) continue
      if (this.#running.size >= MAX_CONCURRENT_OPERATIONS) return
      const task = this.#operate(cluster).finally(() => {
        this.#running.delete(cluster.clusterUuid)
        this.#options.wake.notify()
      })
      this.#running.set(cluster.clusterUuid, task)
    }
  }

  /** Runs one cluster's operation to its end, or until this process may no longer. */
  async #operate(arn: ClusterArn): Promise<void> {
    const { wake, now, log } = this.#options
    let waiting: { stuckOn: string; sinceMs: number } | undefined
    while (this.#lease && !this.#stop.signal.aborted) {
      const seen = wake.generation
      const progress = await this.#tryStep(arn)
      if (progress.kind === 'IDLE') return
      if (progress.kind === 'ADVANCED') continue
      const { step, waitMs, reason, stuckOn } = progress
      if (waiting?.stuckOn !== stuckOn)
        waiting = stuckOn === undefined ? undefined : { stuckOn, sinceMs: now() }
      if (waiting && now() - waiting.sinceMs > (this.#options.stepTimeoutMs ?? STEP_TIMEOUT_MS)) {
        log.error('operation timed out', { cluster: arn.clusterName, step, reason })
        await this.#fail(arn, { errorCode: 'TIMED_OUT', errorString: `${step} timed out. ${reason}.` })
        waiting = undefined
        continue
      }
      await wake.waitAfter(seen, waitMs, this.#stop.signal)
    }
  }

  /** An unexpected error is no reason to give up: the step is tried again until its time is over. */
  async #tryStep(arn: ClusterArn): Promise<Progress> {
    try {
      return await runNextStep(arn, this.#options)
    } catch (error) {
      this.#options.log.error('operation step', { cluster: arn.clusterName, error: errorText(error) })
      if (error instanceof OperationFailure) {
        await this.#fail(arn, { errorCode: error.errorCode, errorString: error.message })
      }
      // A store that cannot be read ends this attempt; the loop begins another.
      const cluster = await this.#options.clusters.find(arn).catch(() => undefined)
      const operation = cluster?.activeOperation
      const step = operation && nextStep(operation)
      if (!step) return { kind: 'IDLE' }
      const reason = error instanceof Error ? error.message : String(error)
      const stuckOn = isPatient(step, operation) ? undefined : `${step} fails`
      const waitMs = error instanceof OperationFailure ? FAILED_WAIT_MS : RETRY_MS
      return { kind: 'WAITING', step, waitMs, reason, stuckOn }
    }
  }

  async #fail(arn: ClusterArn, error: { errorCode: string; errorString: string }): Promise<void> {
    await failOperation(arn, error, this.#options).catch((cause: unknown) => {
      this.#options.log.error('operation could not be failed', {
        cluster: arn.clusterName,
        error: errorText(cause),
      })
    })
  }
}

const LEASE_TTL_MS = 15_000
const RENEW_MS = 5_000
const RETRY_MS = 500
const FAILED_WAIT_MS = 10
const STEP_TIMEOUT_MS = 60_000
const MAX_CONCURRENT_OPERATIONS = 32
