import type { Cluster } from '../model/cluster.ts'
import type { ClusterStore } from '../model/cluster-store.ts'
import type { HostNotice, SyncRequest, SyncResponse, UnitPhase } from '../model/unit.ts'
import type { Signal } from '../signal.ts'
import { desiredUnits, type PlacedBroker, type PlacedByHost, placedByHost } from './desired-units.ts'
import type { FleetDriver } from './driver.ts'

export interface AgentRegistryOptions {
  readonly clusters: ClusterStore
  readonly fleet: FleetDriver
  /** Notified by the cluster store whenever a cluster changed. */
  readonly clustersChanged: Signal
  readonly onReport: () => void
  /** Reports are of use to the control plane that acts on them only. */
  readonly leads: () => boolean
  readonly now: () => number
}

export const MAX_WAIT_MS = 30_000

/** Another control plane has the lease of the reconciler: agents are to ask that one. */
export class NotLeading extends Error {
  constructor() {
    super('This control plane does not lead: ask another one.')
    this.name = 'NotLeading'
  }
}

export interface ReportedUnit {
  readonly state: UnitPhase
  readonly lastError?: string
  /** Whether the agent had learnt all that is wanted of its host when it said so. */
  readonly isCurrent: boolean
}

/**
 * The agents' side of the fleet: hands out desired units by long poll, and remembers what each host last said.
 * Reports are kept in memory only; after a restart agents tell again within one poll.
 */
export class AgentRegistry {
  readonly #options: AgentRegistryOptions
  readonly #reports = new Map<string, { report: SyncRequest; atMs: number }>()
  readonly #polling = new Map<string, number>()
  readonly #answers = new Map<string, Answer>()
  #tellings = 0
  #placed: { readonly clusters: readonly Cluster[]; readonly byHost: PlacedByHost } | undefined

  constructor(options: AgentRegistryOptions) {
    this.#options = options
  }

  /**
   * Answers at once when the host's desired units differ from the reported revision, or when all are to be told something;
   * undefined: no such host. Rejects with NotLeading.
   */
  async sync(hostId: string, report: SyncRequest, abort?: AbortSignal): Promise<SyncResponse | undefined> {
    const { clustersChanged } = this.#options
    const timeout = AbortSignal.timeout(spread(Math.min(report.waitMs, MAX_WAIT_MS)))
    const over = abort ? AbortSignal.any([abort, timeout]) : timeout
    const tellings = this.#tellings
    for (let first = true; ; first = false) {
      if (!this.#options.leads()) throw new NotLeading()
      const seen = clustersChanged.generation
      const desired = await this.#desired(hostId)
      if (!desired) {
        this.#reports.delete(hostId)
        this.#answers.delete(hostId)
        return undefined
      }
      if (first) this.#remember(hostId, report)
      const isNews = desired.revision !== report.revision || this.#tellings !== tellings
      if (isNews || report.waitMs === 0 || over.aborted) return desired
      await this.#whilePolling(hostId, () => clustersChanged.waitAfter(seen, MAX_WAIT_MS, over))
    }
  }

  /** What goes with each answer has changed: whoever waits gets one now. */
  tellAll(): void {
    this.#tellings++
    this.#options.clustersChanged.notify()
  }

  /**
   * A unit's state as its agent sees it. A unit that the agent does not mention although it has applied the
   * newest revision does not exist there: REMOVED. Undefined while the agent has yet to speak.
   */
  async unitStatus(hostId: string, unitId: string): Promise<ReportedUnit | undefined> {
    const report = this.#reports.get(hostId)?.report
    if (!report) return undefined
    const isCurrent = (await this.#desired(hostId))?.revision === report.revision
    const unit = report.units.find((status) => status.unitId === unitId)
    if (!unit) return isCurrent ? { state: 'REMOVED', isCurrent } : undefined
    const { state, lastError } = unit
    return { state, isCurrent, ...(lastError === undefined ? {} : { lastError }) }
  }

  /** When the agent last showed that it lives, to this control plane. */
  lastHeardMs(hostId: string): number | undefined {
    return this.#polling.has(hostId) ? this.#options.now() : this.#reports.get(hostId)?.atMs
  }

  /** What the cloud has announced to agents for their hosts, as they last said. */
  notices(): ReadonlyMap<string, readonly HostNotice[]> {
    const told = [...this.#reports].flatMap(([hostId, { report }]): [string, readonly HostNotice[]][] =>
      report.notices === undefined || report.notices.length === 0 ? [] : [[hostId, report.notices]],
    )
    return new Map(told)
  }

  /** Hosts whose agent is neither waiting in a poll nor has called lately. */
  silentHosts(hostIds: readonly string[]): string[] {
    const since = this.#options.now() - SILENT_AFTER_MS
    return hostIds.filter(
      (hostId) => !this.#polling.has(hostId) && (this.#reports.get(hostId)?.atMs ?? 0) < since,
    )
  }

  /** Worked out anew only if a cluster of the host has changed: every agent asks when any cluster has. */
  async #desired(hostId: string): Promise<SyncResponse | undefined> {
    const { clusters, fleet } = this.#options
    const all = await clusters.snapshot()
    if (this.#placed?.clusters !== all) this.#placed = { clusters: all, byHost: placedByHost(all) }
    const placed = this.#placed.byHost.get(hostId)
    if (!placed) return undefined
    const known = this.#answers.get(hostId)
    if (known && isSame(known.placed, placed)) return known.response
    const response = desiredUnits(hostId, placed, fleet)
    this.#answers.set(hostId, { placed, response })
    return response
  }

  #remember(hostId: string, report: SyncRequest): void {
    const before = this.#reports.get(hostId)?.report
    this.#reports.set(hostId, { report, atMs: this.#options.now() })
    if (
      JSON.stringify([before?.revision, before?.units]) !== JSON.stringify([report.revision, report.units])
    ) {
      this.#options.onReport()
    }
  }

  async #whilePolling(hostId: string, wait: () => Promise<void>): Promise<void> {
    this.#polling.set(hostId, (this.#polling.get(hostId) ?? 0) + 1)
    await wait()
    const others = this.#polling.get(hostId)! - 1
    if (others > 0) this.#polling.set(hostId, others)
    else this.#polling.delete(hostId)
  }
}

const SILENT_AFTER_MS = 10_000

/** Agents that once came together, because the control plane had been away, do not come together for ever. */
function spread(waitMs: number): number {
  return Math.ceil(waitMs * (0.75 + Math.random() / 4))
}

interface Answer {
  readonly placed: readonly PlacedBroker[]
  readonly response: SyncResponse
}

function isSame(a: readonly PlacedBroker[], b: readonly PlacedBroker[]): boolean {
  return a.length === b.length && a.every(({ cluster }, index) => cluster === b[index]!.cluster)
}
