import type { Hono } from 'hono'
import { type BrokerNode, type ProvisionedCluster, specificationOf } from '../../model/cluster.ts'
import { type Account, brokerArn } from '../../model/identifiers.ts'
import { type ApiContext, type ApiEnv, clusterInPath } from '../http/context.ts'
import { pageOf, parsePage } from '../http/validation.ts'
import { softwareInfo } from './cluster-views.ts'
import { provisionedOnly } from './clusters.ts'

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-nodes.html: brokers only. */
export function nodeRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  app.get('/v1/clusters/:clusterArn/nodes', async (c) => {
    const page = parsePage(c.req.query())
    const cluster = provisionedOnly(await clusterInPath(c, context))
    const { items, nextToken } = pageOf(cluster.brokers, page, ({ brokerId }) => String(brokerId))
    return c.json({
      nodeInfoList: items.map((broker) => nodeInfo(context.account, cluster, broker)),
      nextToken,
    })
  })
}

/** Endpoints carry their port, unlike MSK's: on one loopback address the port is what tells brokers apart. */
function nodeInfo(account: Account, cluster: ProvisionedCluster, broker: BrokerNode) {
  const { brokerId, clientSubnet, address, port } = broker
  const specification = specificationOf(cluster, broker)
  return {
    nodeType: 'BROKER',
    nodeARN: brokerArn(account, cluster, brokerId),
    instanceType: specification.brokerNodeGroupInfo.instanceType,
    addedToClusterTime: cluster.creationTime,
    brokerNodeInfo: {
      brokerId,
      clientSubnet,
      clientVpcIpAddress: address,
      endpoints: address === undefined || port === undefined ? [] : [`${address}:${port}`],
      currentBrokerSoftwareInfo: softwareInfo(specification),
    },
  }
}
