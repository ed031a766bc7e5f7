import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openStore } from '@freshet/coordination'
import {
  type BrokerConfig,
  brokerConfig,
  ConfigError,
  environmentProperties,
  parseProperties,
} from './cluster/index.ts'
import { nodeRuntime } from './runtime/node.ts'
import { tuneCollector } from './runtime/node-collector.ts'
import { reserveDescriptors } from './runtime/node-descriptors.ts'
import { serveHttp } from './runtime/node-http.ts'
import { readMachine } from './runtime/node-machine.ts'
import { watchProcess } from './runtime/node-process.ts'
import type { Address } from './runtime/types.ts'
import { Broker } from './server/broker.ts'
import { cleanerSettings } from './server/cleaner-settings.ts'
import { MetadataUnusableError } from './server/cluster/metadata-snapshots.ts'
import { LogDirError, LogManager } from './storage/index.ts'
import { jsonLines, Loggers } from './telemetry/logger.ts'
import { CONTENT_TYPE } from './telemetry/metrics/prometheus.ts'
import { machineSamples, processSamples } from './telemetry/process-samples.ts'

const USAGE = 'usage: broker --config server.properties [--environment] [--override key=value]...'

const METRICS_RETRY_MS = 10_000

const loggers = new Loggers(jsonLines((line) => process.stdout.write(line), nodeRuntime.clock.now))
const logger = loggers.get('kafka.server.BrokerServer')

await main()

async function main(): Promise<void> {
  try {
    const config = readConfig()
    const broker = await startBroker(config)
    stopOnSignal(broker)
  } catch (error) {
    process.stderr.write(`broker: ${explain(error)}\n`)
    process.exit(1)
  }
}

function readConfig(): BrokerConfig {
  const values = readArguments()
  if (values.config === undefined) throw new ConfigError('--config', `missing; ${USAGE}`)
  const properties = new Map(parseProperties(readFileSync(values.config, 'utf8')))
  if (values.environment) {
    for (const [name, value] of environmentProperties(process.env)) properties.set(name, value)
  }
  for (const override of values.override ?? []) {
    const at = override.indexOf('=')
    if (at < 1) throw new ConfigError('--override', `must be key=value, not ${override}`)
    properties.set(override.slice(0, at).trim(), override.slice(at + 1).trim())
  }
  const { config, warnings } = brokerConfig(properties)
  for (const warning of warnings) logger.warn(warning)
  return config
}

function readArguments() {
  const options = {
    config: { type: 'string' },
    environment: { type: 'boolean' },
    override: { type: 'string', multiple: true },
  } as const
  try {
    return parseArgs({ options }).values
  } catch (error) {
    throw new ConfigError('arguments', `${explain(error)}; ${USAGE}`)
  }
}

async function startBroker(config: BrokerConfig): Promise<Broker> {
  const startedMs = nodeRuntime.clock.monotonic()
  const store = await openStore(config.coordinationUrl)
  tuneCollector()
  const logs = await LogManager.open({
    disk: nodeRuntime.disk,
    clock: nodeRuntime.clock,
    timers: nodeRuntime.timers,
    random: nodeRuntime.random,
    codecs: nodeRuntime.codecs,
    directory: config.logDir,
    clusterId: config.clusterId,
    nodeId: config.nodeId,
    processId: process.pid,
    bootId: readBootId(),
    initialTaskDelayMs: config.settings['log.initial.task.delay.ms'],
    cleaner: cleanerSettings(config.settings),
    retentionCheckIntervalMs: config.settings['log.retention.check.interval.ms'],
    onOffline: ({ topic, partition }, error) =>
      loggers.get('kafka.log.LogManager').error('a partition is offline', { topic, partition, error }),
    onUncleanable: ({ topic, partition }, error) =>
      loggers.get('kafka.log.LogCleaner').error('a log cannot be cleaned', { topic, partition, error }),
    onCheckpointError: (error) =>
      loggers.get('kafka.log.LogManager').error('a checkpoint was not written', { error }),
  })
  const broker = new Broker(config, nodeRuntime, loggers, store, logs, {
    // Whoever supervises the process starts it again, from the newest snapshot.
    onUnusable: () => process.exit(1),
  })
  const addresses = await broker.start()
  reserveDescriptors().catch((error) => logger.warn('no room could be made for many open files', { error }))
  await serveMetrics(config, broker)
  logger.info('broker started', {
    nodeId: config.nodeId,
    listeners: addresses.map(({ host, port }) => `PLAINTEXT://${host}:${port}`),
    startMs: Math.round(nodeRuntime.clock.monotonic() - startedMs),
  })
  return broker
}

/**
 * `GET /metrics` for Prometheus, `GET /client-metrics` with what clients push, `GET /traces` for whoever wonders where the
 * time goes.
 */
async function serveMetrics(config: BrokerConfig, broker: Broker): Promise<void> {
  if (config.metricsListener === null) return
  const usage = watchProcess()
  broker.telemetry.collect(() => processSamples(usage()))
  broker.telemetry.collect(() => machineSamples(readMachine(config.logDir)))
  const { timers } = nodeRuntime
  const pages = {
    '/metrics': async () => ({ contentType: CONTENT_TYPE, text: await broker.telemetry.metricsText(timers) }),
    '/client-metrics': async () => ({ contentType: CONTENT_TYPE, text: await broker.clientMetrics.text() }),
    '/traces': async () => ({ contentType: 'application/json', text: broker.telemetry.tracesText() }),
  }
  await listenForScrapes(config.metricsListener, pages)
}

/** A port that another program has is no reason not to serve records: it is tried again. */
async function listenForScrapes(address: Address, pages: Parameters<typeof serveHttp>[1]): Promise<void> {
  const onError = (error: unknown) => logger.error('metrics could not be served', { error })
  try {
    const { host, port } = await serveHttp(address, pages, onError)
    logger.info('metrics are served', { url: `http://${host}:${port}/metrics` })
  } catch (error) {
    onError(error)
    nodeRuntime.timers.after(METRICS_RETRY_MS, () => listenForScrapes(address, pages))
  }
}

function stopOnSignal(broker: Broker): void {
  let stopping = false
  const stop = (signal: string) => {
    if (stopping) return
    stopping = true
    logger.info('broker stops', { signal })
    broker.stop().then(
      () => process.exit(0),
      (error) => {
        logger.error('the shutdown was not clean', { error })
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
}

/** Linux tells which start of the machine this is; elsewhere every log is checked after a crash. */
function readBootId(): string {
  const path = '/proc/sys/kernel/random/boot_id'
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : ''
}

/** Errors that the user can mend are one line; for all others the stack is the message. */
function explain(error: unknown): string {
  const isExplained =
    error instanceof ConfigError || error instanceof LogDirError || error instanceof MetadataUnusableError
  if (isExplained) return error.message
  if (!(error instanceof Error)) return String(error)
  const code = Reflect.get(error, 'code')
  const isPlain =
    typeof code === 'string' &&
    (code === 'EADDRINUSE' || code === 'ENOENT' || code === 'EACCES' || code.startsWith('ERR_PARSE_ARGS'))
  return isPlain ? error.message : (error.stack ?? error.message)
}
