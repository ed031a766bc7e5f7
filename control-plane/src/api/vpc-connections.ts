import type { Context, Hono } from 'hono'
import * as z from 'zod'
import { type VpcConnection, vpcConnectionId } from '../model/attachments.ts'
import type { ProvisionedCluster } from '../model/cluster.ts'
import { newUuid, parseVpcConnectionArn, vpcConnectionArn } from '../model/identifiers.ts'
import { securityGroup, subnet } from './clusters/cluster-schemas.ts'
import { provisionedOnly } from './clusters/clusters.ts'
import { type ApiContext, type ApiEnv, clusterInPath, findCluster } from './http/context.ts'
import { badRequest, notFound } from './http/errors.ts'
import { pageOf, parsePage } from './http/pages.ts'
import { checkAccount, parseBody, requireClusterArn, tagsSchema } from './http/validation.ts'

const createBody = z.object({
  targetClusterArn: z.string().max(2048),
  authentication: z.enum(['SASL_IAM', 'SASL_SCRAM', 'TLS']),
  vpcId: z.string().regex(/^vpc-[a-zA-Z0-9-]{1,64}$/, 'A VPC id must look like vpc-0123456789abcdef0.'),
  clientSubnets: z.array(subnet).min(1).max(16),
  securityGroups: z.array(securityGroup).min(1).max(16),
  tags: tagsSchema.default({}),
})
const rejectBody = z.object({ vpcConnectionArn: z.string().max(2048) })

/**
 * https://docs.aws.amazon.com/msk/1.0/apireference/vpc-connection.html. Records only: there is no other network to
 * lead a connection into, so nothing can fail and a connection is AVAILABLE at once.
 */
export function vpcConnectionRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  const { vpcConnections } = context.attachments

  app.post('/v1/vpc-connection', async (c) => {
    const request = parseBody(createBody, c.var.body)
    const arn = requireClusterArn(request.targetClusterArn, context.account, 'targetClusterArn')
    const cluster = provisionedOnly(await findCluster(arn, context))
    checkConnectivity(cluster, request.authentication)
    const connection = newConnection(cluster, request, context)
    await vpcConnections.create(vpcConnectionId(cluster.clusterName, connection.uuid), connection)
    const { subnets: clientSubnets, targetClusterArn: _target, ...created } = view(connection)
    return c.json({ ...created, clientSubnets })
  })

  app.get('/v1/vpc-connection/:arn', async (c) => c.json(view(await inPath(c, context))))

  app.delete('/v1/vpc-connection/:arn', async (c) => {
    const connection = await inPath(c, context)
    await vpcConnections.delete(idOf(connection))
    return c.json({ vpcConnectionArn: connection.vpcConnectionArn, state: 'DELETING' })
  })

  app.get('/v1/vpc-connections', async (c) => {
    const page = parsePage(c)
    const { items, nextToken } = pageOf(await vpcConnections.list(), page, idOf)
    return c.json({ vpcConnections: items.map(summary), nextToken })
  })

  app.get('/v1/clusters/:clusterArn/client-vpc-connections', async (c) => {
    const page = parsePage(c)
    const { clusterName } = provisionedOnly(await clusterInPath(c, context))
    const found = await vpcConnections.list(vpcConnectionId(clusterName, ''))
    const { items, nextToken } = pageOf(found, page, idOf)
    const owner = context.account.accountId
    return c.json({ clientVpcConnections: items.map((each) => clientView(each, owner)), nextToken })
  })

  app.put('/v1/clusters/:clusterArn/client-vpc-connection', async (c) => {
    const cluster = provisionedOnly(await clusterInPath(c, context))
    const { vpcConnectionArn } = parseBody(rejectBody, c.var.body)
    const connection = await findVpcConnection(vpcConnectionArn, context)
    if (connection.targetClusterArn !== cluster.clusterArn) throw missing()
    await vpcConnections.update(idOf(connection), (newest) => ({ ...newest, state: 'REJECTED' }))
    return c.json({})
  })
}

export async function findVpcConnection(
  arn: string,
  { account, attachments }: ApiContext,
): Promise<VpcConnection> {
  const [clusterName, uuid] = parseVpcConnectionArn(arn) ?? []
  if (!clusterName || !uuid) throw badRequest('The VPC connection ARN is not valid.', 'arn')
  checkAccount(arn, account, 'arn')
  const connection = await attachments.vpcConnections.get(vpcConnectionId(clusterName, uuid))
  if (!connection) throw missing()
  return connection
}

export function idOf({ vpcConnectionArn, uuid }: VpcConnection): string {
  return vpcConnectionId(parseVpcConnectionArn(vpcConnectionArn)![0], uuid)
}

function inPath(c: Context<ApiEnv>, context: ApiContext): Promise<VpcConnection> {
  return findVpcConnection(c.req.param('arn') ?? '', context)
}

function missing() {
  return notFound('The VPC connection does not exist.', 'arn')
}

function newConnection(
  cluster: ProvisionedCluster,
  request: z.output<typeof createBody>,
  { account, now }: ApiContext,
): VpcConnection {
  const uuid = newUuid()
  return {
    uuid,
    vpcConnectionArn: vpcConnectionArn(account, cluster, uuid),
    targetClusterArn: cluster.clusterArn,
    state: 'AVAILABLE',
    authentication: request.authentication,
    vpcId: request.vpcId,
    subnets: request.clientSubnets,
    securityGroups: request.securityGroups,
    creationTime: new Date(now()).toISOString(),
    tags: request.tags,
  }
}

function checkConnectivity({ state, provisioned }: ProvisionedCluster, authentication: string): void {
  if (state !== 'ACTIVE') {
    throw badRequest(`A cluster in the state ${state} takes no VPC connections.`, 'targetClusterArn')
  }
  const { sasl, tls } = provisioned.brokerNodeGroupInfo.connectivityInfo.vpcConnectivity.clientAuthentication
  const offered = { SASL_IAM: sasl.iam.enabled, SASL_SCRAM: sasl.scram.enabled, TLS: tls.enabled }
  if (!Object.entries(offered).some(([name, enabled]) => name === authentication && enabled)) {
    const message = `VPC connectivity with ${authentication} is not enabled for the cluster.`
    throw badRequest(message, 'authentication')
  }
}

function view({ uuid: _uuid, ...connection }: VpcConnection) {
  return connection
}

function summary({ vpcConnectionArn, targetClusterArn, creationTime, ...rest }: VpcConnection) {
  const { authentication, vpcId, state } = rest
  return { vpcConnectionArn, targetClusterArn, creationTime, authentication, vpcId, state }
}

/** As the owner of the cluster sees it: the network is that of whoever connects. */
function clientView({ vpcConnectionArn, creationTime, authentication, state }: VpcConnection, owner: string) {
  return { vpcConnectionArn, creationTime, authentication, state, owner }
}
