/** A machine with one broker: its disk and its clock outlive the broker's process, which its host agent starts anew. */
import type { CoordinationStore } from '@freshet/coordination'
import {
  Broker,
  brokerConfig,
  cleanerSettings,
  Loggers,
  LogManager,
  MachineClock,
  type MemoryClock,
  MemoryDisk,
  type MemoryHost,
  type MemoryNetwork,
  memoryCodecs,
  type PartitionLog,
  ProcessTimers,
  type Random,
  type Runtime,
  type SnapshotPolicy,
  seededRandom,
} from '../broker-code.ts'
import type { Trace } from '../trace.ts'
import { SimulatedStore } from './simulated-store.ts'

export const CLUSTER_ID = 'Y2x1c3RlclRlc3QtMDAwMA'
export const PORT = 9092
/** The host agent starts a process that died again after so long. */
const RESTART_MS = 1000
const SHUTDOWN_LIMIT_MS = 30_000
const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c']

export interface MachineParts {
  readonly clock: MemoryClock
  readonly network: MemoryNetwork
  readonly store: CoordinationStore
  readonly random: Random
  readonly trace: Trace
  readonly properties: Readonly<Record<string, string>>
  readonly storeLatencyMs: () => number
  readonly snapshotPolicy: SnapshotPolicy
}

interface Process {
  readonly timers: ProcessTimers
  readonly host: MemoryHost
  broker: Broker | undefined
  logs: LogManager | undefined
}

export class Machine {
  readonly id: number
  readonly name: string
  readonly zone: string
  disk = new MemoryDisk()
  readonly clock: MachineClock
  /** How many faults keep it from the coordination store. */
  storeOutages = 0
  diskDelayMs = 0
  /** Whether its host agent keeps a broker running. */
  isWanted = false
  restarts = 0
  /** An operator takes it out of the cluster: whatever heals does not start it. */
  isRetired = false
  readonly #parts: MachineParts
  #boot = 1
  #process: Process | undefined

  constructor(id: number, parts: MachineParts) {
    this.id = id
    this.name = `broker-${id}`
    this.zone = ZONES[(id - 1) % ZONES.length] as string
    this.#parts = parts
    this.clock = new MachineClock(parts.clock)
  }

  /** The broker, if its process has come so far. */
  get broker(): Broker | undefined {
    return this.#process?.broker
  }

  get logs(): LogManager | undefined {
    return this.#process?.logs
  }

  /** Undefined also if it could not be opened. */
  log(topic: string, partition: number): PartitionLog | undefined {
    return this.logs?.all().find((log) => log.topic === topic && log.partition === partition)
  }

  get isRunning(): boolean {
    return this.#process !== undefined
  }

  get isMember(): boolean {
    return this.broker?.isFenced === false
  }

  get isController(): boolean {
    return this.broker?.isController === true
  }

  start(): void {
    if (this.isRetired) return
    this.isWanted = true
    if (this.#process === undefined) this.#launch()
  }

  /** kill -9: the system keeps what was written. */
  kill(): void {
    this.#end('is killed')
    this.disk.kill()
  }

  /** Whatever was not synced is gone or torn. */
  losePower(): void {
    this.#end('loses power')
    this.disk.losePower(this.#parts.random)
    this.#boot++
  }

  /** Its process is gone, and what it comes back to is an empty disk. */
  replaceDisk(): void {
    this.#end('gets another disk')
    this.disk = new MemoryDisk()
    this.#boot++
  }

  stayDown(): void {
    this.isWanted = false
  }

  /** Begins a controlled shutdown; killed if it takes too long. */
  stop(): void {
    this.isWanted = false
    const process = this.#process
    if (process?.broker === undefined) {
      this.kill()
      return
    }
    this.#parts.trace.add(this.name, 'is asked to stop')
    const end = (how: string) => {
      if (this.#process !== process) return
      this.#end(how)
      this.disk.kill()
    }
    this.#parts.clock.after(SHUTDOWN_LIMIT_MS, () => end('is killed: it did not stop'))
    process.broker.stop().then(
      () => end('has stopped'),
      (error) => end(`stops badly: ${error}`),
    )
  }

  /** The event loop stands still: no timer, no byte is seen. */
  stall(): void {
    const process = this.#process
    if (process === undefined) return
    this.#parts.trace.add(this.name, 'stalls')
    process.timers.stall()
    process.host.stall()
  }

  /** The event loop turns again, and sees all that has happened. */
  resume(): void {
    this.#process?.timers.resume()
    this.#process?.host.resume()
  }

  #launch(): void {
    const { clock, network, trace } = this.#parts
    const process: Process = {
      timers: new ProcessTimers(clock),
      host: network.start(this.name),
      broker: undefined,
      logs: undefined,
    }
    this.#process = process
    this.restarts++
    this.disk.beforeSync = () => this.#diskTakesTime(process)
    this.disk.beforeRead = () => (this.diskDelayMs === 0 ? undefined : this.#diskTakesTime(process))
    trace.add(this.name, 'starts')
    this.#run(process).then(
      () => trace.add(this.name, 'serves'),
      (error) => {
        if (this.#process !== process) return
        this.#end(`exits: ${error instanceof Error ? error.message : error}`)
        this.disk.kill()
      },
    )
  }

  async #run(process: Process): Promise<void> {
    const { clock, random, store, storeLatencyMs, snapshotPolicy } = this.#parts
    const { config } = brokerConfig(new Map(Object.entries(this.#properties())))
    const loggers = this.#loggers(process)
    const logger = loggers.get('kafka.log.LogManager')
    const runtime: Runtime = {
      clock: this.clock,
      timers: process.timers,
      random: seededRandom(random.below(0x7fffffff)),
      disk: this.disk,
      network: process.host,
      codecs: memoryCodecs,
    }
    this.disk.nowMs = clock.now()
    const logs = await LogManager.open({
      disk: this.disk,
      clock: this.clock,
      timers: process.timers,
      random: runtime.random,
      codecs: memoryCodecs,
      directory: config.logDir,
      clusterId: config.clusterId,
      nodeId: config.nodeId,
      processId: this.restarts,
      bootId: `boot-${this.#boot}`,
      cleaner: cleanerSettings(config.settings),
      retentionCheckIntervalMs: config.settings['log.retention.check.interval.ms'],
      initialTaskDelayMs: config.settings['log.initial.task.delay.ms'],
      onOffline: ({ topic, partition }, error) => logger.warn('offline', { topic, partition, error }),
      onUncleanable: ({ topic, partition }, error) => logger.warn('uncleanable', { topic, partition, error }),
      onCheckpointError: (error) => logger.warn('a checkpoint was not written', { error }),
    })
    const remote = new SimulatedStore(store, process.timers, () => this.storeOutages === 0, storeLatencyMs)
    const broker = new Broker(config, runtime, loggers, remote, logs, {
      snapshotPolicy,
      onUnusable: (error) => {
        if (this.#process !== process) return
        this.#end(`exits: ${error.message}`)
        this.disk.kill()
      },
    })
    process.logs = logs
    process.broker = broker
    await broker.start()
  }

  #end(how: string): void {
    const process = this.#process
    if (process === undefined) return
    this.#process = undefined
    process.timers.kill()
    process.host.kill()
    this.#parts.trace.add(this.name, how)
    this.#parts.clock.after(RESTART_MS, () => {
      if (this.isWanted && this.#process === undefined) this.#launch()
    })
  }

  #diskTakesTime(process: Process): Promise<void> {
    if (this.diskDelayMs === 0) return Promise.resolve()
    return new Promise((resolve) => {
      process.timers.after(this.diskDelayMs, resolve)
    })
  }

  #properties(): Record<string, string> {
    return {
      'node.id': String(this.id),
      'cluster.id': CLUSTER_ID,
      'broker.rack': this.zone,
      listeners: `PLAINTEXT://${this.name}:${PORT}`,
      'log.dirs': '/data',
      'freshet.coordination.url': 'sqlite:///unused.db',
      ...this.#parts.properties,
    }
  }

  #loggers(process: Process): Loggers {
    return new Loggers(({ level, message, fields }) => {
      if (this.#process === process) this.#parts.trace.add(this.name, `${level}: ${message}`, fields)
    })
  }
}
