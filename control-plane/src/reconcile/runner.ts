import { type Cluster, failed, restored, withOperation, withTrouble } from '../model/cluster.ts'
import type { ClusterArn } from '../model/identifiers.ts'
import {
  isRollingBack,
  nextStep,
  type Operation,
  type OperationError,
  operationFailed,
  stepCompleted,
  stepStarted,
} from '../model/operation.ts'
import type { StepName } from '../model/operation-steps.ts'
import type { Mutex } from './mutex.ts'
import { needsHealing, replaceFailedHost } from './steps/healing.ts'
import { steps } from './steps/index.ts'
import type { StepContext, StepOutcome } from './steps/step.ts'

export interface RunnerContext extends StepContext {
  readonly allocation: Mutex
  /** Whether this process may still change anything: another control plane may have taken over meanwhile. */
  readonly leads: () => boolean
  readonly now: () => number
}

export type Progress =
  /** No operation is under way (any more). */
  | { readonly kind: 'IDLE' }
  | { readonly kind: 'ADVANCED' }
  | {
      readonly kind: 'WAITING'
      readonly step: StepName
      readonly waitMs: number
      readonly reason: string
      /** Waiting for the same thing for too long is a failure; `undefined` if it never is. */
      readonly stuckOn: string | undefined
    }

/**
 * Runs the step whose turn it is and records it. Nothing is remembered between calls: killed at any point, the
 * next call, in this process or another, goes on from what is stored.
 */
export async function runNextStep(arn: ClusterArn, context: RunnerContext): Promise<Progress> {
  const cluster = await context.clusters.find(arn)
  const operation = cluster?.activeOperation
  const name = operation && nextStep(operation)
  if (!cluster || !operation || !name) return { kind: 'IDLE' }
  if (needsHealing(cluster)) return heal(cluster, operation, name, context)
  if (operation.steps.some(({ stepName, stepStatus }) => stepName === name && stepStatus === 'PENDING')) {
    await advance(arn, operation, context, (newest) =>
      withOperation(newest, stepStarted(newest.activeOperation!, name)),
    )
  }
  const run = () => runStep(arn, operation, name, context)
  const outcome = await (steps[name].exclusive ? context.allocation.run(run) : run())
  if (outcome.kind === 'WAIT') {
    const { waitMs, reason, progress = '', patient = false } = outcome
    const stuckOn = patient || isPatient(name, operation) ? undefined : `${name} ${progress}`
    return { kind: 'WAITING', step: name, waitMs, reason, stuckOn }
  }
  return { kind: outcome.kind === 'FORGOTTEN' ? 'IDLE' : 'ADVANCED' }
}

/** Whatever the step, it could not get on without the host; and that comes back however long it takes. */
async function heal(
  cluster: Cluster,
  operation: Operation,
  step: StepName,
  context: RunnerContext,
): Promise<Progress> {
  checkLeads(context)
  const outcome = await replaceFailedHost(cluster, context)
  if (outcome.kind !== 'WAIT') return { kind: 'ADVANCED' }
  const { change, waitMs, reason } = outcome
  if (change !== undefined) await advance(cluster, operation, context, change)
  return { kind: 'WAITING', step, waitMs, reason, stuckOn: undefined }
}

export function isPatient(name: StepName, operation: Operation): boolean {
  const { patient } = steps[name]
  return patient === true || (patient === 'ONLY_WAY' && isOnlyWay(operation))
}

/** What is given up goes back to where it came from; a broker whose partitions have all moved has nothing to go back to. */
function isOnlyWay(operation: Operation): boolean {
  return isRollingBack(operation) || operation.operationType === 'MOVE_BROKERS'
}

/**
 * Rolls an update back, or ends it if that failed too: the cluster goes on as it was. A cluster that could not be
 * created or deleted is FAILED, and may only be deleted.
 */
export async function failOperation(
  arn: ClusterArn,
  error: OperationError,
  context: RunnerContext,
): Promise<void> {
  const operation = (await context.clusters.find(arn))?.activeOperation
  if (!operation) return
  const ended = operationFailed(operation, error, context.now())
  const change = (newest: Cluster): Cluster => {
    if (ended.endTime === undefined) return newest
    return isUpdate(operation) ? restored(newest) : failed(newest, error)
  }
  await advance(arn, operation, context, (newest) => withOperation(change(newest), ended))
}

function isUpdate({ operationType }: Operation): boolean {
  return operationType !== 'CREATE_CLUSTER' && operationType !== 'DELETE_CLUSTER'
}

async function runStep(
  arn: ClusterArn,
  operation: Operation,
  name: StepName,
  context: RunnerContext,
): Promise<StepOutcome> {
  // An exclusive step decides on what it reads, so it must read after its turn came.
  const cluster = await context.clusters.find(arn)
  if (!cluster) return { kind: 'FORGOTTEN' }
  checkLeads(context)
  const outcome = await steps[name].run(cluster, context)
  if (outcome.kind === 'FORGOTTEN') return outcome
  const change = outcome.change ?? ((newest: Cluster) => newest)
  if (outcome.kind === 'WAIT') {
    await advance(arn, operation, context, change)
    return outcome
  }
  await advance(arn, operation, context, (newest) => {
    const changed = withTrouble(change(newest), undefined)
    return withOperation(changed, stepCompleted(changed.activeOperation!, name, context.now()))
  })
  return outcome
}

/**
 * Writes a change of cluster and operation. An operation that has ended moves to the history first: a crash
 * between the two writes only repeats the last step.
 */
async function advance(
  arn: ClusterArn,
  operation: Operation,
  context: RunnerContext,
  change: (cluster: Cluster) => Cluster,
): Promise<void> {
  const current = (cluster: Cluster) => cluster.activeOperation?.operationUuid === operation.operationUuid
  const before = await context.clusters.find(arn)
  const ended = before && current(before) ? change(before).activeOperation : undefined
  checkLeads(context)
  if (before && ended?.endTime !== undefined) {
    const { clusterArn, clusterType } = before
    await context.clusters.putOperation(before, { clusterArn, clusterType, operation: ended })
  }
  await context.clusters.update(arn, (newest) => {
    if (!current(newest)) return newest
    const changed = change(newest)
    return changed.activeOperation?.endTime === undefined ? changed : withOperation(changed, undefined)
  })
}

function checkLeads({ leads }: RunnerContext): void {
  if (!leads()) throw new Error('Another control plane may lead by now: it goes on from here')
}
