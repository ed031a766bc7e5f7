import type { Hono } from 'hono'
import { type BrokerNode, type ProvisionedCluster, specificationOf } from '../../model/cluster.ts'
import { type Account, brokerArn } from '../../model/identifiers.ts'
import { type ApiContext, type ApiEnv, clusterInPath } from '../http/context.ts'
import { numericKey, pageOf, parsePage } from '../http/pages.ts'
import { softwareInfo } from './cluster-views.ts'
import { provisionedOnly } from './clusters.ts'

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-nodes.html: brokers only. */
export function nodeRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  app.get('/v1/clusters/:clusterArn/nodes', async (c) => {
    const page = parsePage(c)
    const cluster = provisionedOnly(await clusterInPath(c, context))
    const brokers = [...cluster.brokers].sort((a, b) => a.brokerId - b.brokerId)
    const { items, nextToken } = pageOf(brokers, page, ({ brokerId }) => numericKey(brokerId))
    return c.json({
      nodeInfoList: items.map((broker) => nodeInfo(context.account, cluster, broker)),
      nextToken,
    })
  })
}

/** Endpoints carry their port, unlike MSK's: on one loopback address the port is what tells brokers apart. */
function nodeInfo(account: Account, cluster: ProvisionedCluster, broker: BrokerNode) {
  const { brokerId, clientSubnet, addedToClusterTime, address, port } = broker
  const specification = specificationOf(cluster, broker)
  return {
    nodeType: 'BROKER',
    nodeARN: brokerArn(account, cluster, brokerId),
    instanceType: specification.brokerNodeGroupInfo.instanceType,
    addedToClusterTime,
    brokerNodeInfo: {
      brokerId,
      clientSubnet,
      clientVpcIpAddress: address,
      endpoints: address === undefined || port === undefined ? [] : [`${address}:${port}`],
      currentBrokerSoftwareInfo: softwareInfo(specification),
    },
  }
}
