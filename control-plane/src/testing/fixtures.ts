import { createMemoryStore } from '@freshet/coordination'
import { createClusterBody } from '../api/clusters/cluster-schemas.ts'
import { provisionedCluster, serverlessCluster } from '../api/clusters/create-cluster.ts'
import { parse } from '../api/http/validation.ts'
import { DONE, type FleetDriver } from '../fleet/driver.ts'
import type { Logger } from '../log.ts'
import { type Cluster, newCluster } from '../model/cluster.ts'
import type { HostFailure, HostSpecification } from '../model/host.ts'
import { newCurrentVersion, newUuid } from '../model/identifiers.ts'

/** What tests of the control plane share: a fleet in memory, requests, and a quiet log. */

export const ACCOUNT = { region: 'us-east-1', accountId: '000000000000' }
export const NOW = Date.parse('2026-11-21T08:00:00Z')

export const silentLog: Logger = { info() {}, error() {} }

export function memoryDocuments() {
  return createMemoryStore({ now: () => NOW }).documents
}

export interface MemoryFleet extends FleetDriver {
  readonly hosts: Map<string, HostSpecification>
  /** Every launch that made a host, to notice one made twice. */
  readonly launched: string[]
  readonly metadata: Set<string>
  readonly busyPorts: Set<number>
  readonly failures: Map<string, HostFailure>
  readonly outdated: Map<string, string>
  /** Hosts whose volumes EC2 would not change yet. */
  readonly changing: Map<string, string>
  /** Every replacement, to notice one that was made twice. */
  readonly replaced: string[]
}

export function createMemoryFleet(): MemoryFleet {
  const hosts = new Map<string, HostSpecification>()
  const launched: string[] = []
  const metadata = new Set<string>()
  const busyPorts = new Set<number>()
  const failures = new Map<string, HostFailure>()
  const replaced: string[] = []
  const instances = new Map<string, string>()
  const outdated = new Map<string, string>()
  const changing = new Map<string, string>()
  return {
    outdated,
    changing,
    changingVolumes: async (hostIds) => new Map([...changing].filter(([hostId]) => hostIds.has(hostId))),
    hosts,
    launched,
    metadata,
    busyPorts,
    failures,
    replaced,
    zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
    takeOver: () => undefined,
    zonesOf: async (subnetIds) => subnetIds.map((_, index) => `us-east-1${'abc'[index % 3]}`),
    async launchHost(host) {
      if (!hosts.has(host.hostId)) launched.push(host.hostId)
      hosts.set(host.hostId, host)
      instances.set(host.hostId, instances.get(host.hostId) ?? `instance of ${host.hostId}`)
      const volumeTrouble = changing.get(host.hostId)
      return { done: true, address: '127.0.0.1', ...(volumeTrouble && { volumeTrouble }) }
    },
    findFailures: async (hostIds) => new Map([...failures].filter(([hostId]) => hostIds.has(hostId))),
    async replaceHost(host, { instanceId }) {
      const makesWay = instanceId !== undefined && instanceId === instances.get(host.hostId)
      if (failures.delete(host.hostId) || makesWay) {
        replaced.push(host.hostId)
        outdated.delete(host.hostId)
        instances.set(host.hostId, `instance ${replaced.length} of ${host.hostId}`)
      }
      hosts.set(host.hostId, host)
      return { done: true, address: `127.0.0.${replaced.length + 1}` }
    },
    instanceOf: async (hostId) => instances.get(hostId),
    outdatedHosts: async () => outdated,
    async terminateHost(hostId) {
      instances.delete(hostId)
      hosts.delete(hostId)
      return DONE
    },
    listHosts: async () => [...hosts.values()],
    volumeOf: async () => undefined,
    isPortFree: async (_hostId, port) => !busyPorts.has(port),
    dataFolder: (hostId, unitId) => `/data/hosts/${hostId}/units/${unitId}/data`,
    async prepareCluster(clusterUuid) {
      metadata.add(clusterUuid)
    },
    coordinationUrl: (clusterUuid) => `sqlite:///data/clusters/${clusterUuid}/coordination.db`,
    async removeCluster(clusterUuid) {
      metadata.delete(clusterUuid)
    },
  }
}

export const PROVISIONED_REQUEST = {
  kafkaVersion: '4.1.x.kraft',
  numberOfBrokerNodes: 3,
  brokerNodeGroupInfo: {
    instanceType: 'kafka.m7g.large',
    clientSubnets: ['subnet-a', 'subnet-b', 'subnet-c'],
  },
}

export const SERVERLESS_REQUEST = {
  vpcConfigs: [{ subnetIds: ['subnet-a', 'subnet-b'], securityGroupIds: ['sg-1'] }],
  clientAuthentication: { sasl: { iam: { enabled: true } } },
}

/** A cluster that is CREATING, as the API would have made it. */
export async function creatingCluster(
  clusterName: string,
  type: Cluster['clusterType'],
  fleet: FleetDriver = createMemoryFleet(),
  numberOfBrokerNodes = 3,
): Promise<Cluster> {
  const body = parse(createClusterBody, { ...PROVISIONED_REQUEST, clusterName, numberOfBrokerNodes })
  const request =
    type === 'PROVISIONED'
      ? await provisionedCluster(clusterName, {}, body, fleet)
      : serverlessCluster(clusterName, {}, SERVERLESS_REQUEST, fleet)
  const ids = { uuid: newUuid(), operationUuid: newUuid(), currentVersion: newCurrentVersion() }
  return newCluster(ACCOUNT, request, ids, NOW)
}
