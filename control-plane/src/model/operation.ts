import { assert } from '../assert.ts'
import { ROLLBACK_STEPS, STEPS, type StepName } from './operation-steps.ts'
import type { MutableClusterInfo, ProvisionedSpecification } from './specification.ts'

/**
 * A cluster operation: a persisted sequence of idempotent steps. A control plane that was killed at any point
 * goes on with the first step that has not ended; a step that had run but was not recorded runs again.
 *
 * An operation that cannot go on is rolled back by further steps of the same kind, and has then failed.
 *
 * Amazon MSK lists only updates. We list the creation, the deletion and the healing of a cluster too (the field is a
 * free string in MSK's model), so that every change can be watched in the same way.
 */

export type OperationType = keyof typeof STEPS
export type UpdateType = Exclude<OperationType, 'CREATE_CLUSTER' | 'DELETE_CLUSTER' | 'HEAL_BROKER'>
export type OperationState =
  | 'PENDING'
  | 'UPDATE_IN_PROGRESS'
  | 'UPDATE_COMPLETE'
  | 'UPDATE_FAILED'
  | 'REBOOT_IN_PROGRESS'
  | 'REBOOT_COMPLETE'
  | 'REBOOT_FAILED'
export type StepStatus = 'PENDING' | 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'

export interface OperationStep {
  readonly stepName: StepName
  readonly stepStatus: StepStatus
}

export interface OperationError {
  readonly errorCode: string
  readonly errorString: string
}

export interface Operation {
  readonly operationUuid: string
  readonly operationArn: string
  readonly operationType: OperationType
  readonly operationState: OperationState
  /** Of the API's request that asked for it; nobody asked for what the service does by itself. */
  readonly clientRequestId?: string
  readonly startTime: string
  readonly endTime?: string
  readonly errorInfo?: OperationError
  readonly steps: readonly OperationStep[]
  readonly update?: ClusterUpdate
}

/** What an update is to change, beyond its type. */
export interface ClusterUpdate {
  readonly source: MutableClusterInfo
  readonly target: MutableClusterInfo
  /** The whole specification as it is to be; absent where it stays. */
  readonly specification?: ProvisionedSpecification
  /** The brokers to restart whatever their properties; the others restart if their properties change. */
  readonly restart?: readonly number[]
  /** Sizes of single brokers' volumes. */
  readonly volumeSizesGB?: Readonly<Record<number, number>>
  /** The host that is to get another instance. */
  readonly host?: HostReplacement
  /** Brokers that go, and in their order those that come in their places. */
  readonly exchange?: { readonly leaving: readonly number[]; readonly joining: readonly number[] }
}

export interface HostReplacement {
  readonly hostId: string
  /** The instance that makes way; absent where hosts have none. */
  readonly instanceId?: string
}

/** An operation of a living cluster, as it is kept once it has ended. */
export interface OperationRecord {
  readonly clusterArn: string
  readonly clusterType: 'PROVISIONED' | 'SERVERLESS'
  readonly operation: Operation
}

/** Sorts operations by the time at which they began. */
export function operationKey({ operation }: OperationRecord): string {
  return `${operation.startTime}/${operation.operationUuid}`
}

export function newOperation(
  operationType: OperationType,
  ids: { operationUuid: string; operationArn: string },
  nowMs: number,
  update?: ClusterUpdate,
): Operation {
  return {
    ...ids,
    operationType,
    operationState: 'PENDING',
    startTime: new Date(nowMs).toISOString(),
    steps: STEPS[operationType].map((stepName) => ({ stepName, stepStatus: 'PENDING' })),
    ...(update === undefined ? {} : { update }),
  }
}

/** An operation that took effect in the moment in which it was asked for. */
export function endedOperation(
  operationType: OperationType,
  ids: { operationUuid: string; operationArn: string },
  nowMs: number,
  update: ClusterUpdate,
): Operation {
  const operation = newOperation(operationType, ids, nowMs, update)
  return {
    ...operation,
    operationState: stateOf(operation, 'COMPLETE'),
    endTime: operation.startTime,
    steps: operation.steps.map((step) => ({ ...step, stepStatus: 'COMPLETED' })),
  }
}

/** The step to run next, or undefined when all have ended. */
export function nextStep(operation: Operation): StepName | undefined {
  return operation.steps.find(({ stepStatus }) => stepStatus === 'PENDING' || stepStatus === 'IN_PROGRESS')
    ?.stepName
}

export function isRollingBack({ errorInfo, endTime }: Operation): boolean {
  return errorInfo !== undefined && endTime === undefined
}

export function stepStarted(operation: Operation, name: StepName): Operation {
  return { ...withStep(operation, name, 'IN_PROGRESS'), operationState: stateOf(operation, 'IN_PROGRESS') }
}

/** Records the step; with the last one the whole operation has ended. */
export function stepCompleted(operation: Operation, name: StepName, nowMs: number): Operation {
  assert(nextStep(operation) === name, `${name} is the step whose turn it is`)
  const advanced = withStep(operation, name, 'COMPLETED')
  if (nextStep(advanced) !== undefined)
    return { ...advanced, operationState: stateOf(operation, 'IN_PROGRESS') }
  const outcome = operation.errorInfo === undefined ? 'COMPLETE' : 'FAILED'
  return {
    ...advanced,
    operationState: stateOf(operation, outcome),
    endTime: new Date(nowMs).toISOString(),
  }
}

/** An operation without a way back has ended; one with a way back goes on with the steps of that. */
export function operationFailed(operation: Operation, errorInfo: OperationError, nowMs: number): Operation {
  const name = nextStep(operation)
  const failed = { ...(name === undefined ? operation : withStep(operation, name, 'FAILED')), errorInfo }
  const wayBack = isRollingBack(operation) ? undefined : ROLLBACK_STEPS[operation.operationType]
  if (wayBack !== undefined) {
    const ran = failed.steps.filter(({ stepStatus }) => stepStatus !== 'PENDING')
    const added = wayBack.map((stepName) => ({ stepName, stepStatus: 'PENDING' }) as const)
    return { ...failed, steps: [...ran, ...added] }
  }
  return {
    ...failed,
    operationState: stateOf(operation, 'FAILED'),
    endTime: new Date(nowMs).toISOString(),
  }
}

function stateOf(
  { operationType }: Operation,
  progress: 'IN_PROGRESS' | 'COMPLETE' | 'FAILED',
): OperationState {
  return operationType === 'REBOOT_NODE' ? `REBOOT_${progress}` : `UPDATE_${progress}`
}

/** The way back may repeat a step that failed on the way there: only the one that has not ended is meant. */
function withStep(operation: Operation, name: StepName, stepStatus: StepStatus): Operation {
  const current = operation.steps.findIndex(
    (step) => step.stepName === name && (step.stepStatus === 'PENDING' || step.stepStatus === 'IN_PROGRESS'),
  )
  const steps = operation.steps.map((step, index) => (index === current ? { ...step, stepStatus } : step))
  return { ...operation, steps }
}
