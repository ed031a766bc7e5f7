import type { AgentRegistry } from '../fleet/agents.ts'
import type { FleetDriver } from '../fleet/driver.ts'
import type { HostCredentials } from '../fleet/host-credentials.ts'
import { errorText, type Logger } from '../log.ts'
import { type Cluster, keepsHosts, updating } from '../model/cluster.ts'
import type { ClusterStore } from '../model/cluster-store.ts'
import { wantedHosts } from '../model/host.ts'
import type { Account } from '../model/identifiers.ts'
import type { LeaderTask } from '../reconcile/leader-tasks.ts'
import {
  brokerExchange,
  type ClusterRequest,
  hostReplacement,
  operationUuidOf,
} from './cluster-operations.ts'
import {
  type HostOperation,
  type HostOutcome,
  type HostRecord,
  type HostStepName,
  type HostStore,
  isUnderWay,
  nextStep,
  withOperation,
  withOutcome,
} from './host-record.ts'

/**
 * Carries out the operations on hosts, step by step, and begins those that nobody asks for: a host that the cloud is
 * about to take away, or whose instance is made of an older image or package than new ones, is replaced; of the latter
 * one at a time.
 */
export interface HostKeeperOptions {
  readonly clusters: ClusterStore
  readonly hosts: HostStore
  readonly fleet: Pick<FleetDriver, 'instanceOf' | 'outdatedHosts' | 'terminateHost'>
  readonly agents: Pick<AgentRegistry, 'notices'>
  readonly hostCredentials: Pick<HostCredentials, 'forget'>
  readonly account: Account
  readonly now: () => number
  readonly log: Logger
}

export function createHostKeeper(options: HostKeeperOptions): LeaderTask {
  let lookedAtMs = Number.NEGATIVE_INFINITY
  let wasBusy = false
  return {
    name: 'hosts',
    everyMs: LOOK_MS,
    async run() {
      await heedNotices(options)
      const isBusy = await advanceAll(options)
      const hasEnded = wasBusy && !isBusy
      wasBusy = isBusy
      if (!hasEnded && options.now() - lookedAtMs < OUTDATED_LOOK_MS) return
      lookedAtMs = options.now()
      if (await renewOutdated(options)) wasBusy = await advanceAll(options)
    },
  }
}

const LOOK_MS = 2_000
const OUTDATED_LOOK_MS = 30_000
/** Brokers of so many clusters move away from a host at once. */
const MOVING_CLUSTERS_MAX = 3

/** Whether any operation is under way still. */
async function advanceAll(options: HostKeeperOptions): Promise<boolean> {
  const underWay = (await options.hosts.list()).filter(isUnderWay)
  for (const record of underWay) await advance(record, options)
  return underWay.length > 0 && (await options.hosts.list()).some(isUnderWay)
}

/** One host's trouble is not another's. */
async function advance(record: HostRecord, options: HostKeeperOptions): Promise<void> {
  const { hosts, now, log } = options
  const { hostId, operation } = record
  const step = operation && nextStep(operation)
  if (operation === undefined || step === undefined) return
  try {
    const outcome = await STEPS[step](record, operation, options)
    if (outcome === 'FORGOTTEN') return
    if (outcome.kind === 'FAILED') log.error('host operation failed', { hostId, reason: outcome.reason })
    const isSame = (newest: HostRecord) => newest.operation?.operationId === operation.operationId
    if (withOutcome(record, outcome, now()) === record) return
    await hosts.update(hostId, (newest) => (isSame(newest) ? withOutcome(newest, outcome, now()) : newest))
  } catch (error) {
    log.error('host operation step', { hostId, step, error: errorText(error) })
  }
}

type HostStep = (
  record: HostRecord,
  operation: HostOperation,
  options: HostKeeperOptions,
) => Promise<HostOutcome | 'FORGOTTEN'>

const STEPS: Record<HostStepName, HostStep> = {
  // All at once: they wait for each other before any broker stops.
  REPLACE_INSTANCE: ({ hostId }, operation, options) =>
    throughClusters(hostId, operation, () => hostReplacement(hostId, operation), Infinity, options),

  MOVE_BROKERS: ({ hostId }, operation, options) =>
    throughClusters(
      hostId,
      operation,
      (cluster) => brokerExchange(cluster, hostId),
      MOVING_CLUSTERS_MAX,
      options,
    ),

  TERMINATE_INSTANCE: async ({ hostId }, _operation, { fleet, hosts, hostCredentials }) => {
    const progress = await fleet.terminateHost(hostId)
    if (!progress.done) return { kind: 'WAIT', reason: progress.waitingFor }
    await hostCredentials.forget(hostId)
    await hosts.forget(hostId)
    return 'FORGOTTEN'
  },
}

/** Done once each cluster that has brokers on the host has carried out what is asked of it. */
async function throughClusters(
  hostId: string,
  operation: HostOperation,
  request: (cluster: Cluster) => ClusterRequest,
  atOnce: number,
  options: HostKeeperOptions,
): Promise<HostOutcome> {
  const { clusters } = options
  const waits: string[] = []
  let underWay = 0
  for (const cluster of await clusters.snapshot()) {
    if (!keepsHosts(cluster) || !isOn(cluster, hostId)) continue
    const operationUuid = operationUuidOf(operation, cluster)
    const { clusterName, state, activeOperation } = cluster
    if (activeOperation?.operationUuid === operationUuid) underWay++
    else {
      const past = (await clusters.operations(cluster)).find(
        (each) => each.operation.operationUuid === operationUuid,
      )
      const error = past?.operation.errorInfo
      if (error !== undefined) return { kind: 'FAILED', reason: `${clusterName}: ${error.errorString}` }
      if (past !== undefined) continue
      if (state === 'ACTIVE' && underWay < atOnce) {
        await begin(cluster, operationUuid, request, options)
        underWay++
      }
    }
    waits.push(`${clusterName} is ${state}`)
  }
  return waits.length === 0 ? { kind: 'DONE' } : { kind: 'WAIT', reason: `${waits.join(', ')}.` }
}

async function begin(
  cluster: Cluster,
  operationUuid: string,
  request: (cluster: Cluster) => ClusterRequest,
  { clusters, account, now }: HostKeeperOptions,
): Promise<void> {
  await clusters.update(cluster, (newest) => {
    if (newest.state !== 'ACTIVE' || newest.activeOperation !== undefined) return newest
    const { type, update, prepare } = request(newest)
    const prepared = prepare?.(newest, now()) ?? newest
    return updating(account, prepared, { type, update, operationUuid }, now())
  })
}

/** The agents of hosts tell what the cloud has announced for their instances. */
async function heedNotices(options: HostKeeperOptions): Promise<void> {
  const notices = options.agents.notices()
  if (notices.size === 0) return
  for (const host of wantedHosts(await options.clusters.snapshot())) {
    const [notice] = notices.get(host.hostId) ?? []
    if (notice === undefined) continue
    const when = notice.notBefore === undefined ? '' : `, not before ${notice.notBefore}`
    await replace(host, `${notice.kind}: ${notice.detail}${when}`, options)
  }
}

/** Never two: a new image that does not work is to cost one broker. Whether one is replaced from now on. */
async function renewOutdated(options: HostKeeperOptions): Promise<boolean> {
  const outdated = await options.fleet.outdatedHosts()
  if (outdated.size === 0 || (await options.hosts.list()).some(isUnderWay)) return false
  const clusters = await options.clusters.snapshot()
  for (const host of wantedHosts(clusters)) {
    const reason = outdated.get(host.hostId)
    const isQuiet = clusters.every((each) => !isOn(each, host.hostId) || each.state === 'ACTIVE')
    if (reason === undefined || !isQuiet) continue
    if (await replace(host, reason, options)) return true
  }
  return false
}

/** False if an operation is under way, or one that was to replace this very instance has ended already. */
async function replace(
  host: { readonly hostId: string; readonly zone: string; readonly shared: boolean },
  reason: string,
  { hosts, fleet, now, log }: HostKeeperOptions,
): Promise<boolean> {
  const instanceId = await fleet.instanceOf(host.hostId)
  const isPast = ({ operation }: HostRecord) =>
    instanceId === undefined || operation?.instanceId === instanceId
  const known = await hosts.get(host.hostId)
  if (instanceId === undefined || (known !== undefined && (isUnderWay(known) || isPast(known)))) return false
  await hosts.change(host, (newest) => {
    if (isUnderWay(newest) || isPast(newest)) return newest
    return withOperation(newest, { type: 'REPLACE', reason, instanceId }, now())
  })
  log.info('host is replaced', { hostId: host.hostId, instanceId, reason })
  return true
}

function isOn({ brokers }: Cluster, hostId: string): boolean {
  return brokers.some((broker) => broker.hostId === hostId)
}
