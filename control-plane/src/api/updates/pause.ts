import type { Hono } from 'hono'
import * as z from 'zod'
import type { Cluster } from '../../model/cluster.ts'
import { newUuid, operationArn } from '../../model/identifiers.ts'
import { endedOperation, nextStep } from '../../model/operation.ts'
import { rebalancing } from '../clusters/cluster-schemas.ts'
import { provisionedOnly } from '../clusters/clusters.ts'
import { type ApiContext, type ApiEnv, clusterInPath } from '../http/context.ts'
import { parseBody } from '../http/validation.ts'
import { checkVersion, currentVersion } from './update.ts'

const body = z.object({ currentVersion, rebalancing })

/**
 * UpdateRebalancing while partitions are moving takes effect at once, beside the operation that moves them:
 * whoever wants a pause cannot wait for the end. PAUSED ends a rebalance after the moves under way, and holds a
 * drain until it is ACTIVE again.
 */
export function pauseRoute(app: Hono<ApiEnv>, context: ApiContext): void {
  const { account, clusters, now } = context
  app.put('/v1/clusters/:clusterArn/rebalancing', async (c, next) => {
    const { rebalancing, currentVersion } = parseBody(body, c.var.body)
    const cluster = provisionedOnly(await clusterInPath(c, context))
    if (!isMoving(cluster)) return next()
    const { status } = rebalancing
    checkVersion(cluster, currentVersion)
    await clusters.update(cluster, (newest) => (isMoving(newest) ? withRebalancing(newest, status) : newest))
    const { clusterArn, clusterType, clusterName, clusterUuid } = cluster
    const operationUuid = newUuid()
    const ids = {
      operationUuid,
      operationArn: operationArn(account, { clusterName, clusterUuid, operationUuid }),
    }
    const update = {
      source: { rebalancing: cluster.provisioned.rebalancing },
      target: { rebalancing: { status } },
    }
    const operation = endedOperation('UPDATE_REBALANCING', ids, now(), update)
    const clientRequestId = c.var.requestId
    await clusters.putOperation(cluster, {
      clusterArn,
      clusterType,
      operation: { ...operation, clientRequestId },
    })
    return c.json({ clusterArn, clusterOperationArn: operation.operationArn })
  })
}

function isMoving({ activeOperation }: Cluster): boolean {
  const step = activeOperation && nextStep(activeOperation)
  return step === 'REBALANCE_PARTITIONS' || step === 'DRAIN_BROKERS'
}

function withRebalancing(cluster: Cluster, status: 'ACTIVE' | 'PAUSED'): Cluster {
  if (cluster.clusterType !== 'PROVISIONED') return cluster
  const { activeOperation } = cluster
  const specification = activeOperation?.update?.specification
  const changed = { ...cluster, provisioned: { ...cluster.provisioned, rebalancing: { status } } }
  if (!activeOperation?.update || !specification) return changed
  const update = { ...activeOperation.update, specification: { ...specification, rebalancing: { status } } }
  return { ...changed, activeOperation: { ...activeOperation, update } }
}
