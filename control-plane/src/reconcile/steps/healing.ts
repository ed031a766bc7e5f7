import {
  type BrokerNode,
  type Cluster,
  keepsHosts,
  placedBrokers,
  withBrokers,
  withTrouble,
} from '../../model/cluster.ts'
import { hostOf, waitFor } from './hosts.ts'
import { METADATA_WAIT_MS, type Step, type StepContext, type StepOutcome } from './step.ts'

/**
 * A failed host is replaced: its data volume goes to a new instance in the same zone, or a new empty one takes its
 * place; unit and broker id stay. A broker with an empty disk fetches all from its peers.
 */

export const healingSteps = {
  /** The runner replaces failed hosts before any step. */
  REPLACE_FAILED_HOSTS: {
    async run() {
      return { kind: 'DONE' }
    },
  },
} as const satisfies Record<string, Step>

/** Whether hosts are to be replaced before anything else. What is deleted anyway needs no new host of its own. */
export function needsHealing(cluster: Cluster): boolean {
  const { clusterType, activeOperation, brokers } = cluster
  const isGoing = activeOperation?.operationType === 'DELETE_CLUSTER' && clusterType === 'PROVISIONED'
  return !isGoing && keepsHosts(cluster) && brokers.some(({ hostFailure }) => hostFailure !== undefined)
}

export async function replaceFailedHost(cluster: Cluster, { fleet }: StepContext): Promise<StepOutcome> {
  const broker = placedBrokers(cluster).find(({ hostFailure }) => hostFailure !== undefined)
  if (broker?.hostFailure === undefined) return { kind: 'DONE' }
  const { hostId, hostFailure } = broker
  const progress = await fleet.replaceHost(hostOf(cluster, broker), hostFailure)
  if (!progress.done) {
    return waitFor([{ ...progress, waitingFor: `${hostFailure.reason}; ${progress.waitingFor}` }])
  }
  const healed = ({ hostFailure: _past, ...each }: BrokerNode): BrokerNode => ({
    ...each,
    address: progress.address,
  })
  const change = (newest: Cluster) =>
    withBrokers(withTrouble(newest, undefined), (each) => (each.hostId === hostId ? healed(each) : each))
  return { kind: 'WAIT', change, waitMs: METADATA_WAIT_MS, reason: `Host ${hostId} has been replaced` }
}
