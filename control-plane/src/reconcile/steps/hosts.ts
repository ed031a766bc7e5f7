import type { FleetDriver, Progress, Waiting } from '../../fleet/driver.ts'
import { hostLoads, isKeptEmpty } from '../../hosts/host-record.ts'
import {
  type Cluster,
  concernedBrokers,
  type PlacedBroker,
  placedBrokers,
  specificationOf,
  withBrokers,
  withTrouble,
} from '../../model/cluster.ts'
import { type HostSpecification, wantedHosts } from '../../model/host.ts'
import { placeBrokers } from '../../model/placement.ts'
import { type ProvisionedSpecification, throughputOf, volumeSizeOf } from '../../model/specification.ts'
import { OperationFailure, type Step, type StepContext, type StepOutcome } from './step.ts'

/** Hosts and ports: given to brokers, changed, and given back. */

export const FIRST_PORT = 19_092
export const LAST_PORT = 29_091
/** From MSK's port of its JMX exporter to the first one for clients. */
export const FIRST_METRICS_PORT = 11_001
export const LAST_METRICS_PORT = 19_091

/** Nobody reports how far a host is: it is asked. */
export const HOST_WAIT_MS = 2_000
/** EC2 says how far it is, and it takes hours. */
const VOLUME_WAIT_MS = 60_000

export const hostSteps = {
  ALLOCATE_HOSTS: {
    exclusive: true,
    async run(cluster, { clusters, hosts }) {
      const placed = placeBrokers(cluster, hostLoads(await clusters.all(), await hosts.list()))
      return { kind: 'DONE', change: (newest) => ({ ...newest, brokers: placed }) }
    },
  },

  LAUNCH_HOSTS: {
    async run(cluster, { fleet }) {
      await fleet.prepareCluster(cluster.clusterUuid)
      const hosts = concernedBrokers(cluster).map((broker) => hostOf(cluster, broker))
      const addresses = new Map<string, string>()
      const launch = async (host: HostSpecification) => {
        const progress = await fleet.launchHost(host)
        if (progress.done) addresses.set(host.hostId, progress.address)
        return progress
      }
      const change = (newest: Cluster) =>
        withBrokers(newest, (broker) => {
          const address = broker.hostId === undefined ? undefined : addresses.get(broker.hostId)
          return address === undefined ? broker : { ...broker, address }
        })
      return untilDone(hosts, launch, { kind: 'DONE', change })
    },
  },

  ALLOCATE_PORTS: {
    exclusive: true,
    async run(cluster, context) {
      const ports = await allocatePorts(cluster, context)
      const change = (newest: Cluster) =>
        withBrokers(newest, (broker) => {
          const given = ports.get(broker.brokerId)
          return given === undefined ? broker : { ...broker, ...given }
        })
      return { kind: 'DONE', change }
    },
  },

  RESIZE_VOLUMES: {
    async run(cluster, { fleet }) {
      const update = cluster.activeOperation?.update
      const hosts = placedBrokers(cluster).map((broker) => {
        const volumeSizeGB = update?.volumeSizesGB?.[broker.brokerId] ?? broker.volumeSizeGB
        const grown = { ...broker, ...(volumeSizeGB === undefined ? {} : { volumeSizeGB }) }
        return hostOf(cluster, grown, update?.specification)
      })
      const putOff: string[] = []
      const resize = async (host: HostSpecification): Promise<Progress> => {
        const progress = await fleet.launchHost(host)
        if (!progress.done || progress.volumeTrouble === undefined) return progress
        putOff.push(progress.volumeTrouble)
        return { done: false, waitingFor: progress.volumeTrouble, trouble: progress.volumeTrouble }
      }
      const outcome = await untilDone(hosts, resize, {
        kind: 'DONE',
        change: (newest) =>
          withBrokers(newest, (broker) => {
            const volumeSizeGB = update?.volumeSizesGB?.[broker.brokerId]
            return volumeSizeGB === undefined ? broker : { ...broker, volumeSizeGB }
          }),
      })
      // Brokers serve meanwhile, and some may have grown already: there is nothing better than to go on.
      return outcome.kind === 'WAIT' && putOff.length > 0
        ? { ...outcome, waitMs: VOLUME_WAIT_MS, patient: true }
        : outcome
    },
  },

  RELEASE_HOSTS: {
    exclusive: true,
    patient: true,
    async run(cluster, { clusters, hosts, fleet, hostCredentials }) {
      const leaving = concernedBrokers(cluster)
      const gone = new Set(leaving.map(({ unitId }) => unitId))
      const remaining = cluster.brokers.filter(({ unitId }) => !gone.has(unitId))
      const others = (await clusters.all()).filter(({ clusterUuid }) => clusterUuid !== cluster.clusterUuid)
      const needed = wantedHosts([...others, { ...cluster, brokers: remaining }])
      const surplus = new Set(leaving.map(({ hostId }) => hostId))
      for (const { hostId } of needed) surplus.delete(hostId)
      if (cluster.activeOperation?.operationType === 'MOVE_BROKERS') {
        for (const { hostId } of (await hosts.list()).filter(isKeptEmpty)) surplus.delete(hostId)
      }
      const change = (newest: Cluster) => ({
        ...newest,
        brokers: newest.brokers.filter(({ unitId }) => !gone.has(unitId)),
      })
      const release = async (hostId: string) => {
        const progress = await fleet.terminateHost(hostId)
        if (progress.done) {
          await hostCredentials.forget(hostId)
          await hosts.forget(hostId)
        }
        return progress
      }
      return untilDone([...surplus], release, { kind: 'DONE', change })
    },
  },
} as const satisfies Record<string, Step>

/** Hosts come and go together: what one waits for keeps no other from beginning. */
async function untilDone<T>(
  hosts: readonly T[],
  make: (host: T) => Promise<Progress>,
  done: StepOutcome,
): Promise<StepOutcome> {
  const open: Waiting[] = []
  for (const host of hosts) {
    const progress = await make(host)
    if (!progress.done) open.push(progress)
  }
  return open.length === 0 ? done : waitFor(open)
}

/** As long as something else is waited for than before it goes on, unless there is trouble; that is told to everybody. */
export function waitFor(open: readonly Waiting[]) {
  const reason = open.map(({ waitingFor }) => waitingFor).join('; ')
  const progress = open.map(({ waitingFor, trouble }) => (trouble === undefined ? waitingFor : 'trouble'))
  const troubles = open.flatMap(({ trouble = [] }) => trouble)
  const change = (newest: Cluster) =>
    withTrouble(newest, troubles.length > 0 ? troubles.join('; ') : undefined)
  return { kind: 'WAIT' as const, waitMs: HOST_WAIT_MS, reason, progress: progress.join('; '), change }
}

export function hostOf(
  cluster: Cluster,
  broker: PlacedBroker,
  specification: ProvisionedSpecification | undefined = cluster.clusterType === 'PROVISIONED'
    ? specificationOf(cluster, broker)
    : undefined,
): HostSpecification {
  const { hostId, zone } = broker
  if (specification === undefined) return { hostId, zone }
  const { instanceType } = specification.brokerNodeGroupInfo
  const volumeSizeGB = volumeSizeOf(specification, broker.volumeSizeGB)
  const volumeThroughputMiB = throughputOf(specification)
  const volumeKeyArn = specification.encryptionInfo.encryptionAtRest?.dataVolumeKMSKeyId
  return {
    hostId,
    zone,
    instanceType,
    ...(volumeSizeGB === undefined ? {} : { volumeSizeGB }),
    ...(volumeThroughputMiB === undefined ? {} : { volumeThroughputMiB }),
    ...(volumeKeyArn === undefined ? {} : { volumeKeyArn }),
  }
}

/** Promised ports must be free; the others are the first free ones that no cluster has. */
async function allocatePorts(
  cluster: Cluster,
  { clusters, fleet }: StepContext,
): Promise<Map<number, { port: number; metricsPort: number }>> {
  const brokers = (await clusters.all()).flatMap((each) => each.brokers)
  const taken = new Set(brokers.flatMap(({ port, metricsPort }) => [port, metricsPort]))
  const take = async (hostId: string, first: number, last: number) => {
    const port = await firstFreePort(hostId, { first, last }, taken, fleet)
    taken.add(port)
    return port
  }
  const ports = new Map<number, { port: number; metricsPort: number }>()
  for (const { brokerId, hostId, port, metricsPort } of concernedBrokers(cluster)) {
    if (port !== undefined && !(await fleet.isPortFree(hostId, port))) {
      throw new OperationFailure(
        'PORT_IN_USE',
        `Port ${port} of broker ${brokerId} is in use by another program.`,
      )
    }
    ports.set(brokerId, {
      port: port ?? (await take(hostId, FIRST_PORT, LAST_PORT)),
      metricsPort: metricsPort ?? (await take(hostId, FIRST_METRICS_PORT, LAST_METRICS_PORT)),
    })
  }
  return ports
}

async function firstFreePort(
  hostId: string,
  { first, last }: { first: number; last: number },
  taken: ReadonlySet<unknown>,
  fleet: FleetDriver,
): Promise<number> {
  for (let port = first; port <= last; port++) {
    if (!taken.has(port) && (await fleet.isPortFree(hostId, port))) return port
  }
  throw new OperationFailure('NO_FREE_PORT', `No port between ${first} and ${last} is free.`)
}
