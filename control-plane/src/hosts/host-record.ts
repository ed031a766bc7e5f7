import { randomUUID } from 'node:crypto'
import type { Documents } from '@freshet/coordination'
import type { Cluster } from '../model/cluster.ts'
import { Collection } from '../model/collection.ts'
import { type Host, type HostLoad, wantedHosts } from '../model/host.ts'

/**
 * What is kept of a host beyond that brokers are placed on it: whether it is cordoned, and the operation that an
 * operator, a notice of the cloud or a new image has begun on it. Most hosts have no record.
 */
export interface HostRecord extends Host {
  readonly shared: boolean
  /** Nothing more is placed there. */
  readonly cordon?: Cordon
  /** The last one. */
  readonly operation?: HostOperation
}

export interface Cordon {
  readonly reason: string
  readonly since: string
}

export type HostOperationType = keyof typeof HOST_STEPS
export type HostStepName = (typeof HOST_STEPS)[HostOperationType][number]

/** A persisted sequence of idempotent steps, as an operation of a cluster is. */
export interface HostOperation {
  readonly operationId: string
  readonly type: HostOperationType
  readonly state: 'IN_PROGRESS' | 'COMPLETE' | 'FAILED'
  readonly reason: string
  readonly startTime: string
  readonly endTime?: string
  readonly steps: readonly { readonly stepName: HostStepName; readonly stepStatus: 'PENDING' | 'COMPLETED' }[]
  /** What keeps the step from ending, or why it failed. */
  readonly message?: string
  /** The instance that is to make way. */
  readonly instanceId?: string
  /** The agent is not waited for. */
  readonly force: boolean
  /** The host was not cordoned before: a replaced one is open again. */
  readonly uncordons: boolean
}

export const HOST_STEPS = {
  REPLACE: ['REPLACE_INSTANCE'],
  DRAIN: ['MOVE_BROKERS'],
  TERMINATE: ['MOVE_BROKERS', 'TERMINATE_INSTANCE'],
} as const

export interface NewHostOperation {
  readonly type: HostOperationType
  readonly reason: string
  readonly instanceId?: string
  readonly force?: boolean
}

/** The same record if an operation is under way already, except that one of the same type may be forced. */
export function withOperation(record: HostRecord, request: NewHostOperation, nowMs: number): HostRecord {
  if (record.operation?.state === 'IN_PROGRESS') {
    const isForced = request.force === true && request.type === record.operation.type
    return isForced ? { ...record, operation: { ...record.operation, force: true } } : record
  }
  const { type, reason, instanceId, force = false } = request
  const startTime = new Date(nowMs).toISOString()
  return {
    ...record,
    cordon: record.cordon ?? { reason, since: startTime },
    operation: {
      operationId: randomUUID(),
      type,
      state: 'IN_PROGRESS',
      reason,
      startTime,
      steps: HOST_STEPS[type].map((stepName) => ({ stepName, stepStatus: 'PENDING' })),
      ...(instanceId === undefined ? {} : { instanceId }),
      force,
      uncordons: type === 'REPLACE' && record.cordon === undefined,
    },
  }
}

export function isUnderWay({ operation }: HostRecord): boolean {
  return operation?.state === 'IN_PROGRESS'
}

export function nextStep({ steps }: HostOperation): HostStepName | undefined {
  return steps.find(({ stepStatus }) => stepStatus === 'PENDING')?.stepName
}

export type HostOutcome =
  | { readonly kind: 'DONE' }
  | { readonly kind: 'WAIT'; readonly reason: string }
  | { readonly kind: 'FAILED'; readonly reason: string }

/** The same record if nothing is to be noted. */
export function withOutcome(record: HostRecord, outcome: HostOutcome, nowMs: number): HostRecord {
  const { operation } = record
  if (operation === undefined || !isUnderWay(record)) return record
  const { message: _former, ...rest } = operation
  const endTime = new Date(nowMs).toISOString()
  if (outcome.kind === 'WAIT') {
    const { reason } = outcome
    return operation.message === reason ? record : { ...record, operation: { ...rest, message: reason } }
  }
  if (outcome.kind === 'FAILED')
    return { ...record, operation: { ...rest, state: 'FAILED', message: outcome.reason, endTime } }
  const step = nextStep(operation)
  const steps = operation.steps.map((each) =>
    each.stepName === step ? { ...each, stepStatus: 'COMPLETED' as const } : each,
  )
  if (nextStep({ ...rest, steps }) !== undefined) return { ...record, operation: { ...rest, steps } }
  const ended = { ...record, operation: { ...rest, steps, state: 'COMPLETE' as const, endTime } }
  return operation.uncordons ? uncordoned(ended) : ended
}

export function uncordoned({ cordon: _former, ...record }: HostRecord): HostRecord {
  return record
}

/** Emptied by an operator who has not yet said what is to become of it. */
export function isKeptEmpty({ operation }: HostRecord): boolean {
  return operation?.type === 'DRAIN'
}

/** All hosts that brokers are on, or could be placed on. */
export function hostLoads(clusters: readonly Cluster[], records: readonly HostRecord[]): HostLoad[] {
  const cordoned = new Set(records.flatMap(({ hostId, cordon }) => (cordon ? [hostId] : [])))
  const wanted = wantedHosts(clusters)
  const known = new Set(wanted.map(({ hostId }) => hostId))
  const empty = records.filter(({ hostId, operation }) => !known.has(hostId) && operation?.type !== 'REPLACE')
  const all = [
    ...wanted,
    ...empty.map(({ hostId, zone, shared }) => ({ hostId, zone, shared, unitCount: 0 })),
  ]
  return all.map((load) => (cordoned.has(load.hostId) ? { ...load, cordoned: true } : load))
}

export class HostStore {
  readonly #records: Collection<HostRecord>

  constructor(documents: Documents) {
    this.#records = new Collection(documents, 'hosts/')
  }

  list(): Promise<HostRecord[]> {
    return this.#records.list()
  }

  get(hostId: string): Promise<HostRecord | undefined> {
    return this.#records.get(hostId)
  }

  /** Changes the record that is there, or one that says nothing yet. `change` may be called again. */
  async change(
    { hostId, zone, shared }: Host & { readonly shared: boolean },
    change: (record: HostRecord) => HostRecord,
  ): Promise<HostRecord> {
    for (;;) {
      const changed = await this.#records.update(hostId, change)
      if (changed !== undefined) return changed
      const created = change({ hostId, zone, shared })
      if (await this.#records.create(hostId, created)) return created
    }
  }

  /** Undefined if there is no such record any more. */
  update(hostId: string, change: (record: HostRecord) => HostRecord): Promise<HostRecord | undefined> {
    return this.#records.update(hostId, change)
  }

  forget(hostId: string): Promise<void> {
    return this.#records.delete(hostId)
  }
}
