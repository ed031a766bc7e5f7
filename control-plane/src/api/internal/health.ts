import type { AgentRegistry } from '../../fleet/agents.ts'
import type { FleetDriver } from '../../fleet/driver.ts'
import type { Cluster } from '../../model/cluster.ts'
import { type ClusterStore, type ClusterSummary, summary } from '../../model/cluster-store.ts'
import { wantedHosts } from '../../model/host.ts'
import type { Reconciler } from '../../reconcile/reconciler.ts'

/** `GET /health`, without a signature: whether each part works, and the clusters. */
export interface HealthReport {
  readonly status: Status
  readonly parts: {
    readonly coordination: Part
    readonly reconciler: Part & {
      readonly leader: boolean
      readonly operations: number
      readonly passMs: number
    }
    readonly fleet: Part & { readonly hosts: number; readonly failedHosts: readonly string[] }
    readonly agents: Part & { readonly silentHosts: readonly string[] }
  }
  readonly clusters: readonly ClusterSummary[]
}

type Status = 'ok' | 'degraded'

interface Part {
  readonly status: Status
  readonly message?: string
}

export interface HealthOptions {
  readonly clusters: ClusterStore
  readonly fleet: FleetDriver
  readonly agents: AgentRegistry
  readonly reconciler: Pick<Reconciler, 'status'>
}

export async function healthReport(options: HealthOptions): Promise<HealthReport> {
  const { agents, fleet, reconciler } = options
  const all = await attempt(() => options.clusters.snapshot())
  const hosts = await attempt(() => fleet.listHosts())
  const clusters = all.value ?? []
  const wanted = wantedHosts(clusters).map(({ hostId }) => hostId)
  const { leader, standby, operations, passMs } = reconciler.status()
  // Agents speak to the leader only.
  const silentHosts = leader ? agents.silentHosts(wanted) : []
  const parts = {
    coordination: all.part,
    reconciler: {
      ...part(leader || standby, 'nobody is known to hold the lease'),
      leader,
      operations,
      passMs: Math.round(passMs),
    },
    fleet: { ...hosts.part, hosts: hosts.value?.length ?? 0, failedHosts: failedHosts(clusters) },
    agents: { ...part(silentHosts.length === 0, 'no agent has called for these hosts'), silentHosts },
  }
  const healthy = Object.values(parts).every(({ status }) => status === 'ok')
  return {
    status: healthy ? 'ok' : 'degraded',
    parts,
    clusters: clusters.map(summary),
  }
}

/** Those that are being replaced, each with the reason. */
function failedHosts(clusters: readonly Cluster[]): string[] {
  const failed = clusters.flatMap(({ brokers }) =>
    brokers.flatMap(({ hostId, hostFailure }) => (hostFailure ? [`${hostId}: ${hostFailure.reason}`] : [])),
  )
  return [...new Set(failed)]
}

function part(healthy: boolean, message: string): Part {
  return healthy ? { status: 'ok' } : { status: 'degraded', message }
}

async function attempt<T>(task: () => Promise<T>): Promise<{ part: Part; value?: T }> {
  try {
    return { part: { status: 'ok' }, value: await task() }
  } catch (error) {
    return { part: { status: 'degraded', message: error instanceof Error ? error.message : String(error) } }
  }
}
