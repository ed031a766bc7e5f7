import { type Cluster, failed, withOperation } from '../model/cluster.ts'
import type { ClusterArn } from '../model/identifiers.ts'
import {
  nextStep,
  type Operation,
  type OperationError,
  operationFailed,
  type StepName,
  stepCompleted,
  stepStarted,
} from '../model/operation.ts'
import type { Mutex } from './mutex.ts'
import { type StepContext, type StepOutcome, steps } from './steps.ts'

export interface RunnerContext extends StepContext {
  readonly allocation: Mutex
  readonly now: () => number
}

export type Progress =
  /** No operation is under way (any more). */
  | { readonly kind: 'IDLE' }
  | { readonly kind: 'ADVANCED' }
  | { readonly kind: 'WAITING'; readonly step: StepName; readonly waitMs: number; readonly reason: string }

/**
 * Runs the step whose turn it is and records it. Nothing is remembered between calls: killed at any point, the
 * next call, in this process or another, goes on from what is stored.
 */
export async function runNextStep(arn: ClusterArn, context: RunnerContext): Promise<Progress> {
  const cluster = await context.clusters.find(arn)
  const operation = cluster?.activeOperation
  const name = operation && nextStep(operation)
  if (!cluster || !operation || !name) return { kind: 'IDLE' }
  if (operation.steps.some(({ stepName, stepStatus }) => stepName === name && stepStatus === 'PENDING')) {
    await advance(arn, operation, context, (newest) =>
      withOperation(newest, stepStarted(newest.activeOperation!, name)),
    )
  }
  const run = () => runStep(arn, operation, name, context)
  const outcome = await (steps[name].exclusive ? context.allocation.run(run) : run())
  if (outcome.kind === 'WAIT') {
    return { kind: 'WAITING', step: name, waitMs: outcome.waitMs, reason: outcome.reason }
  }
  return { kind: outcome.kind === 'FORGOTTEN' ? 'IDLE' : 'ADVANCED' }
}

/** Ends the operation; the cluster is FAILED, and may only be deleted. */
export async function failOperation(
  arn: ClusterArn,
  error: OperationError,
  context: RunnerContext,
): Promise<void> {
  const operation = (await context.clusters.find(arn))?.activeOperation
  if (!operation) return
  const ended = operationFailed(operation, error, context.now())
  await advance(arn, operation, context, (newest) => withOperation(failed(newest, error), ended))
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
  const outcome = await steps[name].run(cluster, context)
  if (outcome.kind === 'FORGOTTEN') return outcome
  const change = outcome.change ?? ((newest: Cluster) => newest)
  if (outcome.kind === 'WAIT') {
    await advance(arn, operation, context, change)
    return outcome
  }
  await advance(arn, operation, context, (newest) =>
    withOperation(change(newest), stepCompleted(newest.activeOperation!, name, context.now())),
  )
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
