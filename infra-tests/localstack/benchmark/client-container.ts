/** The steady producer in a container of its own on a VPC's network, and what its requests took. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { ClientMachine } from '../clients.ts'

export interface SteadyLoad {
  readonly bootstrap: string
  readonly topic: string
  readonly partitions: number
  readonly requestsPerSecond: number
  readonly recordBytes: number
}

export interface Acknowledged {
  /** By the clock that all processes of this machine share. */
  readonly atMs: number
  readonly latencyMs: number
  readonly partition: number
  readonly leader: number
  readonly attempts: number
}

/** A client has a machine of its own: what it waits for is the brokers, not its turn on a processor that they use. */
const CPU_SHARES = '16384'
const root = resolve(import.meta.dirname, '../../..')
const program = join(import.meta.dirname, 'steady-producer.ts')

export class ClientContainer {
  readonly acknowledged: Acknowledged[] = []
  readonly #child: ChildProcess
  #complaints = ''

  constructor({ image, network }: ClientMachine, load: SteadyLoad) {
    const { bootstrap, topic, partitions, requestsPerSecond, recordBytes } = load
    const mounts = [join(root, 'infra-tests'), join(root, 'node_modules'), join(root, 'package.json')]
    const container = [
      ...['run', '--rm', '--interactive', '--no-healthcheck', '--log-driver', 'none', '--network', network],
      ...['--cpu-shares', CPU_SHARES],
      ...mounts.flatMap((path) => ['--volume', `${path}:${path}:ro`]),
    ]
    const numbers = [partitions, requestsPerSecond, recordBytes].map(String)
    const command = ['--entrypoint', 'node', image, program, bootstrap, topic, ...numbers]
    this.#child = spawn('docker', [...container, ...command], { stdio: 'pipe' })
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints += text
    })
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#note(line))
  }

  /** What was acknowledged in this time; it is known after `stop`. */
  between(fromMs: number, toMs: number): Acknowledged[] {
    return this.acknowledged.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'close')
    if (this.#child.exitCode === null) {
      this.#child.stdin!.end()
      await ended
    }
    if (this.#child.exitCode !== 0) throw new Error(`the producer failed: ${this.#complaints}`)
  }

  #note(line: string): void {
    const [atMs = 0, latencyMs = 0, partition = 0, leader = 0, attempts = 0] = line.split(' ').map(Number)
    this.acknowledged.push({ atMs, latencyMs, partition, leader, attempts })
  }
}
