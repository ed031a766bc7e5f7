import { brokerProperties } from '../../fleet/desired-units.ts'
import type { Topology } from '../../kafka/admin.ts'
import {
  type BrokerNode,
  type Cluster,
  type PlacedBroker,
  placedBrokers,
  withBrokers,
} from '../../model/cluster.ts'
import { brokerEndpoints } from '../../model/endpoints.ts'
import { hostOf, waitFor } from './hosts.ts'
import { METADATA_WAIT_MS, REPORT_WAIT_MS, type Step, type StepContext, type StepOutcome } from './step.ts'

/**
 * Brokers restart one after the other. Before the first, between two and after the last the cluster must be
 * whole: every broker runs, each tells clients of all others, and every replica of every partition is in sync.
 * So no more than one broker is ever away, and what is replicated stays writable.
 */

export const rollingSteps = {
  RESTART_BROKERS: { run: (cluster, context) => roll(cluster, context, restarts(cluster, context)) },
  UPDATE_APACHE_KAFKA_BINARIES: {
    run: (cluster, context) => roll(cluster, context, restarts(cluster, context)),
  },

  /** A healed broker is back when no replica of the cluster is behind any more. */
  WAIT_FOR_REPLICAS: {
    async run(cluster, context) {
      const outcome = await roll(cluster, context, {
        todo: [],
        generation: cluster.generation,
        replacesHosts: false,
      })
      // As long as something else is waited for than before, it goes on.
      return outcome.kind === 'WAIT' ? { ...outcome, progress: outcome.reason } : outcome
    },
  },

  REPLACE_HOSTS: {
    run(cluster, context) {
      const generation = cluster.generation + 1
      const todo = placedBrokers(cluster).filter((broker) => broker.generation !== generation)
      return roll(cluster, context, { todo, generation, replacesHosts: true })
    },
  },

  RESTORE_BROKERS: {
    run(cluster, context) {
      const { generation } = cluster
      const todo = placedBrokers(cluster).filter((broker) => broker.generation > generation)
      const replacesHosts = cluster.activeOperation?.operationType === 'UPDATE_BROKER_TYPE'
      return roll(cluster, context, { todo, generation, replacesHosts })
    },
  },
} as const satisfies Record<string, Step>

interface Roll {
  readonly todo: readonly PlacedBroker[]
  /** That brokers have once they are through. */
  readonly generation: number
  /** The host is changed while its broker is stopped. */
  readonly replacesHosts: boolean
}

/** Those that the update names, else those that would run with other properties. */
function restarts(cluster: Cluster, { fleet }: StepContext): Roll {
  const generation = cluster.generation + 1
  const named = cluster.activeOperation?.update?.restart
  const isConcerned = (broker: PlacedBroker) => {
    if (named !== undefined) return named.includes(broker.brokerId)
    const propertiesAt = (at: number) =>
      JSON.stringify(brokerProperties(cluster, { ...broker, generation: at }, fleet))
    return propertiesAt(broker.generation) !== propertiesAt(generation)
  }
  const todo = placedBrokers(cluster).filter(
    (broker) => broker.generation !== generation && isConcerned(broker),
  )
  return { todo, generation, replacesHosts: false }
}

async function roll(cluster: Cluster, context: StepContext, roll: Roll): Promise<StepOutcome> {
  const progress = `${roll.todo.length} brokers to go`
  const stopped = placedBrokers(cluster).find(({ desired }) => desired === 'STOPPED')
  if (stopped) return { progress, ...(await resume(cluster, stopped, context, roll)) }
  const down = await brokersDown(cluster, context)
  // A broker that does not run is the first to be restarted: that may be what is to heal it.
  const sick =
    down.length === 1 ? roll.todo.find(({ brokerId }) => brokerId === down[0]?.brokerId) : undefined
  const trouble =
    (sick === undefined ? down[0]?.reason : undefined) ??
    (await replicationTrouble(cluster, context, sick?.brokerId))
  if (trouble !== undefined)
    return { kind: 'WAIT', waitMs: down.length > 0 ? REPORT_WAIT_MS : ISR_WAIT_MS, reason: trouble, progress }
  const next = sick ?? roll.todo[0]
  if (next === undefined) return { kind: 'DONE' }
  const change = (broker: BrokerNode): BrokerNode =>
    roll.replacesHosts ? { ...broker, desired: 'STOPPED' } : { ...broker, generation: roll.generation }
  return waitAfter(next, change, `Broker ${next.brokerId} is being restarted`, progress)
}

/** The unit has stopped, or will; then its host changes, and the broker comes back. */
async function resume(
  cluster: Cluster,
  broker: PlacedBroker,
  { agents, fleet }: StepContext,
  { generation, replacesHosts }: Roll,
) {
  // A host that is being replaced has nobody to report, and nothing that runs.
  const isGone = replacesHosts && broker.address === undefined
  const status = isGone ? undefined : await agents.unitStatus(broker.hostId, broker.unitId)
  if (!isGone && (!status?.isCurrent || status.state !== 'STOPPED')) {
    const reason = `Broker ${broker.brokerId} is ${status?.state ?? 'not reported by its host'}, to be STOPPED`
    return { kind: 'WAIT' as const, waitMs: REPORT_WAIT_MS, reason }
  }
  const started = { desired: 'RUNNING', generation } as const
  if (!replacesHosts)
    return waitAfter(broker, (each) => ({ ...each, ...started }), `Broker ${broker.brokerId} starts again`)
  // Written before the host is touched: whoever goes on from here no longer waits for its report.
  if (!isGone) return waitAfter(broker, withoutAddress, `Host ${broker.hostId} is about to be changed`)
  const host = await fleet.launchHost(hostOf(cluster, { ...broker, generation }))
  if (!host.done) return waitFor([host])
  const change = (each: BrokerNode): BrokerNode => ({ ...each, ...started, address: host.address })
  return waitAfter(broker, change, `Broker ${broker.brokerId} starts on its changed host`)
}

export function withoutAddress({ address: _former, ...broker }: BrokerNode): BrokerNode {
  return broker
}

export function waitAfter(
  { unitId }: PlacedBroker,
  change: (broker: BrokerNode) => BrokerNode,
  reason: string,
  progress?: string,
) {
  return {
    kind: 'WAIT' as const,
    change: (newest: Cluster) =>
      withBrokers(newest, (broker) => (broker.unitId === unitId ? change(broker) : broker)),
    waitMs: METADATA_WAIT_MS,
    reason,
    ...(progress === undefined ? {} : { progress }),
  }
}

export async function brokersDown(cluster: Cluster, { agents }: StepContext) {
  const down: { brokerId: number; reason: string }[] = []
  for (const { hostId, unitId, brokerId } of placedBrokers(cluster)) {
    const status = await agents.unitStatus(hostId, unitId)
    if (status?.state === 'RUNNING' && status.isCurrent) continue
    const detail = status?.lastError === undefined ? '' : `: ${status.lastError}`
    down.push({
      brokerId,
      reason: `Broker ${brokerId} is ${status?.state ?? 'not reported by its host'}${detail}`,
    })
  }
  return down
}

/** Each broker is asked, since one that has just come back may not know yet what has changed meanwhile. */
export async function replicationTrouble(
  cluster: Cluster,
  { kafka }: StepContext,
  sickId: number | undefined,
): Promise<string | undefined> {
  const lasting = cluster.brokers.filter(({ brokerId }) => brokerId !== sickId)
  for (const endpoint of brokerEndpoints(cluster)) {
    if (endpoint.brokerId === sickId) continue
    const topology = await kafka([endpoint], (admin) => admin.topology()).catch(
      (error: Error) => error.message,
    )
    if (typeof topology === 'string') return `Broker ${endpoint.brokerId} cannot be asked: ${topology}`
    const missing = lasting.find(
      ({ brokerId }) => !topology.brokers.some((known) => known.brokerId === brokerId),
    )
    if (missing) return `Broker ${endpoint.brokerId} does not know broker ${missing.brokerId}`
    const partition = partitionInTrouble(topology, sickId)
    if (partition !== undefined) return `Partition ${partition} is not in sync`
  }
  return undefined
}

function partitionInTrouble({ topics }: Topology, sickId: number | undefined): string | undefined {
  for (const { topicName, partitions } of topics) {
    for (const { partition, leader, replicas, isr } of partitions) {
      const missing = replicas.filter((id) => id !== sickId && !isr.includes(id))
      const isLost = leader < 0 && replicas.some((id) => id !== sickId)
      if (missing.length > 0 || isLost) return `${topicName}-${partition}`
    }
  }
  return undefined
}

const ISR_WAIT_MS = 50
