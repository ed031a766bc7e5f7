/** Members of groups that run on, as processes: Kafka's VerifiableConsumer, whose events are JSON lines. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Child, startChild, stopChild } from '../support/child.ts'
import { javaSourceCommand, kafkaToolCommand } from '../support/java.ts'

export interface ConsumerOptions {
  readonly bootstrap: string
  readonly topic: string
  readonly group: string
  readonly protocol: 'classic' | 'consumer'
  readonly instanceId?: string
  readonly assignor?: string
}

interface Event {
  readonly name: string
  readonly partitions?: readonly { readonly topic: string; readonly partition: number }[]
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
  readonly value?: string
  readonly count?: number
}

export class ConsumerProcesses {
  private readonly folder = mkdtempSync(join(tmpdir(), 'freshet-consumers-'))
  private readonly children: Child[] = []
  private started = 0

  start(options: ConsumerOptions): ConsumerProcess {
    const { bootstrap, topic, group, protocol, instanceId, assignor } = options
    const optional = [
      ...(instanceId === undefined ? [] : ['--group-instance-id', instanceId]),
      ...(assignor === undefined ? [] : ['--group-remote-assignor', assignor]),
    ]
    const session = protocol === 'classic' ? ['--session-timeout', '6000'] : []
    const wanted = ['--topic', topic, '--group-id', group, '--group-protocol', protocol]
    const args = ['--bootstrap-server', bootstrap, ...wanted, ...session, ...optional, '--verbose']
    return this.run(kafkaToolCommand('kafka-verifiable-consumer', [...args, '--reset-policy', 'earliest']))
  }

  /** One that subscribes to a regular expression; it prints what it is assigned. */
  startWithRegex(bootstrap: string, group: string, regex: string): ConsumerProcess {
    const file = join(import.meta.dirname, 'java', 'RegexConsumer.java')
    return this.run(javaSourceCommand(file, [bootstrap, group, regex]))
  }

  async stopAll(): Promise<void> {
    await Promise.all(
      this.children.filter((child) => child.isRunning()).map((child) => stopChild(child, 1_000)),
    )
    rmSync(this.folder, { recursive: true, force: true })
  }

  private run([program = '', ...args]: string[]): ConsumerProcess {
    const file = join(this.folder, `${this.started++}.log`)
    const child = startChild(program, args, file)
    this.children.push(child)
    return new ConsumerProcess(child, file)
  }
}

export class ConsumerProcess {
  readonly child: Child
  private readonly file: string

  constructor(child: Child, file: string) {
    this.child = child
    this.file = file
  }

  lines(): string[] {
    return readFileSync(this.file, 'utf8').split('\n')
  }

  events(): Event[] {
    return this.lines().flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Event] : []))
  }

  /** Partitions that it has according to what its listener was told. */
  owned(): number[] {
    const owned = new Set<number>()
    for (const { name, partitions = [] } of this.events()) {
      if (name === 'partitions_assigned') for (const { partition } of partitions) owned.add(partition)
      if (name === 'partitions_revoked') for (const { partition } of partitions) owned.delete(partition)
    }
    return [...owned].sort((a, b) => a - b)
  }

  /** Values of the records that it read. */
  values(): string[] {
    return this.events().flatMap(({ name, value }) =>
      name === 'record_data' && value !== undefined ? [value] : [],
    )
  }

  async kill(): Promise<void> {
    this.child.process.kill('SIGKILL')
    await this.child.ended
  }

  stop(): Promise<number | string> {
    return stopChild(this.child)
  }
}
