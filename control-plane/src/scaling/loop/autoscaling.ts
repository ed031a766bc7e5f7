import { setImmediate as endOfTurn } from 'node:timers/promises'
import type { FleetDriver } from '../../fleet/driver.ts'
import type { UseKafka } from '../../kafka/admin.ts'
import { errorText, type Logger } from '../../log.ts'
import type { ClusterPeriod } from '../../metrics/gatherer.ts'
import { brokerCountChange } from '../../model/broker-count.ts'
import { type Cluster, type ProvisionedCluster, placedBrokers } from '../../model/cluster.ts'
import { servingEndpoints } from '../../model/endpoints.ts'
import { type ScalingSettings, scalingSettings } from '../../model/scaling-settings.ts'
import { type AutoscalerInput, type Decision, decide } from '../autoscaler/decide.ts'
import { type BrokerCapacity, capacityOf } from '../capacity/capacity.ts'
import { loadOf, type Resource } from '../capacity/load.ts'
import { type BeginContext, beginOperation, zonePlaces } from './begin.ts'
import type { DecisionLog, RecordedDecision } from './decision-log.ts'
import { floorOf } from './floor.ts'
import type { LoadHistory } from './load-history.ts'
import type { LoadStore } from './load-store.ts'
import { pastChanges } from './past-changes.ts'
import { growthUpdate, storageGrowth } from './storage-growth.ts'

export interface AutoscalingOptions extends BeginContext {
  readonly fleet: FleetDriver
  readonly kafka: UseKafka
  readonly decisions: DecisionLog
  readonly loads: LoadStore
  readonly log: Logger
}

/**
 * The loop that acts: each period it looks at what every cluster did, decides, and begins the operation that an operator
 * would begin. It remembers nothing itself: loads are kept, and what happened before is read from the clusters'
 * operations.
 */
export class Autoscaling {
  readonly #options: AutoscalingOptions

  constructor(options: AutoscalingOptions) {
    this.#options = options
  }

  /** One cluster's trouble is not another's. */
  async look(atMs: number, periods: readonly ClusterPeriod[]): Promise<void> {
    const known = new Set(periods.map(({ cluster }) => cluster.clusterUuid))
    this.#options.loads.keep(known)
    this.#options.decisions.keep(known)
    for (const period of periods) {
      try {
        await this.#lookAt(atMs, period)
      } catch (error) {
        const { clusterName } = period.cluster
        this.#options.log.error('autoscaling', { cluster: clusterName, error: errorText(error) })
      }
      // A thousand clusters are more than one turn's work.
      await endOfTurn()
    }
  }

  async #lookAt(atMs: number, period: ClusterPeriod): Promise<void> {
    const { cluster, brokers } = period
    const settings = scalingSettings(cluster)
    const hasBegun = settings.mode !== 'off' && (await this.#size(atMs, period, settings))
    if (hasBegun || cluster.clusterType !== 'PROVISIONED' || cluster.state !== 'ACTIVE') return
    const past = {
      operations: () => this.#options.clusters.operations(cluster),
      isChanging: async () => {
        const hostIds = new Set(placedBrokers(cluster).map(({ hostId }) => hostId))
        return (await this.#options.fleet.changingVolumes(hostIds)).size > 0
      },
    }
    const growth = await storageGrowth(cluster, brokers, settings, past, atMs)
    if (growth !== undefined) await this.#grow(cluster, growth, atMs)
  }

  /** How many brokers there should be; true if an operation was begun. */
  async #size(
    atMs: number,
    { cluster, brokers }: ClusterPeriod,
    settings: ScalingSettings,
  ): Promise<boolean> {
    const capacity = capacityOf(cluster)
    const current = loadOf(brokers, cluster.brokers.length, capacity)
    if (current === undefined) return false
    const text = JSON.stringify(capacity)
    const loads = await this.#options.loads.add(cluster.clusterUuid, text, atMs, current.load)
    if (cluster.state !== 'ACTIVE') return false
    const decision = await this.#decide(atMs, { cluster, brokers }, settings, loads, capacity)
    const outcome = await this.#carryOut(cluster, decision, settings)
    await this.#record(cluster, countDecision(cluster, decision, current.busiest, atMs, outcome))
    return outcome.outcome === 'STARTED'
  }

  /** What costs a request is asked only where the answer may matter: nothing of it makes a change out of none. */
  async #decide(
    nowMs: number,
    { cluster, brokers }: ClusterPeriod,
    settings: ScalingSettings,
    loads: LoadHistory,
    capacity: BrokerCapacity,
  ): Promise<Decision> {
    const zones = new Set(cluster.brokers.map(({ zone }) => zone)).size
    const { maxBrokers } = settings
    const minBrokers = Math.min(Math.max(settings.minBrokers, zones), maxBrokers)
    const input: AutoscalerInput = {
      nowMs,
      brokers: cluster.brokers.length,
      zones,
      limits: { minBrokers, maxBrokers },
      brokerCapacity: 1,
      brokerPricePerHour: capacity.pricePerHour,
      history: loads.samples(),
      changes: [],
    }
    const wished = decide(input)
    if (wished.action === 'HOLD') return wished
    const changes = pastChanges(await this.#options.clusters.operations(cluster))
    const decision = decide({ ...input, changes })
    if (decision.action !== 'IN') return decision
    const topology = await this.#options.kafka(servingEndpoints(cluster), (admin) => admin.topology())
    const floor = floorOf(topology, brokers)
    return decide({
      ...input,
      changes,
      limits: { minBrokers: Math.max(minBrokers, floor.brokers), maxBrokers },
    })
  }

  async #carryOut(
    cluster: Cluster,
    { action, brokers }: Decision,
    { mode }: ScalingSettings,
  ): Promise<Outcome> {
    if (action === 'HOLD') return { outcome: 'NOTHING_TO_DO' }
    if (mode === 'advise' || cannotMove(cluster)) return { outcome: 'ADVISED' }
    const places = await zonePlaces(cluster, this.#options.fleet)
    return outcomeOf(
      await beginOperation(cluster, brokerCountChange(cluster, brokers, places), this.#options),
    )
  }

  async #grow(
    cluster: ProvisionedCluster,
    { beforeGB, volumeSizeGB, reason }: NonNullable<Awaited<ReturnType<typeof storageGrowth>>>,
    atMs: number,
  ): Promise<void> {
    const grows = volumeSizeGB > beforeGB
    const request = { type: 'UPDATE_BROKER_STORAGE', update: growthUpdate(cluster, volumeSizeGB) } as const
    const outcome: Outcome = grows
      ? outcomeOf(await beginOperation(cluster, request, this.#options))
      : { outcome: 'NOTHING_TO_DO' }
    await this.#record(cluster, {
      decidedAt: new Date(atMs).toISOString(),
      kind: 'STORAGE',
      action: grows ? 'GROW' : 'HOLD',
      before: beforeGB,
      after: volumeSizeGB,
      reason,
      ...outcome,
      detail: null,
    })
  }

  async #record(cluster: Cluster, decision: RecordedDecision): Promise<void> {
    if (decision.outcome === 'STARTED' || decision.outcome === 'OVERTAKEN') {
      const { kind, action, before, after, reason, outcome } = decision
      const fields = { cluster: cluster.clusterName, kind, action, before, after, reason, outcome }
      this.#options.log.info('scaling', fields)
    }
    await this.#options.decisions.add(cluster.clusterUuid, decision)
  }
}

/** Brokers that come would get no partitions, and those that are to go would never be empty. */
function cannotMove(cluster: Cluster): boolean {
  return cluster.clusterType === 'PROVISIONED' && cluster.provisioned.rebalancing.status === 'PAUSED'
}

type Outcome = Pick<RecordedDecision, 'outcome' | 'clusterOperationArn'>

function outcomeOf(operationArn: string | undefined): Outcome {
  return operationArn === undefined
    ? { outcome: 'OVERTAKEN' }
    : { outcome: 'STARTED', clusterOperationArn: operationArn }
}

function countDecision(
  cluster: Cluster,
  decision: Decision,
  busiest: Resource,
  atMs: number,
  outcome: Outcome,
): RecordedDecision {
  const { action, brokers, reason, ...rest } = decision
  return {
    decidedAt: new Date(atMs).toISOString(),
    kind: 'BROKER_COUNT',
    action,
    before: cluster.brokers.length,
    after: brokers,
    reason,
    ...outcome,
    detail: { busiest, ...rest },
  }
}
