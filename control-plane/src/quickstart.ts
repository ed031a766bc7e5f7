import { createClusterBody } from './api/clusters/cluster-schemas.ts'
import { type CreateContext, createCluster, provisionedCluster } from './api/clusters/create-cluster.ts'
import { parse } from './api/http/validation.ts'
import { NEWEST_KAFKA_VERSION } from './model/kafka-versions.ts'

/** The first cluster, so that a fresh start has something to produce to: three brokers on Kafka's usual ports. */
export const QUICKSTART = { clusterName: 'quickstart', ports: [9092, 9093, 9094] } as const

/** Creates it unless it is there. Throws an error with a one-line message if a port is taken. */
export async function ensureQuickstart(context: CreateContext): Promise<void> {
  const { clusters, fleet } = context
  const { clusterName, ports } = QUICKSTART
  if (await clusters.get(clusterName)) return
  for (const port of ports) {
    if (!(await fleet.isPortFree('', port))) {
      throw new Error(
        `port ${port} is already in use; the quickstart cluster needs ports ${ports.join(', ')}`,
      )
    }
  }
  const { tags, ...request } = parse(createClusterBody, {
    clusterName,
    kafkaVersion: NEWEST_KAFKA_VERSION,
    numberOfBrokerNodes: ports.length,
    brokerNodeGroupInfo: {
      instanceType: 'kafka.m7g.large',
      clientSubnets: ['subnet-quickstart-a', 'subnet-quickstart-b', 'subnet-quickstart-c'],
    },
  })
  const cluster = await provisionedCluster(clusterName, tags, request, fleet)
  const brokers = cluster.brokers.map((broker, index) => ({ ...broker, port: ports[index]! }))
  await createCluster({ ...cluster, brokers }, context)
}
