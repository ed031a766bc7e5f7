/** kafka-console-consumer: writes the records of topics to the output. */
import { once } from 'node:events'
import { asJavaException } from '../client/cluster.ts'
import { JavaException, TimeoutException } from '../client/exceptions.ts'
import { openCluster } from '../client/with-cluster.ts'
import { log } from '../command-line/text.ts'
import type { Terminal, Tool } from '../tool.ts'
import { anyClientId, type ConsumerSettings, consumerOptions, consumerSettings } from './consumer-options.ts'
import { type Formatter, formatterFor } from './formatter.ts'
import type { ConsumedRecord } from './records.ts'
import { openSubscription, type Subscription } from './subscription.ts'

const LOGGER = 'org.apache.kafka.tools.consumer.ConsoleConsumer'
const CLIENT_ID = 'console-consumer'
const INTERRUPTED = 130
/** How soon Ctrl-C is noticed. */
const SLICE_MS = 100

export const consoleConsumer: Tool = {
  name: 'kafka-console-consumer',
  purpose: 'This tool helps to read data from Kafka topics and outputs it to standard output.',
  options: consumerOptions,
  listsOptionsOnMistakes: true,
  async run(options, terminal) {
    const settings = consumerSettings(options, terminal)
    const onProblem = (message: string) =>
      log(terminal.errors, 'ERROR', message, 'org.apache.kafka.tools.consumer.DefaultMessageFormatter')
    const formatter = formatterFor(settings.formatter, settings.formatterProperties, onProblem)
    try {
      await consume(settings, formatter, terminal)
      if (settings.isSystemTest) terminal.output.write('shutdown_complete\n')
      return terminal.interrupted.aborted ? INTERRUPTED : 0
    } catch (failure) {
      const error = asJavaException(failure)
      if (!(error instanceof JavaException)) throw error
      const isRefused = /Authentication/.test(error.className)
      const words = isRefused
        ? 'Authentication failed: terminating consumer process'
        : 'Unknown error when running consumer: '
      log(terminal.errors, 'ERROR', words, LOGGER)
      terminal.errors.write(`${error}\n`)
      return 1
    }
  },
}

async function consume(settings: ConsumerSettings, formatter: Formatter, terminal: Terminal): Promise<void> {
  const clientId = settings.groupId === undefined ? anyClientId() : CLIENT_ID
  const cluster = openCluster(settings.bootstrapServers, settings.properties, clientId, terminal)
  let count = 0
  try {
    const subscription = await openSubscription(settings, cluster, terminal)
    try {
      await receive(settings, subscription, terminal, async (record) => {
        count += 1
        await write(record, settings, formatter, terminal)
      })
    } finally {
      await subscription.close()
    }
  } finally {
    await cluster.close()
    terminal.errors.write(`Processed a total of ${count} messages\n`)
  }
}

/** Until there were enough, nothing came for too long, nobody reads the output, or the user ends it. */
async function receive(
  { maxMessages = Number.POSITIVE_INFINITY, timeoutMs = Number.POSITIVE_INFINITY }: ConsumerSettings,
  subscription: Subscription,
  terminal: Terminal,
  process: (record: ConsumedRecord) => Promise<void>,
): Promise<void> {
  let lastMs = performance.now()
  for (let count = 0; count < maxMessages; ) {
    if (terminal.interrupted.aborted) return
    const record = await subscription.next(Math.min(SLICE_MS, timeoutMs))
    if (record === undefined) {
      if (performance.now() - lastMs < timeoutMs) continue
      log(terminal.errors, 'ERROR', 'Error processing message, terminating consumer process: ', LOGGER)
      terminal.errors.write(`${new TimeoutException('').className}\n`)
      return
    }
    count += 1
    await process(record)
    lastMs = performance.now()
    if (terminal.output.destroyed) {
      terminal.errors.write('Unable to write to standard out, closing consumer.\n')
      return
    }
  }
}

async function write(
  record: ConsumedRecord,
  { skipsErrors }: ConsumerSettings,
  formatter: Formatter,
  terminal: Terminal,
): Promise<void> {
  let bytes: Buffer
  try {
    bytes = formatter(record)
  } catch (error) {
    if (!skipsErrors || !(error instanceof JavaException)) throw error
    log(terminal.errors, 'ERROR', 'Error processing message, skipping this message: ', LOGGER)
    terminal.errors.write(`${error}\n`)
    return
  }
  if (terminal.output.write(bytes) || terminal.output.destroyed) return
  await Promise.race([once(terminal.output, 'drain'), once(terminal.output, 'close')])
}
