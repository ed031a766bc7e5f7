import type { AgentRegistry } from '../fleet/agents.ts'
import type { FleetDriver } from '../fleet/driver.ts'
import {
  activated,
  type BrokerNode,
  type Cluster,
  isToldTo,
  withBrokers,
  withDesired,
} from '../model/cluster.ts'
import type { ClusterStore } from '../model/cluster-store.ts'
import { wantedHosts } from '../model/host.ts'
import type { StepName } from '../model/operation.ts'
import { placeBrokers } from '../model/placement.ts'
import type { UnitPhase } from '../model/unit.ts'

/**
 * The steps of cluster operations. A step makes the world so (idempotently), then says how the cluster's
 * document changes; the runner writes that change and the step's completion together.
 */
export interface Step {
  /** Steps that give or take hosts and ports run one at a time, or two clusters would get the same. */
  readonly exclusive?: true
  run(cluster: Cluster, context: StepContext): Promise<StepOutcome>
}

export type StepOutcome =
  | { readonly kind: 'DONE'; readonly change?: ClusterChange }
  | {
      readonly kind: 'WAIT'
      readonly change?: ClusterChange
      readonly waitMs: number
      readonly reason: string
    }
  | { readonly kind: 'FORGOTTEN' }

type ClusterChange = (cluster: Cluster) => Cluster

export interface StepContext {
  readonly clusters: ClusterStore
  readonly fleet: FleetDriver
  readonly agents: Pick<AgentRegistry, 'unitStatus'>
  /** Ids of the brokers that a Kafka client is told of at this address; rejects if nobody answers. */
  readonly brokersSeenAt: (address: string, port: number) => Promise<number[]>
}

/** Fails the whole operation at once: trying again would not help. */
export class OperationFailure extends Error {
  readonly errorCode: string
  constructor(errorCode: string, message: string) {
    super(message)
    this.name = 'OperationFailure'
    this.errorCode = errorCode
  }
}

export const FIRST_PORT = 19_092
export const LAST_PORT = 29_091

export const steps: Record<StepName, Step> = {
  ALLOCATE_HOSTS: {
    exclusive: true,
    async run(cluster, { clusters }) {
      const placed = placeBrokers(cluster, wantedHosts(await clusters.all()))
      return { kind: 'DONE', change: (newest) => ({ ...newest, brokers: placed }) }
    },
  },

  LAUNCH_HOSTS: {
    async run(cluster, { fleet }) {
      await fleet.prepareCluster(cluster.clusterUuid)
      for (const { hostId, zone } of placedBrokers(cluster)) await fleet.launchHost({ hostId, zone })
      return { kind: 'DONE' }
    },
  },

  ALLOCATE_PORTS: {
    exclusive: true,
    async run(cluster, context) {
      const ports = await allocatePorts(cluster, context)
      const change = (newest: Cluster) =>
        withBrokers(newest, (broker) => ({ ...broker, port: ports.get(broker.brokerId)! }))
      return { kind: 'DONE', change }
    },
  },

  START_UNITS: {
    async run() {
      return {
        kind: 'DONE',
        change: (newest) => withBrokers(newest, (broker) => ({ ...broker, desired: 'RUNNING' })),
      }
    },
  },

  WAIT_FOR_BROKERS: { run: waitForBrokers },

  ACTIVATE: {
    async run() {
      return { kind: 'DONE', change: activated }
    },
  },

  STOP_UNITS: {
    run: (cluster, context) => waitForUnits(cluster, context, 'STOPPED', ['STOPPED', 'REMOVED']),
  },

  REMOVE_UNITS: {
    run: (cluster, context) => waitForUnits(cluster, context, 'REMOVED', ['REMOVED']),
  },

  RELEASE_HOSTS: {
    exclusive: true,
    async run(cluster, { clusters, fleet }) {
      const others = (await clusters.all()).filter(({ clusterUuid }) => clusterUuid !== cluster.clusterUuid)
      const needed = new Set(wantedHosts(others).map(({ hostId }) => hostId))
      for (const { hostId } of placedBrokers(cluster)) {
        if (!needed.has(hostId)) await fleet.terminateHost(hostId)
      }
      return { kind: 'DONE', change: (newest) => ({ ...newest, brokers: [] }) }
    },
  },

  FORGET: {
    async run(cluster, { clusters, fleet }) {
      await fleet.removeCluster(cluster.clusterUuid)
      await clusters.forget(cluster)
      return { kind: 'FORGOTTEN' }
    },
  },
}

function placedBrokers(cluster: Cluster): (BrokerNode & { hostId: string })[] {
  return cluster.brokers.flatMap((broker) =>
    broker.hostId === undefined ? [] : [{ ...broker, hostId: broker.hostId }],
  )
}

/** Promised ports must be free; the others are the first free ones that no cluster has. */
async function allocatePorts(
  cluster: Cluster,
  { clusters, fleet }: StepContext,
): Promise<Map<number, number>> {
  const taken = new Set((await clusters.all()).flatMap(({ brokers }) => brokers.map(({ port }) => port)))
  const ports = new Map<number, number>()
  for (const { brokerId, hostId, port } of placedBrokers(cluster)) {
    if (port !== undefined && !(await fleet.isPortFree(hostId, port))) {
      throw new OperationFailure(
        'PORT_IN_USE',
        `Port ${port} of broker ${brokerId} is in use by another program.`,
      )
    }
    const chosen = port ?? (await firstFreePort(hostId, taken, fleet))
    taken.add(chosen)
    ports.set(brokerId, chosen)
  }
  return ports
}

async function firstFreePort(
  hostId: string,
  taken: ReadonlySet<unknown>,
  fleet: FleetDriver,
): Promise<number> {
  for (let port = FIRST_PORT; port <= LAST_PORT; port++) {
    if (!taken.has(port) && (await fleet.isPortFree(hostId, port))) return port
  }
  throw new OperationFailure('NO_FREE_PORT', `No port between ${FIRST_PORT} and ${LAST_PORT} is free.`)
}

/** ACTIVE must mean that clients can work: every unit runs, and each broker tells a client of all the others. */
async function waitForBrokers(
  cluster: Cluster,
  { fleet, agents, brokersSeenAt }: StepContext,
): Promise<StepOutcome> {
  for (const { hostId, unitId, brokerId } of placedBrokers(cluster)) {
    const status = await agents.unitStatus(hostId, unitId)
    if (status?.state !== 'RUNNING') {
      const detail = status?.lastError === undefined ? '' : `: ${status.lastError}`
      const reason = `Broker ${brokerId} is ${status?.state ?? 'not reported by its host'}${detail}`
      return { kind: 'WAIT', waitMs: REPORT_WAIT_MS, reason }
    }
  }
  for (const { hostId, port, brokerId } of placedBrokers(cluster)) {
    const seen = await brokersSeenAt(fleet.addressOf(hostId), port!).catch((error: Error) => error.message)
    const complete = Array.isArray(seen) && cluster.brokers.every((broker) => seen.includes(broker.brokerId))
    if (!complete) {
      const reason = `Broker ${brokerId} answers a client's metadata request with: ${String(seen)}`
      return { kind: 'WAIT', waitMs: METADATA_WAIT_MS, reason }
    }
  }
  return { kind: 'DONE' }
}

async function waitForUnits(
  cluster: Cluster,
  { agents }: StepContext,
  desired: 'STOPPED' | 'REMOVED',
  reached: readonly UnitPhase[],
): Promise<StepOutcome> {
  const started = placedBrokers(cluster).filter((broker) => broker.desired !== undefined)
  if (started.some((broker) => !isToldTo(broker, desired))) {
    const change = (newest: Cluster) => withDesired(newest, desired)
    return { kind: 'WAIT', change, waitMs: REPORT_WAIT_MS, reason: `Units are told to be ${desired}` }
  }
  for (const { hostId, unitId, brokerId } of started) {
    const status = await agents.unitStatus(hostId, unitId)
    if (!status || !reached.includes(status.state)) {
      const reason = `Broker ${brokerId} is ${status?.state ?? 'not reported by its host'}, to be ${desired}`
      return { kind: 'WAIT', waitMs: REPORT_WAIT_MS, reason }
    }
  }
  return { kind: 'DONE' }
}

/** Agents' reports wake the reconciler at once; this is only the net below. */
const REPORT_WAIT_MS = 1_000
/** Nobody reports that a broker has learnt of the others, so this is asked often, and only for moments. */
const METADATA_WAIT_MS = 25
