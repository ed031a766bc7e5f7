import type { Hono } from 'hono'
import * as z from 'zod'
import { askedForBy, type Cluster, type ProvisionedCluster, updating } from '../../model/cluster.ts'
import { newUuid } from '../../model/identifiers.ts'
import type { ClusterUpdate, UpdateType } from '../../model/operation.ts'
import type { ProvisionedSpecification } from '../../model/specification.ts'
import { provisionedOnly } from '../clusters/clusters.ts'
import { type ApiContext, type ApiEnv, clusterInPath } from '../http/context.ts'
import { badRequest } from '../http/errors.ts'
import { parseBody } from '../http/validation.ts'

/**
 * What all updates of a cluster have in common: the cluster must be provisioned and ACTIVE, `currentVersion` must be
 * the version that it has, and something must change. The update is then recorded as an operation, in one write.
 */
export interface UpdateApi<S extends z.ZodObject> {
  readonly method: 'put' | 'patch'
  /** Below the cluster's own path. */
  readonly path: string
  readonly body: S
  /** What is to be done, or an MskError if the request makes no sense for this cluster. */
  plan(cluster: ProvisionedCluster, request: z.output<S>, context: ApiContext): Promise<PlannedUpdate>
}

export interface PlannedUpdate {
  readonly type: UpdateType
  readonly update: ClusterUpdate
  /** Brokers that come or go are noted together with the operation. */
  readonly prepare?: (cluster: ProvisionedCluster, nowMs: number) => ProvisionedCluster
}

export const currentVersion = z.string({ error: 'The currentVersion is required.' }).min(1).max(128)

export function updateRoute<S extends z.ZodObject>(
  app: Hono<ApiEnv>,
  context: ApiContext,
  { method, path, body, plan }: UpdateApi<S>,
): void {
  app[method](`/v1/clusters/:clusterArn${path}`, async (c) => {
    const request = parseBody(body, c.var.body)
    const cluster = provisionedOnly(await clusterInPath(c, context))
    const version = typeof request.currentVersion === 'string' ? request.currentVersion : undefined
    checkUpdatable(cluster, version)
    const planned = await plan(cluster, request, context)
    return c.json(await begin(cluster, planned, version, context, c.var.requestId))
  })
}

/** The specification with some members changed; refused if that changes nothing. */
export function changedSpecification(
  { provisioned }: ProvisionedCluster,
  changes: Partial<ProvisionedSpecification>,
  parameter: string,
  refusal = `The request does not change the ${parameter} of the cluster.`,
): ProvisionedSpecification {
  const specification = { ...provisioned, ...changes }
  if (JSON.stringify(specification) === JSON.stringify(provisioned)) {
    throw badRequest(refusal, parameter)
  }
  return specification
}

export function checkUpdatable(cluster: Cluster, version: string | undefined): void {
  checkVersion(cluster, version)
  if (cluster.state !== 'ACTIVE') {
    throw badRequest(`A cluster in the state ${cluster.state} cannot be updated.`, 'clusterArn')
  }
}

export function checkVersion(cluster: Cluster, version: string | undefined): void {
  if (version !== undefined && version !== cluster.currentVersion) {
    throw badRequest(
      "The currentVersion that you specified isn't the current version of the cluster.",
      'currentVersion',
    )
  }
}

async function begin(
  cluster: ProvisionedCluster,
  { type, update, prepare = (newest) => newest }: PlannedUpdate,
  version: string | undefined,
  { clusters, account, now }: ApiContext,
  clientRequestId: string,
) {
  const operationUuid = newUuid()
  const updated = await clusters.update(cluster, (newest) => {
    checkUpdatable(newest, version ?? cluster.currentVersion)
    const prepared = prepare(provisionedOnly(newest), now())
    return askedForBy(updating(account, prepared, { type, update, operationUuid }, now()), clientRequestId)
  })
  return { clusterArn: cluster.clusterArn, clusterOperationArn: updated?.activeOperation?.operationArn }
}
