import type { CoordinationStore } from '@freshet/coordination'
import { AlterPartitionApi } from '../apis/56-alter-partition.ts'
import { AssignReplicasToDirsApi } from '../apis/73-assign-replicas-to-dirs.ts'
import { apiHandlers } from '../apis/index.ts'
import {
  type BrokerConfig,
  ClusterImage,
  ConfigResourceType,
  configSources,
  DEFAULT_SNAPSHOT_POLICY,
  type ImageChange,
  type LiveBrokerConfig,
  liveBrokerConfig,
  replicationThrottles,
  type SnapshotPolicy,
} from '../cluster/index.ts'
import { GroupCommit } from '../replication/partition/group-commit.ts'
import type { Partition } from '../replication/partition/partition.ts'
import { ReplicaManager } from '../replication/replica-manager.ts'
import { momentOf } from '../runtime/moment.ts'
import type { Address, Runtime } from '../runtime/types.ts'
import { BrokerQuotas } from '../security/index.ts'
import type { LogManager } from '../storage/index.ts'
import { ClientMetrics } from '../telemetry/client-metrics/client-metrics.ts'
import type { Loggers } from '../telemetry/logger.ts'
import { Telemetry } from '../telemetry/telemetry.ts'
import { addBrokerGauges } from './broker-gauges.ts'
import { cleanerSettings } from './cleaner-settings.ts'
import { ControllerLease } from './cluster/controller-lease.ts'
import { ControllerService } from './cluster/controller-service.ts'
import { Membership } from './cluster/membership.ts'
import { MetadataFollower } from './cluster/metadata-follower.ts'
import { MetadataSnapshots } from './cluster/metadata-snapshots.ts'
import type { BrokerServices } from './context.ts'
import { Coordinators } from './coordinators/coordinators.ts'
import { Dispatcher } from './dispatch.ts'
import { FetchSessions } from './fetch-sessions.ts'
import { FramePool } from './frame-pool.ts'
import { connectToLeader } from './leader-connection.ts'
import { BrokerListener } from './listener.ts'
import { MetadataWaiters } from './metadata-waiters.ts'
import { ProducerIds } from './producer-ids.ts'
import { fetcherSettings, replicationQuotaWindows, topicSettings } from './replication-settings.ts'
import { Ticker } from './ticker.ts'

const POOL_IDLE_BYTES_MAX = 48 * 1024 * 1024
const PIPELINED_REQUESTS_MAX = 64
const STORAGE_TICKS = { idleMs: 1000, busyMs: 4 }
/** Its slices are short, so that a record that comes meanwhile hardly waits. */
const CLEANER_TICKS = { idleMs: 1000, busyMs: 1 }
const TELEMETRY_TICKS = { idleMs: 5000, busyMs: 5000 }
const SESSION_ID_LIMIT = 0x7fffffff

export interface BrokerOptions {
  readonly snapshotPolicy?: SnapshotPolicy
  /** The running broker's metadata cannot be used any more: its process must end and start anew. */
  readonly onUnusable?: (error: Error) => void
}

/** One Kafka broker: everything wired together, started and stopped in order. */
export class Broker {
  readonly config: LiveBrokerConfig
  readonly #runtime: Runtime
  readonly #loggers: Loggers
  readonly #store: CoordinationStore
  readonly #logs: LogManager
  readonly #commits: GroupCommit
  readonly #replicas: ReplicaManager
  readonly #coordinators: Coordinators
  readonly #producerIds: ProducerIds
  readonly #fetchSessions: FetchSessions
  readonly #metadata: MetadataFollower
  readonly #waiters: MetadataWaiters
  readonly #controller: ControllerService
  readonly #membership: Membership
  readonly #listeners: BrokerListener[] = []
  readonly #dispatcher: Dispatcher
  readonly #quotas: BrokerQuotas
  readonly #telemetry: Telemetry
  readonly #clientMetrics: ClientMetrics
  readonly #pool = new FramePool(POOL_IDLE_BYTES_MAX)
  readonly #tickers: readonly Ticker[]

  /** `logs` are open and recovered; `store` is this cluster's. */
  constructor(
    staticConfig: BrokerConfig,
    runtime: Runtime,
    loggers: Loggers,
    store: CoordinationStore,
    logs: LogManager,
    options: BrokerOptions = {},
  ) {
    const image = new ClusterImage()
    const config = liveBrokerConfig(staticConfig, image)
    this.config = config
    this.#runtime = runtime
    this.#loggers = loggers
    this.#store = store
    this.#logs = logs
    this.#commits = new GroupCommit(runtime.timers)
    this.#waiters = new MetadataWaiters(image, runtime.timers)
    this.#telemetry = new Telemetry(() => runtime.clock.monotonic())
    this.#clientMetrics = new ClientMetrics({
      cluster: image,
      runtime,
      pushBytesMax: config.settings['telemetry.max.bytes'],
    })
    this.#quotas = new BrokerQuotas(image.clientQuotas, config.settings)
    this.#metadata = this.#newMetadata(image, options)
    this.#controller = new ControllerService({
      runtime,
      config,
      logger: loggers.get('org.apache.kafka.controller'),
      lease: new ControllerLease(store, config.nodeId, logs.directoryId),
      metadata: this.#metadata,
      serveHere: (frame, clientHost) => this.#dispatcher.serveHere(frame, clientHost),
    })
    const controller = this.#controller
    const logger = loggers.get('kafka.server.BrokerServer')
    const slots = config.settings['max.incremental.fetch.session.cache.slots']
    this.#fetchSessions = new FetchSessions(slots, () => 1 + runtime.random.below(SESSION_ID_LIMIT))
    this.#membership = new Membership({ runtime, config, logger, cluster: image, controller, logs })
    this.#replicas = this.#newReplicas(image)
    this.#producerIds = new ProducerIds(controller, this.#membership)
    this.#coordinators = new Coordinators({
      config,
      runtime,
      loggers,
      cluster: image,
      replicas: this.#replicas,
      producerIds: this.#producerIds,
    })
    this.#dispatcher = new Dispatcher(this.#services(image), apiHandlers)
    this.#telemetry.collect(() => this.#clientMetrics.samples())
    addBrokerGauges(this.#telemetry, {
      cluster: image,
      controller,
      replicas: this.#replicas,
      quotas: this.#quotas,
      fetchSessions: this.#fetchSessions,
      groups: this.#coordinators.groups,
      clock: runtime.clock,
    })
    this.#tickers = this.#newTickers()
  }

  /** Serves from when this resolves on; joining the cluster goes on behind it. Rejects if a port is taken. */
  async start(): Promise<readonly Address[]> {
    await this.#metadata.catchUp()
    this.#applySettings()
    this.#replicas.start()
    await this.#controller.start()
    const addresses = await this.#listen().catch(async (error) => {
      // Whoever cannot be reached must not stay the controller.
      await this.#controller.stop()
      throw error
    })
    this.#membership.start()
    for (const ticker of this.#tickers) ticker.start()
    return addresses
  }

  /** Controlled shutdown: leaderships leave first, then clients, then the logs are closed cleanly. */
  async stop(): Promise<void> {
    await this.#membership.leave()
    // The controller goes before its connections: to it they would look like the death of every other broker.
    await this.#controller.stop()
    this.#replicas.stop()
    await Promise.all(this.#listeners.map((listener) => listener.close()))
    this.#commits.commitAll()
    this.#coordinators.close()
    for (const ticker of this.#tickers) ticker.stop()
    await this.#logs.close(this.#membership.epoch)
    await this.#store.close()
  }

  /** Whether the controller keeps this broker out: it leads nothing then. */
  get isFenced(): boolean {
    return this.#membership.isFenced
  }

  get isController(): boolean {
    return this.#controller.isActive
  }

  /** The replicas here, whatever their roles. */
  get partitions(): Iterable<Partition> {
    return this.#replicas.all()
  }

  get connectionCount(): number {
    return this.#quotas.connections.count
  }

  get telemetry(): Telemetry {
    return this.#telemetry
  }

  get clientMetrics(): ClientMetrics {
    return this.#clientMetrics
  }

  #newMetadata(image: ClusterImage, options: BrokerOptions): MetadataFollower {
    const { timers } = this.#runtime
    const { snapshotPolicy: policy = DEFAULT_SNAPSHOT_POLICY, onUnusable } = options
    const logger = this.#loggers.get('org.apache.kafka.image.loader.MetadataLoader')
    const store = this.#store
    return new MetadataFollower({
      store,
      image,
      snapshots: new MetadataSnapshots({ store, policy, timers, logger }),
      onChange: (change) => this.#metadataChanged(change),
      onUnusable: (error) => {
        logger.error('the metadata cannot be used any more', { error })
        onUnusable?.(error)
      },
    })
  }

  #newReplicas(image: ClusterImage): ReplicaManager {
    const { config } = this
    const { settings, nodeId: brokerId } = config
    const brokerEpoch = () => this.#membership.epoch
    return new ReplicaManager({
      brokerId,
      brokerEpoch,
      incarnationId: this.#membership.incarnationId,
      logs: this.#logs,
      commits: this.#commits,
      cluster: image,
      runtime: this.#runtime,
      logger: this.#loggers.get('kafka.server.ReplicaManager'),
      topicSettings: (topic) => topicSettings(image, config, topic),
      lagMsMax: settings['replica.lag.time.max.ms'],
      fetcherSettings: fetcherSettings(config),
      quotaWindows: replicationQuotaWindows(config),
      throttledRates: () => replicationThrottles(configSources(image, config.staticOverrides, brokerId)),
      connectToLeader: (leaderId) =>
        connectToLeader(this.#runtime, image, this.#pool, {
          leaderId,
          brokerId,
          waitMsMax: settings['replica.fetch.wait.max.ms'],
        }),
      alterPartition: (body) =>
        this.#controller.request(AlterPartitionApi, { brokerId, brokerEpoch: brokerEpoch(), ...body }),
      assignDirectories: (body) =>
        this.#controller.request(AssignReplicasToDirsApi, { brokerId, brokerEpoch: brokerEpoch(), ...body }),
      onFollowed: (sizeBytes) => this.#telemetry.topics.replicatedIn(sizeBytes),
      onIsrChanged: (growth) => this.#telemetry.isr.changed(growth),
      onStaleMetadata: () => this.#controller.followSoon(),
      onRole: (partition) => this.#coordinators.partitionChanged(partition),
      onRemoved: (partition) => this.#coordinators.partitionRemoved(partition),
    })
  }

  #services(image: ClusterImage): BrokerServices {
    const runtime = this.#runtime
    return {
      config: this.config,
      runtime,
      logger: this.#loggers.get('kafka.server.KafkaApis'),
      requestLogger: this.#loggers.get('kafka.request.logger'),
      loggers: this.#loggers,
      cluster: image,
      controller: this.#controller,
      replicas: this.#replicas,
      commits: this.#commits,
      groups: this.#coordinators.groups,
      transactions: this.#coordinators.transactions,
      markerWriter: this.#coordinators.markerWriter,
      verifier: this.#coordinators.verifier,
      share: this.#coordinators.share,
      producerIds: this.#producerIds,
      fetchSessions: this.#fetchSessions,
      quotas: this.#quotas,
      telemetry: this.#telemetry,
      clientMetrics: this.#clientMetrics,
      pool: this.#pool,
      dispatcher: {
        serveForwarded: (frame, clientHost) => this.#dispatcher.serveForwarded(frame, clientHost),
      },
      awaitMetadata: (isReached, timeoutMs) => this.#waiters.wait(isReached, timeoutMs),
    }
  }

  async #listen(): Promise<Address[]> {
    const { settings } = this.config
    const limits = {
      requestBytesMax: settings['socket.request.max.bytes'],
      pipelinedRequestsMax: PIPELINED_REQUESTS_MAX,
      idleMsMax: settings['connections.max.idle.ms'],
    }
    const addresses: Address[] = []
    for (const { name, host, port } of this.config.listeners) {
      const listener = new BrokerListener({
        name,
        runtime: this.#runtime,
        port: this.#dispatcher,
        pool: this.#pool,
        limits,
        quotas: this.#quotas.connections,
        logger: this.#loggers.get('kafka.network.SocketServer'),
      })
      addresses.push(await listener.start({ host: host === '' ? '0.0.0.0' : host, port }))
      this.#listeners.push(listener)
    }
    return addresses
  }

  #metadataChanged(change: ImageChange): void {
    this.#configsChanged(change)
    this.#replicas.apply(change)
    this.#coordinators.metadataChanged(change)
    for (const { name } of change.topicsDeleted) this.#telemetry.topics.removed(name)
    if (change.clientQuotasChanged) this.#quotas.refresh()
    this.#waiters.changed()
  }

  #configsChanged({ configsChanged }: ImageChange): void {
    if (configsChanged.some(({ type }) => type === ConfigResourceType.CLIENT_METRICS)) {
      this.#clientMetrics.subscriptionsChanged()
    }
    if (configsChanged.some(({ type }) => type === ConfigResourceType.BROKER)) this.#applySettings()
  }

  /** What was set for brokers while they run. */
  #applySettings(): void {
    this.config.refresh()
    const { settings } = this.config
    this.#quotas.configure(settings)
    this.#logs.configureCleaner(cleanerSettings(settings))
  }

  #newTickers(): Ticker[] {
    const { timers, clock } = this.#runtime
    const gather = () => {
      this.#telemetry.tick()
      this.#clientMetrics.expire()
      return false
    }
    return [
      new Ticker(timers, STORAGE_TICKS, () => this.#logs.tick(momentOf(clock))),
      new Ticker(timers, CLEANER_TICKS, () => this.#logs.clean(momentOf(clock))),
      new Ticker(timers, TELEMETRY_TICKS, gather),
    ]
  }
}
