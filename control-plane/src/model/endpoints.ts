import type { Cluster } from './cluster.ts'

/** Where the cluster's brokers can be reached, while it serves at all. */
export function servingEndpoints(cluster: Cluster): BrokerEndpoint[] {
  return ['CREATING', 'DELETING', 'FAILED'].includes(cluster.state) ? [] : brokerEndpoints(cluster)
}

export interface BrokerEndpoint {
  readonly brokerId: number
  readonly host: string
  readonly port: number
}

/** Where brokers that are told to run can be asked. */
export function brokerEndpoints({ brokers }: Cluster): BrokerEndpoint[] {
  return brokers.flatMap(({ brokerId, address, port, desired }) =>
    address === undefined || port === undefined || desired !== 'RUNNING'
      ? []
      : [{ brokerId, host: address, port }],
  )
}

/**
 * The oldest broker of each zone, as on MSK: the string outlives brokers that come and go. Undefined until every
 * broker that belongs to the cluster for good has its port.
 */
export function bootstrapBrokers(cluster: Cluster): string | undefined {
  const lasting = cluster.brokers.filter(({ membership }) => membership !== 'JOINING')
  if (lasting.length === 0 || lasting.some(({ port }) => port === undefined)) return undefined
  const perZone = Map.groupBy(lasting, ({ zone }) => zone)
  const endpoints = [...perZone.values()].flatMap(([oldest]) => {
    const { address, port } = oldest!
    return address === undefined ? [] : [`${address}:${port}`]
  })
  return endpoints.length === 0 ? undefined : endpoints.join(',')
}
