import { assert } from '../assert.ts'

/**
 * A cluster operation: a persisted sequence of idempotent steps. A control plane that was killed at any point
 * goes on with the first step that is not COMPLETED; a step that had run but was not recorded runs again.
 *
 * Amazon MSK lists only updates. We list the creation and the deletion of a cluster too (the field is a free
 * string in MSK's model), so that every change can be watched in the same way.
 */

export type OperationType = 'CREATE_CLUSTER' | 'DELETE_CLUSTER'
export type OperationState = 'PENDING' | 'UPDATE_IN_PROGRESS' | 'UPDATE_COMPLETE' | 'UPDATE_FAILED'
export type StepStatus = 'PENDING' | 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'

export interface OperationStep {
  readonly stepName: string
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
  readonly startTime: string
  readonly endTime?: string
  readonly errorInfo?: OperationError
  readonly steps: readonly OperationStep[]
}

/** An operation of a living cluster, as it is kept once it has ended. */
export interface OperationRecord {
  readonly clusterArn: string
  readonly clusterType: 'PROVISIONED' | 'SERVERLESS'
  readonly operation: Operation
}

export const STEPS = {
  CREATE_CLUSTER: [
    'ALLOCATE_HOSTS',
    'LAUNCH_HOSTS',
    'ALLOCATE_PORTS',
    'START_UNITS',
    'WAIT_FOR_BROKERS',
    'ACTIVATE',
  ],
  DELETE_CLUSTER: ['STOP_UNITS', 'REMOVE_UNITS', 'RELEASE_HOSTS', 'FORGET'],
} as const satisfies Record<OperationType, readonly string[]>

export type StepName = (typeof STEPS)[OperationType][number]

export function newOperation(
  operationType: OperationType,
  ids: { operationUuid: string; operationArn: string },
  nowMs: number,
): Operation {
  return {
    ...ids,
    operationType,
    operationState: 'PENDING',
    startTime: new Date(nowMs).toISOString(),
    steps: STEPS[operationType].map((stepName) => ({ stepName, stepStatus: 'PENDING' })),
  }
}

/** The step to run next, or undefined when all have completed. */
export function nextStep(operation: Operation): StepName | undefined {
  const step = operation.steps.find(({ stepStatus }) => stepStatus !== 'COMPLETED')
  if (!step) return undefined
  const name = STEPS[operation.operationType].find((known) => known === step.stepName)
  assert(name !== undefined, `${step.stepName} is a step of ${operation.operationType}`)
  return name
}

export function stepStarted(operation: Operation, name: StepName): Operation {
  return { ...withStep(operation, name, 'IN_PROGRESS'), operationState: 'UPDATE_IN_PROGRESS' }
}

/** Records the step; with the last one the whole operation is complete. */
export function stepCompleted(operation: Operation, name: StepName, nowMs: number): Operation {
  assert(nextStep(operation) === name, `${name} is the step whose turn it is`)
  const advanced = withStep(operation, name, 'COMPLETED')
  if (nextStep(advanced) !== undefined) return { ...advanced, operationState: 'UPDATE_IN_PROGRESS' }
  return { ...advanced, operationState: 'UPDATE_COMPLETE', endTime: new Date(nowMs).toISOString() }
}

export function operationFailed(operation: Operation, errorInfo: OperationError, nowMs: number): Operation {
  const name = nextStep(operation)
  return {
    ...(name === undefined ? operation : withStep(operation, name, 'FAILED')),
    operationState: 'UPDATE_FAILED',
    endTime: new Date(nowMs).toISOString(),
    errorInfo,
  }
}

function withStep(operation: Operation, name: StepName, stepStatus: StepStatus): Operation {
  const steps = operation.steps.map((step) => (step.stepName === name ? { ...step, stepStatus } : step))
  return { ...operation, steps }
}
