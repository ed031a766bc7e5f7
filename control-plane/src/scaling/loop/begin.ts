import type { FleetDriver } from '../../fleet/driver.ts'
import { type BrokerPlace, type Cluster, updating } from '../../model/cluster.ts'
import type { ClusterStore } from '../../model/cluster-store.ts'
import { type Account, newUuid } from '../../model/identifiers.ts'
import type { ClusterUpdate, UpdateType } from '../../model/operation.ts'
import { scalingSettings } from '../../model/scaling-settings.ts'

export interface BeginContext {
  readonly clusters: ClusterStore
  readonly account: Account
  readonly now: () => number
}

/**
 * Begins an operation as an operator would, if the cluster still is as it was when the decision was made: ACTIVE, of the
 * same version, and with the same settings. The one conditional write sees to it that there is never a second
 * operation. The operation's ARN, or undefined if something else was faster.
 */
export async function beginOperation(
  cluster: Cluster,
  request: {
    readonly type: UpdateType
    readonly update: ClusterUpdate
    readonly prepare?: (newest: Cluster, nowMs: number) => Cluster
  },
  { clusters, account, now }: BeginContext,
): Promise<string | undefined> {
  const { type, update, prepare = (newest) => newest } = request
  const operationUuid = newUuid()
  const begun = await clusters.update(cluster, (newest) => {
    const isAsItWas =
      newest.state === 'ACTIVE' &&
      newest.currentVersion === cluster.currentVersion &&
      JSON.stringify(scalingSettings(newest)) === JSON.stringify(scalingSettings(cluster))
    if (!isAsItWas) return newest
    return updating(account, prepare(newest, now()), { type, update, operationUuid }, now())
  })
  const operation = begun?.activeOperation
  return operation?.operationUuid === operationUuid ? operation.operationArn : undefined
}

/** One for each zone of the cluster, in which brokers are added in turn. */
export async function zonePlaces(cluster: Cluster, fleet: FleetDriver): Promise<BrokerPlace[]> {
  if (cluster.clusterType === 'SERVERLESS') return fleet.zones.map((zone) => ({ zone }))
  const { clientSubnets } = cluster.provisioned.brokerNodeGroupInfo
  const zones = await fleet.zonesOf(clientSubnets)
  return clientSubnets.flatMap((clientSubnet, index) => {
    const zone = zones[index]
    return zone === undefined ? [] : [{ clientSubnet, zone }]
  })
}
