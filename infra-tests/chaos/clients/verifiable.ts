/** Apache Kafka's VerifiableProducer and VerifiableConsumer: each says in a line of JSON what it did. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { HistoryRecorder, NoticeBody, PolledRecord } from '../../simulation/checker/index.ts'
import { kafkaToolCommand } from '../../support/java.ts'

/** A topic of one partition, so that it is known beforehand where a record goes. */
export const VERIFIABLE_TOPIC = 'verifiable'
const PARTITION = `${VERIFIABLE_TOPIC}-0`
const PRODUCER = 'java-producer'
const CONSUMER = 'java-consumer'
const GROUP = 'java-readers'
const STOP_LIMIT_MS = 20_000
const VALUE_PREFIX = 7
/** So many records at most are under way: their sends are in the history before anybody can have read them. */
const AHEAD = 2_000

export interface RunningTool {
  /** Resolves with its first word of records: a JVM takes seconds until then. */
  readonly hasBegun: Promise<void>
  /** Lets it finish, and resolves when it has. */
  stop(): Promise<void>
}

/** Sends the values 7.0, 7.1 and so on, and tells of each acknowledgement. */
export function startVerifiableProducer(
  bootstrap: string,
  history: HistoryRecorder,
  folder: string,
): RunningTool {
  const config = join(folder, 'verifiable-producer.properties')
  writeFileSync(config, 'enable.idempotence=true\nretries=2147483647\ndelivery.timeout.ms=120000\n')
  const sends = new Map<string, number>()
  let sent = 0
  const sendUpTo = (count: number) => {
    for (; sent < count; sent++) {
      const value = `${VALUE_PREFIX}.${sent}`
      sends.set(
        value,
        history.invoke(PRODUCER, { name: 'send', partition: PARTITION, value, idempotent: true }),
      )
    }
  }
  sendUpTo(AHEAD)
  const flags = ['--topic', VERIFIABLE_TOPIC, '--throughput', '100', '--value-prefix', `${VALUE_PREFIX}`]
  const args = ['--bootstrap-server', bootstrap, ...flags, '--command-config', config]
  const tool = startTool('kafka-verifiable-producer', args, (event) => {
    if (event.name !== 'producer_send_success' && event.name !== 'producer_send_error') return
    const { offset, value, message } = event as Partial<SentRecord> & ToolEvent
    const op = sends.get(`${value}`)
    if (op === undefined) throw new Error(`the verifiable producer tells of ${value}, which it did not send`)
    sends.delete(`${value}`)
    if (event.name === 'producer_send_success' && offset !== undefined) history.ok(op, { offset })
    else history.info(op, message ?? 'failed')
    sendUpTo(Number(`${value}`.slice(`${VALUE_PREFIX}.`.length)) + 1 + AHEAD)
  })
  const stop = async () => {
    await tool.stop()
    history.notice(PRODUCER, { name: 'crash' })
  }
  return { hasBegun: tool.hasBegun, stop }
}

/** Reads in a group of its own, and tells every record. */
export function startVerifiableConsumer(bootstrap: string, history: HistoryRecorder): RunningTool {
  const flags = ['--group-id', GROUP, '--reset-policy', 'earliest', '--verbose']
  let polled: PolledRecord[] = []
  const flush = () => {
    if (polled.length === 0) return
    const op = history.invoke(CONSUMER, { name: 'poll', readCommitted: false })
    history.ok(op, { records: { [PARTITION]: polled } })
    polled = []
  }
  const args = ['--bootstrap-server', bootstrap, '--topic', VERIFIABLE_TOPIC, ...flags]
  return startTool('kafka-verifiable-consumer', args, (event) => {
    if (event.name === 'record_data') {
      const { offset, value } = event as ReadRecord
      polled.push([offset, value])
      return
    }
    flush()
    if (event.name === 'partitions_assigned' || event.name === 'partitions_revoked')
      history.notice(CONSUMER, noticeOf(event))
  })
}

interface ToolEvent {
  readonly name: string
}

interface SentRecord extends ToolEvent {
  readonly offset: number
  readonly value: string
  readonly message: string
}

interface ReadRecord extends ToolEvent {
  readonly offset: number
  readonly value: string
}

function noticeOf(event: ToolEvent): NoticeBody {
  const { partitions } = event as ToolEvent & { partitions: { topic: string; partition: number }[] }
  const names = partitions.map(({ topic, partition }) => `${topic}-${partition}`)
  if (event.name === 'partitions_revoked') return { name: 'revoked', partitions: names }
  // Where the group stands the tool does not say.
  return { name: 'assigned', partitions: Object.fromEntries(names.map((each) => [each, null])) }
}

function startTool(
  tool: 'kafka-verifiable-producer' | 'kafka-verifiable-consumer',
  args: readonly string[],
  onEvent: (event: ToolEvent) => void,
): RunningTool {
  const [program, ...rest] = kafkaToolCommand(tool, args)
  const child = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'ignore'] })
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    if (line.startsWith('{')) onEvent(JSON.parse(line) as ToolEvent)
  })
  const hasBegun = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      if (line.includes('"offset"')) resolve()
    })
    lines.on('close', resolve)
  })
  const ended = Promise.all([
    new Promise<void>((resolve) => child.on('exit', () => resolve())),
    new Promise<void>((resolve) => lines.on('close', () => resolve())),
  ])
  return {
    hasBegun,
    async stop() {
      child.kill('SIGTERM')
      const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      await ended
      clearTimeout(limit)
    },
  }
}
