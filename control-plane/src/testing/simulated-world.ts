import type { Documents } from '@freshet/coordination'
import type { ReportedUnit } from '../fleet/agents.ts'
import { desiredUnits, placedByHost } from '../fleet/desired-units.ts'
import { HostCredentials } from '../fleet/host-credentials.ts'
import { HostStore } from '../hosts/host-record.ts'
import type { BrokerNode, Cluster } from '../model/cluster.ts'
import { ClusterStore } from '../model/cluster-store.ts'
import { kafkaClusterId } from '../model/identifiers.ts'
import type { UnitSpec } from '../model/unit.ts'
import { Mutex } from '../reconcile/mutex.ts'
import { type RunnerContext, runNextStep } from '../reconcile/runner.ts'
import { createMemoryFleet, type MemoryFleet, memoryDocuments, NOW, silentLog } from './fixtures.ts'
import { SimulatedKafka } from './simulated-kafka.ts'

/** The control plane dies here. */
export class Crash extends Error {}

/** Looks of the control plane until a restarted broker is in sync again. */
const BEHIND_FOR = 5
const MAX_TURNS = 500

/** Counts what is done to the world; a crash strikes before or after the n-th of them. */
export interface CrashPlan {
  readonly at: number
  readonly when: 'BEFORE' | 'AFTER'
}

/** Documents, hosts and units outlive the control plane; everything else is made anew after each crash. */
export class SimulatedWorld {
  readonly documents: Documents = memoryDocuments()
  readonly fleet: MemoryFleet = createMemoryFleet()
  readonly clusters = new ClusterStore(this.documents, () => undefined)
  /** Units that run, by id, with the spec they were started with. */
  readonly units = new Map<string, UnitSpec>()
  readonly kafka = new SimulatedKafka()
  /** Every start of a unit, to notice one started twice. */
  readonly starts: string[] = []
  /** Most brokers of the cluster that were away, or behind, at once. */
  absentMax = 0
  effects = 0
  /** How often a broker that has started is looked at until its replicas are in sync again. */
  readonly #behind = new Map<number, number>()

  constructor() {
    this.kafka.alive = () => [...this.units.values()].map(({ brokerId }) => brokerId).sort((a, b) => a - b)
    this.kafka.behind = () => [...this.#behind.keys()]
  }

  /** A newly started control plane. */
  boot(crash?: CrashPlan): RunnerContext {
    const strike = <A extends unknown[], R>(effect: (...args: A) => Promise<R>) => {
      return async (...args: A): Promise<R> => {
        this.effects++
        const struck = this.effects === crash?.at
        if (struck && crash.when === 'BEFORE') throw new Crash()
        const result = await effect(...args)
        if (struck) throw new Crash()
        return result
      }
    }
    const { documents, fleet } = this
    const mortal: Documents = {
      get: (key) => documents.get(key),
      list: (prefix, options) => documents.list(prefix, options),
      put: strike((key: string, value: unknown, ifVersion?: number) => documents.put(key, value, ifVersion)),
      delete: strike((key: string, ifVersion?: number) => documents.delete(key, ifVersion)),
    }
    // Others of this world change clusters without announcing it: every look reads.
    const clusters = new ClusterStore(
      mortal,
      () => undefined,
      () => 0,
    )
    return {
      clusters,
      fleet: {
        ...fleet,
        launchHost: strike((host) => fleet.launchHost(host)),
        replaceHost: strike((host, failure) => fleet.replaceHost(host, failure)),
        terminateHost: strike((hostId) => fleet.terminateHost(hostId)),
        prepareCluster: strike((uuid) => fleet.prepareCluster(uuid)),
        removeCluster: strike((uuid) => fleet.removeCluster(uuid)),
      },
      agents: { unitStatus: (hostId, unitId) => this.#unitStatus(hostId, unitId) },
      hostCredentials: new HostCredentials({
        documents: mortal,
        agentToken: 'secret',
        volumeOf: (hostId) => fleet.volumeOf(hostId),
        log: silentLog,
        now: () => NOW,
      }),
      brokersSeenAt: async (_address, port) => this.#peersOf(port),
      kafka: (endpoints, task) =>
        this.kafka.use(endpoints, (admin) => {
          this.#catchUp()
          return task({
            ...admin,
            reassign: strike((moves) => admin.reassign(moves)),
            alterBrokerConfigs: strike((changes) => admin.alterBrokerConfigs(changes)),
            unregisterBroker: strike((brokerId) => admin.unregisterBroker(brokerId)),
          })
        }),
      hosts: new HostStore(mortal),
      allocation: new Mutex(),
      leads: () => true,
      now: () => NOW,
    }
  }

  /** Runs a cluster's operation until nothing is left to do; `false` if the plan struck before that. */
  async run(cluster: Cluster, context: RunnerContext): Promise<boolean> {
    try {
      for (let turn = 0; turn < MAX_TURNS; turn++) {
        if ((await runNextStep(cluster, context)).kind === 'IDLE') return true
      }
    } catch (error) {
      if (error instanceof Crash) return false
      throw error
    }
    throw new Error('The operation did not end within its turns')
  }

  /** A host dies, with the units on it. */
  failHost({ hostId, unitId }: BrokerNode): void {
    this.fleet.failures.set(hostId!, { kind: 'INSTANCE_ENDED', reason: 'It has died' })
    this.units.delete(unitId)
  }

  /** Hosts' agents, as seen through their reports: they do at once what is desired, and a start takes a moment. */
  async #unitStatus(hostId: string, unitId: string): Promise<ReportedUnit | undefined> {
    if (!this.fleet.hosts.has(hostId) || this.fleet.failures.has(hostId)) return undefined
    const placed = placedByHost(await this.clusters.all()).get(hostId) ?? []
    const spec = desiredUnits(hostId, placed, this.fleet).units.find((unit) => unit.unitId === unitId)
    if (spec?.desired !== 'RUNNING') {
      this.units.delete(unitId)
      this.#noteAbsence()
      return { state: spec?.desired ?? ('REMOVED' as const), isCurrent: true }
    }
    const running = this.units.get(unitId)
    const isNew = running?.generation !== spec.generation
    if (isNew) this.starts.push(unitId)
    if (isNew && running !== undefined) this.#behind.set(spec.brokerId, BEHIND_FOR)
    this.units.set(unitId, isNew ? spec : { ...spec, properties: running.properties })
    this.#noteAbsence()
    return { state: isNew && running !== undefined ? 'STARTING' : 'RUNNING', isCurrent: true }
  }

  #catchUp(): void {
    for (const [brokerId, left] of this.#behind) {
      if (left === 0) this.#behind.delete(brokerId)
      else this.#behind.set(brokerId, left - 1)
    }
  }

  #noteAbsence(): void {
    this.absentMax = Math.max(this.absentMax, this.#behind.size)
  }

  #peersOf(port: number): number[] {
    const asked = [...this.units.values()].find((unit) => unit.port === port)
    const peers = [...this.units.values()].filter(({ clusterId }) => clusterId === asked?.clusterId)
    return peers.map(({ brokerId }) => brokerId)
  }

  unitsOf(cluster: Cluster): UnitSpec[] {
    const clusterId = kafkaClusterId(cluster.clusterUuid)
    return [...this.units.values()].filter((unit) => unit.clusterId === clusterId)
  }
}
