/** One machine of a run: a host agent of its own that keeps one broker running on a disk of its own. */
import { mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, type ProcessIdentity, signalProcess } from '@freshet/host-agent'
import { type Child, startChild, stopChild } from '../../support/child.ts'
import { mustRun } from '../../support/programs.ts'
import { type Address, RawClient } from '../../support/raw-client.ts'
import { waitFor } from '../../support/wait.ts'
import type { MachineNetwork } from './machine-network.ts'
import type { UnitOrders } from './unit-orders.ts'

const agentBundle = join(import.meta.dirname, '..', '..', '..', 'dist', 'host-agent.mjs')
const UNIT = 'unit'
const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 40_000
const ASK_LIMIT_MS = 2_000

export interface MachineParts {
  readonly id: number
  readonly folder: string
  readonly port: number
  readonly properties: Readonly<Record<string, string>>
  readonly clusterId: string
  readonly brokerBundle: string
  readonly network: MachineNetwork
  readonly orders: UnitOrders
  readonly controlPlane: string
  readonly tokenFile: string
  readonly env: Readonly<Record<string, string>>
  /** A file system of this size holds the records; left out: they share the disk of all. */
  readonly diskMegabytes?: number | undefined
}

export class Machine {
  readonly id: number
  readonly address: Address
  readonly #parts: MachineParts
  readonly #hostDir: string
  readonly #dataFolder: string
  #agent: Child | undefined
  #generation = 1
  #isMounted = false
  #paused: ProcessIdentity | undefined

  constructor(parts: MachineParts) {
    this.#parts = parts
    this.id = parts.id
    this.address = { host: parts.network.address(parts.id), port: parts.port }
    this.#hostDir = join(parts.folder, `host-${parts.id}`)
    this.#dataFolder = join(this.#hostDir, 'units', UNIT, 'data')
  }

  async start(): Promise<void> {
    const { diskMegabytes, network, controlPlane, brokerBundle, tokenFile, env } = this.#parts
    mkdirSync(this.#dataFolder, { recursive: true })
    if (diskMegabytes !== undefined) {
      await mustRun('mount', ['-t', 'tmpfs', '-o', `size=${diskMegabytes}m`, 'freshet', this.#dataFolder])
      this.#isMounted = true
    }
    writeFileSync(join(this.#hostDir, 'host.json'), JSON.stringify({ hostId: this.#hostId }))
    const flags = [
      '--host-dir',
      this.#hostDir,
      '--control-plane',
      controlPlane,
      '--broker-bundle',
      brokerBundle,
    ]
    const [program, ...args] = network.on(this.id, [process.execPath, agentBundle, ...flags])
    const environment = {
      ...env,
      FRESHET_AGENT_TOKEN_FILE: tokenFile,
      FRESHET_STOP_UNITS_ON_EXIT: '1',
      FRESHET_CHAOS_STORE_CUT: this.#storeCutFile,
    }
    this.#agent = startChild(program!, args, join(this.#hostDir, 'agent.log'), { env: environment })
    this.#order()
  }

  /** Sends the broker's process a signal; what died is started again by the agent. */
  kill(): void {
    signalProcess(this.#process(), 'SIGKILL')
  }

  /** The broker stands still until `resume`. */
  pause(): void {
    const process = this.#process()
    this.#paused = process
    signalProcess(process, 'SIGSTOP')
  }

  resume(): void {
    if (this.#paused !== undefined) signalProcess(this.#paused, 'SIGCONT')
    this.#paused = undefined
  }

  /** A controlled stop, and a start, by the agent. */
  async restart(): Promise<void> {
    const before = this.#process()
    this.#generation += 1
    this.#order()
    await waitFor(`broker ${this.id} to stop`, STOP_LIMIT_MS, async () => !isAlive(before))
    await this.awaitServing()
  }

  /** Leaves no room on the broker's disk until `emptyDisk`. */
  fillDisk(): void {
    if (!this.#isMounted) throw new Error('only a disk of its own may be filled')
    const { bavail, bsize } = statfsSync(this.#dataFolder)
    try {
      writeFileSync(this.#ballast, Buffer.alloc((bavail + 1) * bsize))
    } catch (error) {
      // It is full, and the broker has had the last of it.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    }
  }

  emptyDisk(): void {
    rmSync(this.#ballast, { force: true })
  }

  /** The broker does not reach the coordination store until `restoreStore`, if it runs behind such a switch. */
  cutStore(): void {
    writeFileSync(this.#storeCutFile, '')
  }

  restoreStore(): void {
    rmSync(this.#storeCutFile, { force: true })
  }

  /** Resolves when the broker answers. */
  async awaitServing(): Promise<void> {
    await waitFor(`broker ${this.id}`, START_LIMIT_MS, () => this.ask((client) => client.metadata([])))
  }

  async ask<T>(question: (client: RawClient) => Promise<T>): Promise<T> {
    const client = await RawClient.connect(this.address, ASK_LIMIT_MS)
    const limit = setTimeout(() => client.close(), ASK_LIMIT_MS)
    try {
      return await question(client)
    } finally {
      clearTimeout(limit)
      client.close()
    }
  }

  /** The broker's log, for whoever has to find out what went wrong. */
  log(): string {
    return readFileSync(join(this.#hostDir, 'units', UNIT, 'broker.log'), 'utf8')
  }

  async stop(): Promise<void> {
    this.resume()
    if (this.#agent !== undefined) await stopChild(this.#agent, STOP_LIMIT_MS)
    if (this.#isMounted) await mustRun('umount', [this.#dataFolder])
    this.#isMounted = false
  }

  get #hostId(): string {
    return `host-${this.id}`
  }

  get #storeCutFile(): string {
    return join(this.#hostDir, 'store-cut')
  }

  get #ballast(): string {
    return join(this.#dataFolder, 'ballast')
  }

  #order(): void {
    const { id, clusterId, port, properties, orders } = this.#parts
    const listener = `PLAINTEXT://${this.address.host}:${port}`
    orders.order(this.#hostId, {
      unitId: UNIT,
      clusterId,
      brokerId: id,
      desired: 'RUNNING',
      generation: this.#generation,
      port,
      properties: {
        'node.id': String(id),
        'cluster.id': clusterId,
        'broker.rack': `us-east-1${'abc'[(id - 1) % 3]}`,
        listeners: listener,
        'advertised.listeners': listener,
        'log.dirs': this.#dataFolder,
        ...properties,
      },
    })
  }

  /** What the agent wrote down about the process that it started last. */
  #process(): ProcessIdentity {
    const file = join(this.#hostDir, 'units', UNIT, 'unit.json')
    const { pid, startedAt } = JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity
    return { pid, startedAt }
  }
}
