/** kafka-console-producer: every line of the input becomes a record. */
import { clientConfig } from '../client/client-config.ts'
import { ApiException, JavaException } from '../client/exceptions.ts'
import { openCluster } from '../client/with-cluster.ts'
import { log } from '../command-line/text.ts'
import type { Terminal, Tool } from '../tool.ts'
import { BatchSender } from './batch-sender.ts'
import { LineReader, type LineRecord, linesOf } from './line-reader.ts'
import { type ProducerSettings, producerOptions, producerSettings } from './producer-options.ts'

const CLIENT_ID = 'console-producer'
const INTERRUPTED = 130

export const consoleProducer: Tool = {
  name: 'kafka-console-producer',
  purpose: 'This tool helps to read data from standard input and publish it to Kafka.',
  options: producerOptions,
  listsOptionsOnMistakes: true,
  async run(options, terminal) {
    const settings = producerSettings(options, terminal)
    try {
      await produce(settings, terminal)
      return terminal.interrupted.aborted ? INTERRUPTED : 0
    } catch (error) {
      if (!(error instanceof JavaException)) throw error
      const isRemote = settings.isSync && error instanceof ApiException
      terminal.errors.write(`${isRemote ? 'java.util.concurrent.ExecutionException: ' : ''}${error}\n`)
      return 1
    }
  },
}

async function produce(settings: ProducerSettings, terminal: Terminal): Promise<void> {
  const reader = new LineReader(settings.reader)
  const config = clientConfig(settings.bootstrapServers, settings.properties, CLIENT_ID)
  const sender = new BatchSender(settings, config, (records, error) =>
    report(records, error, settings, terminal),
  )
  const stopReading = () => terminal.input.destroy()
  terminal.interrupted.addEventListener('abort', stopReading)
  let isReachable = false
  try {
    prompt(terminal)
    for await (const line of untilDestroyed(linesOf(terminal.input), terminal)) {
      const record = reader.read(line)
      if (!isReachable) await reach(settings, terminal)
      isReachable = true
      if (settings.isSync) await sender.sendNow(record)
      else await sender.add(record)
      prompt(terminal)
    }
  } finally {
    terminal.interrupted.removeEventListener('abort', stopReading)
    await sender.close()
  }
}

/** That the input was closed by us is its end, not a failure. */
async function* untilDestroyed(lines: AsyncGenerator<string>, terminal: Terminal): AsyncGenerator<string> {
  try {
    yield* lines
  } catch (error) {
    if (!terminal.interrupted.aborted) throw error
  }
}

/** Waits for a broker, so that a cluster that is just starting costs no record; says which do not answer. */
async function reach(settings: ProducerSettings, terminal: Terminal): Promise<void> {
  const limit = { 'default.api.timeout.ms': String(settings.maxBlockMs) }
  const properties = { ...settings.properties, ...limit }
  const cluster = openCluster(settings.bootstrapServers, properties, CLIENT_ID, terminal)
  try {
    await cluster.metadata([settings.topic], 'metadata', true)
  } finally {
    await cluster.close()
  }
}

function prompt(terminal: Terminal): void {
  if (terminal.isInteractive) terminal.output.write('>')
}

function report(
  records: readonly LineRecord[],
  error: unknown,
  { topic }: ProducerSettings,
  terminal: Terminal,
): void {
  for (const { key, value } of records) {
    const size = (bytes: Buffer | null) => (bytes === null ? 'null' : `${bytes.length} bytes`)
    const message = `Error when sending message to topic ${topic} with key: ${size(key)}, value: ${size(value)} with error:`
    log(terminal.errors, 'ERROR', message, 'org.apache.kafka.clients.producer.internals.ErrorLoggingCallback')
    terminal.errors.write(`${error}\n`)
  }
}
