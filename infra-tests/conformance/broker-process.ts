/** The process of one broker under test: started, killed, paused, stopped, and started again on the same data. */
import { type Child, startChild, stopChild } from '../support/child.ts'
import { awaitBroker } from './brokers.ts'

export interface BrokerCommand {
  readonly id: number
  readonly port: number
  readonly dataFolder: string
  readonly program: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly logFile: string
  /** How many brokers it has to know before it counts as started. */
  readonly clusterSize: number
  readonly startLimitMs: number
}

export class BrokerProcess {
  readonly id: number
  readonly port: number
  readonly dataFolder: string
  readonly logFile: string
  /** From the start of the process to its first complete answer to Metadata. */
  readyAfterMs = Number.NaN
  readonly #command: BrokerCommand
  #child: Child | undefined

  constructor(command: BrokerCommand) {
    this.#command = command
    this.id = command.id
    this.port = command.port
    this.dataFolder = command.dataFolder
    this.logFile = command.logFile
  }

  get pid(): number {
    return this.#running.pid
  }

  async start(): Promise<void> {
    const { program, args, env, logFile, clusterSize, startLimitMs } = this.#command
    this.#child = startChild(program, args, logFile, { ...(env && { env }) })
    this.readyAfterMs = await awaitBroker(this.port, this.#child, clusterSize, startLimitMs)
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void {
    this.#running.process.kill(signal)
  }

  /** Resolves when the process is gone, whatever ended it. */
  async gone(): Promise<void> {
    await this.#running.ended
  }

  async stop(): Promise<void> {
    if (this.#child === undefined) return
    // A process that stands still would not hear that it is to end.
    this.#child.process.kill('SIGCONT')
    await stopChild(this.#child)
  }

  get #running(): Child {
    if (this.#child === undefined) throw new Error(`broker ${this.id} was not started`)
    return this.#child
  }
}
