/** A whole cluster in one process and in virtual time: machines, network, coordination store, and what one seed decides. */
import { type CoordinationStore, createMemoryStore } from '@freshet/coordination'
import {
  MemoryClock,
  type MemoryHost,
  MemoryNetwork,
  ProcessTimers,
  type SnapshotPolicy,
  seededRandom,
  type Timers,
} from '../broker-code.ts'
import type { ClientWorld } from '../clients/client-world.ts'
import { Dice } from '../dice.ts'
import { Trace } from '../trace.ts'
import { Machine, PORT } from './machine.ts'
import { Observer } from './observer.ts'

/** Puts another store in the place of the one that the brokers rely on. */
export type WrapStore = (store: CoordinationStore, timers: Timers) => CoordinationStore

export interface WorldOptions {
  readonly seed: number
  readonly brokers: number
  readonly properties: Readonly<Record<string, string>>
  readonly write?: ((line: string) => void) | undefined
  /** After so many records a snapshot of the metadata is made; left out: the seed decides. */
  readonly snapshotRecordsMax?: number | undefined
  readonly wrapStore?: WrapStore | undefined
}

/** A client's machine. */
export interface ClientHost {
  readonly name: string
  readonly timers: ProcessTimers
  readonly network: MemoryHost
}

export class World implements ClientWorld {
  readonly clock = new MemoryClock()
  readonly dice: Dice
  readonly network: MemoryNetwork
  readonly store: CoordinationStore
  readonly trace: Trace
  readonly #machines: Machine[] = []
  readonly observer: Observer
  readonly #properties: Readonly<Record<string, string>>
  readonly #snapshotPolicy: SnapshotPolicy
  #machineCount = 0
  readonly #clients = new Map<string, ClientHost>()
  /** So many times slower than usual the clients work: hours of an outage would be too many requests. */
  pace = 1
  storeLatencyMs = 2
  /** The furthest that the clock of any machine ever was ahead. */
  clockAheadMaxMs = 0
  /** What no client and no broker may ever do: the run ends with it. */
  readonly failures: string[] = []

  constructor(options: WorldOptions) {
    const { seed, brokers, properties, write, wrapStore = (store) => store } = options
    this.dice = new Dice(seededRandom(seed))
    const { random } = this.dice
    this.trace = new Trace(() => this.clock.monotonic(), write)
    this.network = new MemoryNetwork(this.clock, seededRandom(random.below(0x7fffffff)))
    this.store = wrapStore(createMemoryStore({ now: () => this.clock.now() }), this.clock)
    this.observer = new Observer(this.store, this.clock)
    this.#properties = properties
    const maxRecords = options.snapshotRecordsMax ?? this.dice.pick([30, 200, 20_000])
    this.#snapshotPolicy = { maxRecords, maxBytes: 4 * 1024 * 1024 }
    for (let count = 0; count < brokers; count++) this.addMachine()
  }

  /** All machines of the cluster, without those that were taken out of it. */
  get machines(): readonly Machine[] {
    return this.#machines
  }

  get clients(): readonly ClientHost[] {
    return [...this.#clients.values()]
  }

  /** One more broker, not started yet; no id is given twice. */
  addMachine(): Machine {
    const machine = new Machine(++this.#machineCount, {
      clock: this.clock,
      network: this.network,
      store: this.store,
      random: seededRandom(this.dice.random.below(0x7fffffff)),
      trace: this.trace,
      properties: this.#properties,
      storeLatencyMs: () => this.storeLatencyMs,
      snapshotPolicy: this.#snapshotPolicy,
    })
    this.#machines.push(machine)
    return machine
  }

  /** It is stopped, holds nothing any more, and is no part of the cluster. */
  removeMachine(machine: Machine): void {
    this.#machines.splice(this.#machines.indexOf(machine), 1)
  }

  /** Sets a machine's clock forward, or back. */
  shiftClock(machine: Machine, byMs: number): void {
    machine.clock.offsetMs += byMs
    this.clockAheadMaxMs = Math.max(this.clockAheadMaxMs, machine.clock.offsetMs)
  }

  get nowMs(): number {
    return this.clock.monotonic()
  }

  get bootstrap() {
    return this.machines.map(({ name }) => ({ host: name, port: PORT }))
  }

  machine(id: number): Machine | undefined {
    return this.machines.find((machine) => machine.id === id)
  }

  startClient(name: string): ClientHost {
    const client = { name, timers: new ProcessTimers(this.clock), network: this.network.start(name) }
    this.#clients.set(name, client)
    return client
  }

  /** A client's life: it ends by itself, and never with an error. */
  spawn(name: string, life: Promise<void>): void {
    life.catch((error) => this.fail(`${name}: ${error instanceof Error ? error.stack : error}`))
  }

  fail(message: string): void {
    this.trace.add('failure', message)
    this.failures.push(message)
  }

  sleep(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(durationMs, resolve)
    })
  }
}
