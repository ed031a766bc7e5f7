import { assert } from '../../assert.ts'
import {
  type BrokerNode,
  type Cluster,
  keepsHosts,
  type PlacedBroker,
  placedBrokers,
  withBrokers,
} from '../../model/cluster.ts'
import type { HostReplacement } from '../../model/operation.ts'
import { HOST_WAIT_MS, hostOf, waitFor } from './hosts.ts'
import { brokersDown, replicationTrouble, waitAfter, withoutAddress } from './rolling.ts'
import { REPORT_WAIT_MS, type Step, type StepContext } from './step.ts'

/**
 * A host gets another instance although it lives. All clusters that have a broker there wait for each other, and each
 * until it is whole without that broker; then the brokers on it stop, the volume goes to the new instance, and they come
 * back. So no cluster is without more than one broker, and what is replicated stays writable.
 */

export const maintenanceSteps = {
  PREPARE_MAINTENANCE: {
    patient: true,
    async run(cluster, context) {
      const { hostId } = replacementOf(cluster)
      const absent = (await neighbours(cluster, hostId, context)).find(
        ({ activeOperation }) => activeOperation?.update?.host?.hostId !== hostId,
      )
      if (absent !== undefined) {
        const reason = `Cluster ${absent.clusterName}, which has a broker on the host too, is ${absent.state}`
        return { kind: 'WAIT', waitMs: HOST_WAIT_MS, reason }
      }
      const own = brokerOn(cluster, hostId)
      const down = (await brokersDown(cluster, context)).filter(({ brokerId }) => brokerId !== own?.brokerId)
      const trouble = down[0]?.reason ?? (await replicationTrouble(cluster, context, own?.brokerId))
      if (trouble !== undefined) return { kind: 'WAIT', waitMs: REPORT_WAIT_MS, reason: trouble }
      return { kind: 'DONE' }
    },
  },

  STOP_BROKER_ON_HOST: {
    patient: true,
    async run(cluster, { agents, hosts }) {
      const { hostId } = replacementOf(cluster)
      const broker = brokerOn(cluster, hostId)
      if (broker === undefined) return { kind: 'DONE' }
      const { brokerId, unitId } = broker
      if (broker.desired !== 'STOPPED') {
        const stopped = (each: BrokerNode): BrokerNode => ({ ...each, desired: 'STOPPED' })
        return waitAfter(broker, stopped, `Broker ${brokerId} is told to stop`)
      }
      const status = await agents.unitStatus(hostId, unitId)
      const hasStopped = status?.isCurrent && status.state === 'STOPPED'
      // The agent may be silent for good.
      const isForced = !hasStopped && (await hosts.get(hostId))?.operation?.force
      if (!hasStopped && !isForced) {
        const reason = `Broker ${brokerId} is ${status?.state ?? 'not reported by its host'}, to be STOPPED`
        return { kind: 'WAIT', waitMs: REPORT_WAIT_MS, reason }
      }
      // Written before the host is touched: whoever goes on from here no longer waits for its report.
      return { kind: 'DONE', change: (newest) => onHost(newest, hostId, withoutAddress) }
    },
  },

  REPLACE_INSTANCE: {
    patient: true,
    async run(cluster, context) {
      const { hostId, instanceId } = replacementOf(cluster)
      const broker = brokerOn(cluster, hostId)
      if (broker === undefined) return { kind: 'DONE' }
      const isToGo = instanceId !== undefined && (await context.fleet.instanceOf(hostId)) === instanceId
      const busy = isToGo
        ? (await neighbours(cluster, hostId, context)).find((each) => brokerOn(each, hostId)?.address)
        : undefined
      if (busy !== undefined) {
        const reason = `The broker of cluster ${busy.clusterName} on the same host is yet to stop`
        return { kind: 'WAIT', waitMs: REPORT_WAIT_MS, reason }
      }
      const failed = instanceId === undefined ? {} : { instanceId }
      const host = await context.fleet.replaceHost(hostOf(cluster, broker), failed)
      if (!host.done) return waitFor([host])
      const { address } = host
      const back = (each: BrokerNode): BrokerNode => ({ ...each, desired: 'RUNNING', address })
      return { kind: 'DONE', change: (newest) => onHost(newest, hostId, back) }
    },
  },

  /** Those that came belong to the cluster, and those whose places they take are to go. */
  EXCHANGE_BROKERS: {
    async run() {
      return {
        kind: 'DONE',
        change: (newest) => exchanged(newest, { joining: undefined, leaving: 'LEAVING' }),
      }
    },
  },

  EXCHANGE_BROKERS_BACK: {
    async run() {
      const change = (newest: Cluster) => exchanged(newest, { joining: 'JOINING', leaving: undefined })
      return { kind: 'DONE', change }
    },
  },
} as const satisfies Record<string, Step>

function replacementOf({ activeOperation }: Cluster): HostReplacement {
  const host = activeOperation?.update?.host
  assert(host !== undefined, 'a maintenance of a host names it')
  return host
}

async function neighbours(
  cluster: Cluster,
  hostId: string,
  { clusters }: StepContext,
): Promise<readonly Cluster[]> {
  return (await clusters.snapshot()).filter(
    (each) =>
      each.clusterUuid !== cluster.clusterUuid && keepsHosts(each) && brokerOn(each, hostId) !== undefined,
  )
}

function brokerOn(cluster: Cluster, hostId: string): PlacedBroker | undefined {
  return placedBrokers(cluster).find((broker) => broker.hostId === hostId)
}

function onHost(cluster: Cluster, hostId: string, change: (broker: BrokerNode) => BrokerNode): Cluster {
  return withBrokers(cluster, (broker) => (broker.hostId === hostId ? change(broker) : broker))
}

function exchanged(
  cluster: Cluster,
  membership: Record<'joining' | 'leaving', BrokerNode['membership'] | undefined>,
): Cluster {
  const exchange = cluster.activeOperation?.update?.exchange
  assert(exchange !== undefined, 'brokers that move are named')
  return withBrokers(cluster, ({ membership: _former, ...broker }) => {
    const side = exchange.leaving.includes(broker.brokerId)
      ? 'leaving'
      : exchange.joining.includes(broker.brokerId)
        ? 'joining'
        : undefined
    const member = side && membership[side]
    return member === undefined ? broker : { ...broker, membership: member }
  })
}
