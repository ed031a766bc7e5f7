/** For tests: whole brokers in one process, on simulated time, disks and network, and one coordination store. */
import { type CoordinationStore, createMemoryStore } from '@freshet/coordination'
import { brokerConfig, type SnapshotPolicy } from '../cluster/index.ts'
import { memoryCodecs } from '../runtime/codecs/memory-codecs.ts'
import { MemoryClock, ProcessTimers } from '../runtime/memory-clock.ts'
import { MemoryDisk } from '../runtime/memory-disk.ts'
import { type MemoryHost, MemoryNetwork } from '../runtime/memory-network.ts'
import { seededRandom } from '../runtime/seeded-random.ts'
import type { Random, Runtime } from '../runtime/types.ts'
import { LogManager } from '../storage/index.ts'
import { type LogFields, Loggers, type LogLine } from '../telemetry/logger.ts'
import type { Api, DraftFields, Fields, InferFields } from '../wire/index.ts'
import { Broker } from './broker.ts'
import { cleanerSettings } from './cleaner-settings.ts'
import { TestClient } from './test-client.ts'
import { ProcessStore } from './test-store.ts'

export const CLUSTER_ID = 'Y2x1c3RlclRlc3QtMDAwMA'
const PORT = 9092
const ANSWER_LIMIT_MS = 30_000
const START_LIMIT_MS = 10_000
const RACKS = ['us-east-1a', 'us-east-1b', 'us-east-1c']

export type Properties = Readonly<Record<string, string>>

export interface Logged {
  readonly brokerId: number
  readonly level: 'warn' | 'error'
  readonly message: string
  readonly fields: LogFields | undefined
}

interface RunningBroker {
  readonly broker: Broker
  readonly timers: ProcessTimers
  readonly network: MemoryHost
  readonly store: ProcessStore
}

/** What a crash does to the writes that the operating system has, but the disk has not. */
export type Crash = 'kill' | 'losePower'

export class TestCluster {
  readonly clock = new MemoryClock()
  readonly random: Random
  readonly network: MemoryNetwork
  readonly store: CoordinationStore
  readonly logged: Logged[] = []
  /** What brokers said of the requests that they answered: nothing, unless they are asked to. */
  readonly requestsLogged: LogLine[] = []
  isStoreAvailable = true
  /** The longest time that a request to the store, or an answer, takes. */
  storeDelayMsMax = 0
  /** For the brokers started from now on. */
  snapshotPolicy: SnapshotPolicy | undefined
  /** Brokers whose metadata became unusable, and why. */
  readonly unusable = new Map<number, Error>()
  readonly #properties: Properties
  readonly #disks = new Map<number, MemoryDisk>()
  readonly #processes = new Map<number, RunningBroker>()
  readonly #clientHost: MemoryHost
  readonly #clients = new Map<number, TestClient>()
  /** How often each machine was started. */
  readonly #boots = new Map<number, number>()

  private constructor(properties: Properties, seed: number) {
    this.#properties = properties
    this.random = seededRandom(seed)
    this.network = new MemoryNetwork(this.clock, this.random)
    this.store = createMemoryStore({ now: () => this.clock.now() })
    this.#clientHost = this.network.start('client')
  }

  /** Brokers 1 to `count`, started and part of the cluster. */
  static async start(count: number, properties: Properties = {}, seed = 1): Promise<TestCluster> {
    const cluster = new TestCluster(properties, seed)
    const ids = Array.from({ length: count }, (_, index) => index + 1)
    for (const id of ids) await cluster.startBroker(id)
    await cluster.until(() => ids.every((id) => cluster.isMember(id)))
    return cluster
  }

  get brokerIds(): number[] {
    return [...this.#processes.keys()]
  }

  /** Failures that the brokers logged: most tests want none. */
  get errors(): Logged[] {
    return this.logged.filter(({ level }) => level === 'error')
  }

  disk(brokerId: number): MemoryDisk {
    let disk = this.#disks.get(brokerId)
    if (disk === undefined) {
      disk = new MemoryDisk()
      this.#disks.set(brokerId, disk)
    }
    return disk
  }

  broker(brokerId: number): Broker {
    return this.#find(brokerId).broker
  }

  isMember(brokerId: number): boolean {
    return this.#processes.get(brokerId)?.broker.isFenced === false
  }

  /** Starts a broker, on the disk that it had. */
  async startBroker(brokerId: number, properties: Properties = {}): Promise<void> {
    const launching = this.#launch(brokerId, properties, hostOf(brokerId), this.disk(brokerId))
    const running = await this.clock.settle(launching, START_LIMIT_MS)
    this.#processes.set(brokerId, running)
    await this.clock.settle(running.broker.start(), START_LIMIT_MS)
  }

  /** Starts another broker with the same id, on a machine and a disk of its own. */
  async startTwin(brokerId: number): Promise<Broker> {
    const launching = this.#launch(brokerId, {}, `${hostOf(brokerId)}-twin`, new MemoryDisk())
    const { broker } = await this.clock.settle(launching, START_LIMIT_MS)
    await this.clock.settle(broker.start(), START_LIMIT_MS)
    return broker
  }

  crash(brokerId: number, crash: Crash = 'kill'): void {
    const { timers, network, store } = this.#find(brokerId)
    this.#processes.delete(brokerId)
    this.#clients.delete(brokerId)
    timers.kill()
    network.kill()
    store.kill()
    if (crash === 'kill') {
      this.disk(brokerId).kill()
      return
    }
    this.disk(brokerId).losePower(this.random)
    this.#boots.set(brokerId, (this.#boots.get(brokerId) ?? 0) + 1)
  }

  /** The event loop stands still: no timer, no byte is seen. */
  stall(brokerId: number): void {
    const { timers, network } = this.#find(brokerId)
    timers.stall()
    network.stall()
  }

  /** A controlled shutdown. */
  async stop(brokerId: number): Promise<void> {
    const running = this.#find(brokerId)
    await this.clock.settle(running.broker.stop(), START_LIMIT_MS)
    this.#processes.delete(brokerId)
    this.#clients.delete(brokerId)
    running.timers.kill()
    running.network.kill()
  }

  async stopAll(): Promise<void> {
    for (const id of this.brokerIds) await this.stop(id)
  }

  advance(durationMs: number): Promise<void> {
    return this.clock.advance(durationMs)
  }

  /** Lets time pass until `isReached`; fails if it takes too long. */
  async until(isReached: () => boolean, limitMs = START_LIMIT_MS): Promise<void> {
    if (await this.clock.advanceUntil(isReached, limitMs)) return
    throw new Error(`not reached within ${limitMs} ms: ${isReached}`)
  }

  /** A new connection. */
  connect(brokerId: number): TestClient {
    return new TestClient(this.#clientHost, { host: hostOf(brokerId), port: PORT })
  }

  settle<T>(promise: Promise<T>, limitMs = ANSWER_LIMIT_MS): Promise<T> {
    return this.clock.settle(promise, limitMs)
  }

  /** Sends a request over the one connection to that broker and lets time pass until it is answered. */
  request<Request extends Fields, Response extends Fields>(
    brokerId: number,
    api: Api<Request, Response>,
    version: number,
    body: DraftFields<Request>,
  ): Promise<InferFields<Response>> {
    let client = this.#clients.get(brokerId)
    if (client === undefined || client.isClosed) {
      client = this.connect(brokerId)
      this.#clients.set(brokerId, client)
    }
    return this.settle(client.send(api, version, body))
  }

  async #launch(
    brokerId: number,
    properties: Properties,
    host: string,
    disk: MemoryDisk,
  ): Promise<RunningBroker> {
    const config = this.#config(brokerId, properties, host)
    const timers = new ProcessTimers(this.clock)
    const network = this.network.start(host)
    const store = new ProcessStore(this.store, {
      isAvailable: () => this.isStoreAvailable,
      delay: () => this.#storeDelay(),
    })
    const runtime: Runtime = {
      clock: this.clock,
      timers,
      random: this.random,
      disk,
      network,
      codecs: memoryCodecs,
    }
    const loggers = this.#loggers(brokerId)
    const logger = loggers.get('kafka.log.LogManager')
    const logs = await LogManager.open({
      disk,
      clock: this.clock,
      timers,
      random: this.random,
      codecs: memoryCodecs,
      directory: config.logDir,
      clusterId: config.clusterId,
      nodeId: config.nodeId,
      processId: 1,
      bootId: `boot-${this.#boots.get(brokerId) ?? 0}`,
      cleaner: cleanerSettings(config.settings),
      retentionCheckIntervalMs: config.settings['log.retention.check.interval.ms'],
      onOffline: ({ topic, partition }, error) => logger.warn('offline', { topic, partition, error }),
      onUncleanable: ({ topic, partition }, error) => logger.warn('uncleanable', { topic, partition, error }),
      onCheckpointError: (error) => logger.warn('a checkpoint was not written', { error }),
    })
    const broker = new Broker(config, runtime, loggers, store, logs, {
      ...(this.snapshotPolicy === undefined ? {} : { snapshotPolicy: this.snapshotPolicy }),
      onUnusable: (error) => this.unusable.set(brokerId, error),
    })
    return { broker, timers, network, store }
  }

  async #storeDelay(): Promise<void> {
    if (this.storeDelayMsMax === 0) return
    const delayMs = this.random.below(this.storeDelayMsMax)
    await new Promise<void>((resolve) => this.clock.after(delayMs, resolve))
  }

  #config(brokerId: number, properties: Properties, host: string) {
    const all = {
      'node.id': String(brokerId),
      'cluster.id': CLUSTER_ID,
      'broker.rack': RACKS[(brokerId - 1) % RACKS.length] as string,
      listeners: `PLAINTEXT://${host}:${PORT}`,
      'log.dirs': '/data',
      'freshet.coordination.url': 'sqlite:///unused.db',
      'offsets.topic.num.partitions': '3',
      'group.initial.rebalance.delay.ms': '0',
      ...this.#properties,
      ...properties,
    }
    return brokerConfig(new Map(Object.entries(all))).config
  }

  #loggers(brokerId: number): Loggers {
    return new Loggers((line) => {
      const { level, message, fields } = line
      if (line.logger === 'kafka.request.logger') this.requestsLogged.push(line)
      if (level === 'warn' || level === 'error') this.logged.push({ brokerId, level, message, fields })
    })
  }

  #find(brokerId: number): RunningBroker {
    const running = this.#processes.get(brokerId)
    if (running === undefined) throw new Error(`broker ${brokerId} does not run`)
    return running
  }
}

function hostOf(brokerId: number): string {
  return `broker-${brokerId}`
}
