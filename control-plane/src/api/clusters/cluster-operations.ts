import type { Context, Hono } from 'hono'
import { type OperationRecord, operationKey } from '../../model/operation.ts'
import { type ApiContext, type ApiEnv, clusterInPath, findCluster } from '../http/context.ts'
import { notFound } from '../http/errors.ts'
import { pageOf, parsePage } from '../http/pages.ts'
import { requireOperationArn } from '../http/validation.ts'
import { operationInfoV1, operationInfoV2, operationSummaryV2 } from './cluster-views.ts'

/** https://docs.aws.amazon.com/msk/1.0/apireference/operations-clusteroperationarn.html, and version 2 */
export function clusterOperationRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  app.get('/v1/clusters/:clusterArn/operations', async (c) => {
    const { items, nextToken } = await listOperations(c, context)
    return c.json({ clusterOperationInfoList: items.map(operationInfoV1), nextToken })
  })

  app.get('/api/v2/clusters/:clusterArn/operations', async (c) => {
    const { items, nextToken } = await listOperations(c, context)
    return c.json({ clusterOperationInfoList: items.map(operationSummaryV2), nextToken })
  })

  app.get('/v1/operations/:clusterOperationArn', async (c) => {
    return c.json({ clusterOperationInfo: operationInfoV1(await findOperation(c, context)) })
  })

  app.get('/api/v2/operations/:clusterOperationArn', async (c) => {
    return c.json({ clusterOperationInfo: operationInfoV2(await findOperation(c, context)) })
  })
}

async function listOperations(c: Context<ApiEnv>, context: ApiContext) {
  const page = parsePage(c)
  const cluster = await clusterInPath(c, context)
  const records = await context.clusters.operations(cluster)
  return pageOf(records, page, operationKey, 'DESCENDING')
}

async function findOperation(c: Context<ApiEnv>, context: ApiContext): Promise<OperationRecord> {
  const arn = requireOperationArn(c.req.param('clusterOperationArn') ?? '', context.account)
  const cluster = await findCluster(arn, context)
  const record = await context.clusters.findOperation(cluster, arn.operationUuid)
  if (!record) throw notFound('The cluster operation does not exist.', 'clusterOperationArn')
  return record
}
