import type { Lease, Leases } from '@freshet/coordination'
import { errorText, type Logger } from '../log.ts'
import type { ClusterArn } from '../model/identifiers.ts'
import { nextStep } from '../model/operation.ts'
import type { Signal } from '../signal.ts'
import { type LeaderTask, runLeaderTasks } from './leader-tasks.ts'
import { failOperation, isPatient, type Progress, type RunnerContext, runNextStep } from './runner.ts'
import { OperationFailure } from './steps/step.ts'

export interface ReconcilerOptions extends Omit<RunnerContext, 'leads'> {
  readonly leases: Leases
  /** Of this control plane alone, and the same after a restart, so that it goes on at once. */
  readonly holder: string
  /** Notified when a cluster changed or an agent reported. */
  readonly wake: Signal
  readonly log: Logger
  /** Another process has taken over under the same name: this one must not go on. */
  readonly onReplaced: () => void
  readonly stepTimeoutMs?: number
  /** Others may have changed anything before this process got the lease. */
  readonly onLead?: () => void
  /** What else only one control plane may do. */
  readonly tasks?: readonly LeaderTask[]
}

export interface ReconcilerStatus {
  readonly leader: boolean
  /** Another control plane has the lease, and this one would take it over. */
  readonly standby: boolean
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
  #isStandby = false
  #loop: Promise<unknown> | undefined
  #passMs = 0

  constructor(options: ReconcilerOptions) {
    this.#options = options
  }

  start(): void {
    const { log, tasks = [] } = this.#options
    const leads = () => this.leads()
    this.#loop ??= Promise.all([this.#run(), runLeaderTasks(tasks, { leads, log, stop: this.#stop.signal })])
  }

  /** Lets steps that are under way finish; operations go on with the next start. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#loop
    await Promise.all(this.#running.values())
    if (this.#lease) await this.#options.leases.release(this.#lease)
    this.#lease = undefined
  }

  /** Whether this process may act: nobody else can have the lease before what it begins now has ended. */
  leads(): boolean {
    return this.#lease !== undefined && this.#lease.expiresAtMs - this.#options.now() > MARGIN_MS
  }

  status(): ReconcilerStatus {
    return {
      leader: this.leads(),
      standby: this.#isStandby,
      operations: this.#running.size,
      passMs: this.#passMs,
    }
  }

  async #run(): Promise<void> {
    const { wake, log } = this.#options
    while (!this.#stop.signal.aborted) {
      const seen = wake.generation
      try {
        await this.#holdLease()
        const beganMs = performance.now()
        if (this.leads()) await this.#startOperations()
        this.#passMs = performance.now() - beganMs
      } catch (error) {
        this.#isStandby = false
        log.error('reconciler', { error: errorText(error) })
        await wake.waitAfter(wake.generation, RETRY_MS, this.#stop.signal)
      }
      await wake.waitAfter(seen, this.#lease ? RENEW_MS : STANDBY_MS, this.#stop.signal)
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
    this.#isStandby = this.#lease === undefined
    if (!this.#lease) return
    log.info('reconciler leads', { token: this.#lease.token })
    this.#options.onLead?.()
  }

  async #startOperations(): Promise<void> {
    for (const cluster of await this.#options.clusters.snapshot()) {
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
    const { wake, now, log, clusters } = this.#options
    let hasAdvanced = false
    let waiting: { stuckOn: string; sinceMs: number } | undefined
    let latest: { reason: string; sinceMs: number } | undefined
    while (this.leads() && !this.#stop.signal.aborted) {
      const seen = wake.generation
      const progress = await this.#tryStep(arn)
      // Another control plane ended it, which the snapshot may not show yet.
      if (progress.kind === 'IDLE') return hasAdvanced ? undefined : clusters.changedElsewhere()
      hasAdvanced = progress.kind === 'ADVANCED'
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
      if (latest?.reason !== reason) latest = { reason, sinceMs: now() }
      await wake.waitAfter(seen, pauseMs(waitMs, now() - latest.sinceMs), this.#stop.signal)
    }
  }

  /** An unexpected error is no reason to give up: the step is tried again until its time is over. */
  async #tryStep(arn: ClusterArn): Promise<Progress> {
    try {
      return await runNextStep(arn, this.#context())
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

  #context(): RunnerContext {
    return { ...this.#options, leads: () => this.leads() }
  }

  async #fail(arn: ClusterArn, error: { errorCode: string; errorString: string }): Promise<void> {
    await failOperation(arn, error, this.#context()).catch((cause: unknown) => {
      this.#options.log.error('operation could not be failed', {
        cluster: arn.clusterName,
        error: errorText(cause),
      })
    })
  }
}

/** What has just begun may be over soon; the longer it takes already, the rarer it is looked at. */
export function pauseMs(waitMs: number, waitedMs: number): number {
  return Math.min(waitMs, Math.max(FIRST_PAUSE_MS, waitedMs))
}

const FIRST_PAUSE_MS = 250
const LEASE_TTL_MS = 15_000
const RENEW_MS = 5_000
/** What is begun within the lease ends within it: a write to the store is given up before this is over. */
const MARGIN_MS = 4_000
const STANDBY_MS = 2_000
const RETRY_MS = 500
const FAILED_WAIT_MS = 10
const STEP_TIMEOUT_MS = 60_000
const MAX_CONCURRENT_OPERATIONS = 32
