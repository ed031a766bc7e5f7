import type { AgentRegistry } from '../../fleet/agents.ts'
import type { FleetDriver } from '../../fleet/driver.ts'
import type { Logger } from '../../log.ts'
import { type Cluster, healing, keepsHosts, withFailedHost } from '../../model/cluster.ts'
import type { ClusterStore } from '../../model/cluster-store.ts'
import type { HostFailure } from '../../model/host.ts'
import { type Account, newUuid } from '../../model/identifiers.ts'
import type { LeaderTask } from '../leader-tasks.ts'
import { confirmed, nextSuspicions, type Suspicions } from './suspicions.ts'

/**
 * Looks for hosts that have failed. One that has, beyond doubt, is noted in the documents of its clusters; from then on
 * the operations of those clusters, or one that begins here, replace it before they do anything else (steps/healing.ts).
 */
export interface HealerOptions {
  readonly clusters: ClusterStore
  readonly fleet: Pick<FleetDriver, 'findFailures'>
  readonly agents: Pick<AgentRegistry, 'lastHeardMs'>
  readonly account: Account
  readonly now: () => number
  readonly log: Logger
}

export function createHealer(options: HealerOptions): LeaderTask {
  let suspicions: Suspicions = new Map()
  return {
    name: 'healer',
    everyMs: LOOK_MS,
    async run() {
      const hostIds = launchedHosts(await options.clusters.snapshot())
      const failures = hostIds.size === 0 ? new Map() : await options.fleet.findFailures(hostIds)
      const nowMs = options.now()
      suspicions = nextSuspicions(suspicions, failures, nowMs)
      const lastHeardMs = (hostId: string) => options.agents.lastHeardMs(hostId)
      for (const [hostId, failure] of confirmed(suspicions, lastHeardMs, nowMs)) {
        await noteFailure(hostId, failure, options)
      }
    },
  }
}

const LOOK_MS = 5_000

/** Hosts that were once as they were asked for: those on their way up have an operation that looks after them. */
function launchedHosts(clusters: readonly Cluster[]): ReadonlySet<string> {
  const brokers = clusters.filter(keepsHosts).flatMap((cluster) => cluster.brokers)
  return new Set(
    brokers.flatMap(({ hostId, address }) => (hostId === undefined || address === undefined ? [] : [hostId])),
  )
}

async function noteFailure(
  hostId: string,
  failure: HostFailure,
  { clusters, account, now, log }: HealerOptions,
): Promise<void> {
  for (const cluster of await clusters.snapshot()) {
    if (!cluster.brokers.some((broker) => broker.hostId === hostId)) continue
    const operationUuid = newUuid()
    let isNoted = false
    await clusters.update(cluster, (newest) => {
      const noted = withFailedHost(newest, hostId, failure)
      isNoted = noted !== newest
      const mayBegin = isNoted && noted.state === 'ACTIVE' && noted.activeOperation === undefined
      return mayBegin ? healing(account, noted, operationUuid, now()) : noted
    })
    if (isNoted) log.error('host failed', { hostId, cluster: cluster.clusterName, ...failure })
  }
}
