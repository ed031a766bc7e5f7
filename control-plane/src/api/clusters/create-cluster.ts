import { type FleetDriver, UnusableSubnet } from '../../fleet/driver.ts'
import { askedForBy, type Cluster, type NewCluster, newCluster } from '../../model/cluster.ts'
import type { ClusterStore } from '../../model/cluster-store.ts'
import { type Account, newCurrentVersion, newUuid } from '../../model/identifiers.ts'
import { SERVERLESS_BROKERS, spreadOverZones } from '../../model/placement.ts'
import type {
  AttachedConfiguration,
  ProvisionedSpecification,
  ServerlessSpecification,
} from '../../model/specification.ts'
import { badRequest, MskError } from '../http/errors.ts'
import type { ProvisionedRequest, ServerlessRequest } from './cluster-schemas.ts'
import { checkSecurity } from './security-rules.ts'
import { checkThroughput } from './storage-rules.ts'

/** Turns a valid request into a cluster that is CREATING; the reconciler does the rest. */

export interface CreateContext {
  readonly clusters: ClusterStore
  readonly fleet: FleetDriver
  readonly account: Account
  readonly now: () => number
}

export async function createCluster(
  request: NewCluster,
  context: CreateContext,
  clientRequestId?: string,
): Promise<Cluster> {
  const ids = { uuid: newUuid(), operationUuid: newUuid(), currentVersion: newCurrentVersion() }
  const wanted = newCluster(context.account, request, ids, context.now())
  const cluster = clientRequestId === undefined ? wanted : askedForBy(wanted, clientRequestId)
  if (await context.clusters.create(cluster)) return cluster
  throw new MskError(
    'ConflictException',
    `A cluster with the name ${request.clusterName} already exists. Choose another name.`,
    'clusterName',
  )
}

export async function provisionedCluster(
  clusterName: string,
  tags: Record<string, string>,
  request: ProvisionedRequest,
  fleet: FleetDriver,
  configuration?: AttachedConfiguration,
): Promise<NewCluster> {
  checkProvisioned(request)
  const { clientSubnets } = request.brokerNodeGroupInfo
  const places = await placesOf(clientSubnets, fleet)
  return {
    clusterName,
    tags,
    specification: { clusterType: 'PROVISIONED', provisioned: withDefaults(request, configuration) },
    brokers: spreadOverZones(places, request.numberOfBrokerNodes),
  }
}

/** The client's subnets with their zones, in which brokers are placed in turn. */
export async function placesOf(clientSubnets: readonly string[], fleet: FleetDriver) {
  const zones = await fleet.zonesOf(clientSubnets).catch((error: unknown) => {
    throw error instanceof UnusableSubnet ? badRequest(error.message, 'clientSubnets') : error
  })
  return clientSubnets.map((clientSubnet, index) => ({ clientSubnet, zone: zones[index]! }))
}

export function serverlessCluster(
  clusterName: string,
  tags: Record<string, string>,
  request: ServerlessRequest,
  fleet: FleetDriver,
): NewCluster {
  const serverless: ServerlessSpecification = { ...request, connectivityInfo: { networkType: 'IPV4' } }
  return {
    clusterName,
    tags,
    specification: { clusterType: 'SERVERLESS', serverless },
    brokers: spreadOverZones(fleet.zones, SERVERLESS_BROKERS).map((zone) => ({ zone })),
  }
}

function checkProvisioned(request: ProvisionedRequest): void {
  const { clientSubnets, storageInfo } = request.brokerNodeGroupInfo
  if (request.numberOfBrokerNodes % clientSubnets.length !== 0) {
    throw badRequest(
      'The number of broker nodes must be a multiple of Availability Zones in the ClientSubnets parameter.',
      'numberOfBrokerNodes',
    )
  }
  if (isExpress(request) && clientSubnets.length !== 3) {
    throw badRequest('Express brokers need client subnets in three Availability Zones.', 'clientSubnets')
  }
  if (isExpress(request) && storageInfo) {
    throw badRequest('Express brokers manage their storage: storageInfo cannot be given.', 'storageInfo')
  }
  checkThroughput(request.brokerNodeGroupInfo, 'provisionedThroughput')
  checkSecurity(request)
}

/** What MSK answers where the request said nothing; Terraform compares it with every plan. */
function withDefaults(
  request: ProvisionedRequest,
  configuration: AttachedConfiguration | undefined,
): ProvisionedSpecification {
  const { brokerNodeGroupInfo: group, encryptionInfo, configurationInfo: _attached, ...rest } = request
  const disabled = { enabled: false }
  const storageInfo = group.storageInfo ?? { ebsStorageInfo: { volumeSize: 100 } }
  return {
    ...rest,
    ...(configuration === undefined ? {} : { configuration }),
    brokerNodeGroupInfo: {
      brokerAZDistribution: 'DEFAULT',
      clientSubnets: group.clientSubnets,
      instanceType: group.instanceType,
      securityGroups: group.securityGroups,
      ...(group.zoneIds === undefined ? {} : { zoneIds: group.zoneIds }),
      ...(isExpress(request) ? {} : { storageInfo }),
      connectivityInfo: {
        publicAccess: { type: 'DISABLED' },
        networkType: 'IPV4',
        vpcConnectivity: {
          clientAuthentication: { sasl: { scram: disabled, iam: disabled }, tls: disabled },
        },
      },
    },
    rebalancing: request.rebalancing ?? { status: 'ACTIVE' },
    encryptionInfo: {
      ...encryptionInfo,
      encryptionInTransit: encryptionInfo?.encryptionInTransit ?? { clientBroker: 'TLS', inCluster: true },
    },
    openMonitoring: request.openMonitoring ?? {
      prometheus: { jmxExporter: { enabledInBroker: false }, nodeExporter: { enabledInBroker: false } },
    },
  }
}

function isExpress({ brokerNodeGroupInfo }: ProvisionedRequest): boolean {
  return brokerNodeGroupInfo.instanceType.startsWith('express.')
}
