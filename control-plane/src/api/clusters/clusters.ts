import type { Context, Hono } from 'hono'
import { askedForBy, type Cluster, canBeDeleted, deleting } from '../../model/cluster.ts'
import { bootstrapBrokers } from '../../model/endpoints.ts'
import { newUuid } from '../../model/identifiers.ts'
import { attachedConfiguration } from '../configurations/configurations.ts'
import { type ApiContext, type ApiEnv, clusterInPath } from '../http/context.ts'
import { badRequest, MskError } from '../http/errors.ts'
import { MAX_RESULTS, type Paged, paged, parsePage } from '../http/pages.ts'
import { parseBody } from '../http/validation.ts'
import { createClusterBody, createClusterV2Body, type ProvisionedRequest } from './cluster-schemas.ts'
import { clusterInfoV1, clusterInfoV2 } from './cluster-views.ts'
import { createCluster, provisionedCluster, serverlessCluster } from './create-cluster.ts'

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters.html and the same below MSK-APIs/v2 */
export function clusterRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  const { clusters, fleet } = context

  app.post('/v1/clusters', async (c) => {
    const { clusterName, tags, ...request } = parseBody(createClusterBody, c.var.body)
    const wanted = await newProvisioned(clusterName, tags, request, context)
    const cluster = await createCluster(wanted, context, c.var.requestId)
    return c.json({ clusterArn: cluster.clusterArn, clusterName, state: cluster.state })
  })

  app.post('/api/v2/clusters', async (c) => {
    const { clusterName, tags, provisioned, serverless } = parseBody(createClusterV2Body, c.var.body)
    if ((provisioned === undefined) === (serverless === undefined)) {
      throw badRequest(
        'Specify either provisioned or serverless.',
        provisioned ? 'serverless' : 'provisioned',
      )
    }
    const request = serverless
      ? serverlessCluster(clusterName, tags, serverless, fleet)
      : await newProvisioned(clusterName, tags, provisioned!, context)
    const { clusterArn, state, clusterType } = await createCluster(request, context, c.var.requestId)
    return c.json({ clusterArn, clusterName, state, clusterType })
  })

  app.get('/v1/clusters/:clusterArn', async (c) => {
    const cluster = await clusterInPath(c, context)
    return c.json({ clusterInfo: clusterInfoV1(provisionedOnly(cluster)) })
  })

  app.get('/api/v2/clusters/:clusterArn', async (c) => {
    return c.json({ clusterInfo: clusterInfoV2(await clusterInPath(c, context)) })
  })

  app.get('/v1/clusters', async (c) => {
    const found = await listClusters(c, 'PROVISIONED', context)
    return c.json({
      clusterInfoList: found.items.map(provisionedOnly).map(clusterInfoV1),
      nextToken: found.nextToken,
    })
  })

  app.get('/api/v2/clusters', async (c) => {
    const found = await listClusters(c, parseTypeFilter(c.req.query('clusterTypeFilter')), context)
    return c.json({ clusterInfoList: found.items.map(clusterInfoV2), nextToken: found.nextToken })
  })

  app.delete('/v1/clusters/:clusterArn', async (c) => {
    const cluster = await clusterInPath(c, context)
    const currentVersion = c.req.query('currentVersion')
    const operationUuid = newUuid()
    const deleted = await clusters.update(cluster, (newest) => {
      checkDeletion(newest, currentVersion)
      return askedForBy(deleting(context.account, newest, operationUuid, context.now()), c.var.requestId)
    })
    return c.json({ clusterArn: cluster.clusterArn, state: deleted?.state ?? 'DELETING' })
  })

  app.get('/v1/clusters/:clusterArn/bootstrap-brokers', async (c) => {
    const cluster = await clusterInPath(c, context)
    return c.json({ bootstrapBrokerString: availableBrokers(cluster) })
  })
}

async function newProvisioned(
  clusterName: string,
  tags: Record<string, string>,
  request: ProvisionedRequest,
  context: ApiContext,
) {
  const { configurationInfo } = request
  const configuration = configurationInfo && (await attachedConfiguration(configurationInfo, context))
  return provisionedCluster(clusterName, tags, request, context.fleet, configuration)
}

function checkDeletion(cluster: Cluster, currentVersion: string | undefined): void {
  if (currentVersion !== undefined && currentVersion !== cluster.currentVersion) {
    throw badRequest('The currentVersion is not the current version of the cluster.', 'currentVersion')
  }
  if (!canBeDeleted(cluster)) {
    throw badRequest(`A cluster in the state ${cluster.state} cannot be deleted.`, 'clusterArn')
  }
}

/** Until a security protocol exists, every cluster has the one listener that does: plaintext. */
function availableBrokers(cluster: Cluster): string {
  const usable = !['CREATING', 'DELETING', 'FAILED'].includes(cluster.state)
  const endpoints = usable && bootstrapBrokers(cluster)
  if (endpoints) return endpoints
  throw new MskError(
    'ConflictException',
    `The cluster is in the state ${cluster.state}: it has no bootstrap brokers.`,
    'clusterArn',
  )
}

export function provisionedOnly(cluster: Cluster) {
  if (cluster.clusterType === 'PROVISIONED') return cluster
  throw badRequest('This operation cannot be performed on serverless clusters.', 'clusterArn')
}

function parseTypeFilter(filter: string | undefined): Cluster['clusterType'] | undefined {
  const type = filter?.toUpperCase()
  if (type === undefined || type === 'PROVISIONED' || type === 'SERVERLESS') return type
  throw badRequest('clusterTypeFilter must be PROVISIONED or SERVERLESS.', 'clusterTypeFilter')
}

/** Reads on until the page is full, since the type is not part of the key; one more tells whether more follow. */
async function listClusters(
  c: Context<ApiEnv>,
  type: Cluster['clusterType'] | undefined,
  { clusters }: ApiContext,
): Promise<Paged<Cluster>> {
  const page = parsePage(c, NAME)
  const prefix = c.req.query('clusterNameFilter') ?? ''
  if (prefix !== '' && !NAME.test(prefix)) return { items: [], nextToken: undefined }
  const found: Cluster[] = []
  let after = page.after
  while (found.length <= page.maxResults) {
    const chunk = await clusters.list(prefix, CHUNK, after)
    found.push(...chunk.filter(({ clusterType }) => type === undefined || clusterType === type))
    after = chunk.at(-1)?.clusterName
    if (chunk.length < CHUNK) break
  }
  const items = found.slice(0, page.maxResults)
  return paged(items, found.length > items.length, page, ({ clusterName }) => clusterName)
}

/** What begins otherwise is no name of a cluster, and need not be one that the store could keep. */
const NAME = /^[a-zA-Z0-9-]{1,64}$/
/** One more than the largest page. */
const CHUNK = MAX_RESULTS + 1
