import { type Cluster, concernedBrokers, isToldTo, withBrokers, withDesired } from '../../model/cluster.ts'
import { isRollingBack } from '../../model/operation.ts'
import type { UnitPhase } from '../../model/unit.ts'
import { METADATA_WAIT_MS, REPORT_WAIT_MS, type Step, type StepContext, type StepOutcome } from './step.ts'

/** Units: started, waited for, stopped and removed. */

export const unitSteps = {
  START_UNITS: {
    async run(cluster) {
      const starting = new Set(concernedBrokers(cluster).map(({ unitId }) => unitId))
      return {
        kind: 'DONE',
        change: (newest) =>
          withBrokers(newest, (broker) =>
            starting.has(broker.unitId) ? { ...broker, desired: 'RUNNING' } : broker,
          ),
      }
    },
  },

  WAIT_FOR_BROKERS: { run: waitForBrokers },

  STOP_UNITS: {
    patient: 'ONLY_WAY',
    run: (cluster, context) => waitForUnits(cluster, context, 'STOPPED', ['STOPPED', 'REMOVED']),
  },

  REMOVE_UNITS: {
    patient: 'ONLY_WAY',
    run: (cluster, context) => waitForUnits(cluster, context, 'REMOVED', ['REMOVED']),
  },
} as const satisfies Record<string, Step>

/** ACTIVE must mean that clients can work: every unit runs, and each broker tells a client of all the others. */
async function waitForBrokers(
  cluster: Cluster,
  { agents, brokersSeenAt }: StepContext,
): Promise<StepOutcome> {
  const starting = concernedBrokers(cluster)
  for (const { hostId, unitId, brokerId } of starting) {
    const status = await agents.unitStatus(hostId, unitId)
    if (status?.state !== 'RUNNING') {
      const detail = status?.lastError === undefined ? '' : `: ${status.lastError}`
      const reason = `Broker ${brokerId} is ${status?.state ?? 'not reported by its host'}${detail}`
      return { kind: 'WAIT', waitMs: REPORT_WAIT_MS, reason }
    }
  }
  for (const { hostId, address, port, brokerId } of starting) {
    if (address === undefined)
      return { kind: 'WAIT', waitMs: REPORT_WAIT_MS, reason: `Host ${hostId} has no address` }
    const seen = await brokersSeenAt(address, port!).catch((error: Error) => error.message)
    const complete = Array.isArray(seen) && starting.every((broker) => seen.includes(broker.brokerId))
    if (!complete) {
      const reason = `Broker ${brokerId} answers a client's metadata request with: ${String(seen)}`
      return { kind: 'WAIT', waitMs: METADATA_WAIT_MS, reason }
    }
  }
  return { kind: 'DONE' }
}

async function waitForUnits(
  cluster: Cluster,
  { agents, hosts }: StepContext,
  desired: 'STOPPED' | 'REMOVED',
  reached: readonly UnitPhase[],
): Promise<StepOutcome> {
  const started = concernedBrokers(cluster).filter((broker) => broker.desired !== undefined)
  if (started.some((broker) => !isToldTo(broker, desired))) {
    const unitIds = new Set(started.map(({ unitId }) => unitId))
    const change = (newest: Cluster) => withDesired(newest, desired, unitIds)
    return { kind: 'WAIT', change, waitMs: REPORT_WAIT_MS, reason: `Units are told to be ${desired}` }
  }
  const { activeOperation } = cluster
  for (const { hostId, unitId, brokerId, hostFailure } of started) {
    const status = await agents.unitStatus(hostId, unitId)
    // On the way back a host may never have come to life; it goes, and all that is on it. So does one that failed.
    if (!status && activeOperation && isRollingBack(activeOperation)) continue
    if (hostFailure !== undefined) continue
    const hasReached = status !== undefined && reached.includes(status.state)
    if (!hasReached && (await hosts.get(hostId))?.operation?.force) continue
    if (!hasReached) {
      const reason = `Broker ${brokerId} is ${status?.state ?? 'not reported by its host'}, to be ${desired}`
      return { kind: 'WAIT', waitMs: REPORT_WAIT_MS, reason }
    }
  }
  return { kind: 'DONE' }
}
