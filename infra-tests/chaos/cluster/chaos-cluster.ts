/** Three brokers on three machines, each kept running by a host agent of its own, replication factor 3. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../../support/ports.ts'
import type { Random } from '../../support/random.ts'
import type { Address, PartitionMetadata } from '../../support/raw-client.ts'
import { waitFor } from '../../support/wait.ts'
import { Machine } from './machine.ts'
import { CLIENTS, loopback, type MachineNetwork, namespaceNetwork } from './machine-network.ts'
import { TOKEN, UnitOrders } from './unit-orders.ts'

const brokerBundle = join(import.meta.dirname, '..', '..', '..', 'dist', 'broker.mjs')
const storeCutBroker = join(import.meta.dirname, '..', 'store-cut-broker.ts')
const MACHINES = 3
const CLUSTER_ID = '4L6g3nShT-eMCtK--X86sw'
const WHOLE_LIMIT_MS = 60_000

/** Durable as by default, but quicker to notice silence: what takes half a minute then happens in seconds. */
const PROPERTIES: Readonly<Record<string, string>> = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  'offsets.topic.num.partitions': '3',
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
  'replica.lag.time.max.ms': '5000',
  'group.initial.rebalance.delay.ms': '0',
}

export interface ChaosClusterOptions {
  /** Each machine in a network namespace of its own. */
  readonly namespaces?: boolean
  readonly diskMegabytes?: number
  /** A broker with a mistake, for one. */
  readonly brokerProgram?: string
  /** Each broker's way to the coordination store can be cut: they run from the sources. */
  readonly storeSwitch?: boolean
  readonly env?: Readonly<Record<string, string>>
}

export class ChaosCluster {
  readonly machines: readonly Machine[]
  readonly network: MachineNetwork
  readonly coordinationFile: string
  readonly #folder: string
  readonly #orders: UnitOrders

  private constructor(
    folder: string,
    network: MachineNetwork,
    orders: UnitOrders,
    machines: readonly Machine[],
  ) {
    this.#folder = folder
    this.network = network
    this.#orders = orders
    this.machines = machines
    this.coordinationFile = coordinationFileIn(folder)
  }

  static async start(options: ChaosClusterOptions = {}): Promise<ChaosCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'freshet-chaos-'))
    const network = options.namespaces ? await namespaceNetwork(MACHINES) : loopback
    const orders = new UnitOrders()
    const controlPlane = `http://${network.address(CLIENTS)}:${await orders.listen()}`
    const tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, TOKEN)
    const ports = await freePorts(MACHINES)
    const machines = ports.map(
      (port, index) =>
        new Machine({
          id: index + 1,
          folder,
          port,
          properties: { ...PROPERTIES, 'freshet.coordination.url': `sqlite://${coordinationFileIn(folder)}` },
          clusterId: CLUSTER_ID,
          brokerBundle: options.brokerProgram ?? (options.storeSwitch ? storeCutBroker : brokerBundle),
          network,
          orders,
          controlPlane,
          tokenFile,
          env: options.env ?? {},
          diskMegabytes: options.diskMegabytes,
        }),
    )
    const cluster = new ChaosCluster(folder, network, orders, machines)
    try {
      for (const machine of machines) await machine.start()
      await cluster.awaitMembers()
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  get bootstrap(): Address[] {
    return this.machines.map(({ address }) => address)
  }

  get bootstrapText(): string {
    return this.bootstrap.map(({ host, port }) => `${host}:${port}`).join(',')
  }

  machine(id: number): Machine {
    const machine = this.machines.find((each) => each.id === id)
    if (machine === undefined) throw new Error(`there is no machine ${id}`)
    return machine
  }

  /** Asks every broker and takes the newest word; undefined while none knows. */
  async controller(): Promise<Machine | undefined> {
    for (const machine of this.machines) {
      const id = await machine.ask((client) => client.controllerId()).catch(() => -1)
      if (id > 0) return this.machine(id)
    }
    return undefined
  }

  /** A broker that leads some partition of the topic. */
  async leader(topic: string, random: Random): Promise<Machine | undefined> {
    const leaders = (await this.partitions(topic)).map(({ leader }) => leader).filter((id) => id > 0)
    return leaders.length === 0 ? undefined : this.machine(random.pick(leaders))
  }

  async partitions(topic: string): Promise<readonly PartitionMetadata[]> {
    for (const machine of this.machines) {
      const known = await machine.ask((client) => client.metadata([topic])).catch(() => undefined)
      if (known !== undefined && known.errorCode === 0) return known.partitions
    }
    return []
  }

  /** Resolves when each broker knows of all. */
  async awaitMembers(): Promise<void> {
    await this.#awaitEach('all brokers', async (machine) => {
      const { brokers } = await machine.ask((client) => client.metadata([]))
      return brokers.size === MACHINES
    })
  }

  /** Resolves when each broker says that every replica of the topic is in sync. */
  async awaitWhole(topic: string): Promise<void> {
    await this.#awaitEach(`${topic} to be in sync`, async (machine) => {
      const { errorCode, partitions } = await machine.ask((client) => client.metadata([topic]))
      return errorCode === 0 && partitions.every(({ leader, isr }) => leader > 0 && isr.length === MACHINES)
    })
  }

  /** Keeps what the brokers logged, for whoever looks into a failure. */
  saveLogs(target: string): void {
    mkdirSync(target, { recursive: true })
    for (const machine of this.machines)
      writeFileSync(join(target, `broker-${machine.id}.log`), machine.log())
  }

  async stop(): Promise<void> {
    await Promise.all(this.machines.map((machine) => machine.stop()))
    await this.#orders.close()
    await this.network.remove()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #awaitEach(what: string, holds: (machine: Machine) => Promise<boolean>): Promise<void> {
    for (const machine of this.machines)
      await waitFor(`${what}, says broker ${machine.id}`, WHOLE_LIMIT_MS, () => holds(machine), 50)
  }
}

/** A store per cluster, on the one file system that all machines share. */
function coordinationFileIn(folder: string): string {
  return join(folder, 'coordination.db')
}
