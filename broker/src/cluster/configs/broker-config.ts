/** server.properties as one typed object. */
import type { Address } from '../../runtime/types.ts'
import { assert } from '../assert.ts'
import type { ConfigOverrides } from '../image-types.ts'
import { reasonForAbsence } from './absent-configs.ts'
import { BROKER_CONFIGS, BROKER_DEFINITIONS, type BrokerSettings } from './broker-definitions.ts'
import { type ConfigDefinition, checkSettable, parseValue, splitList } from './definition.ts'
import { type ListenerConfig, ListenerError, parseListeners, parseProtocolMap } from './listeners.ts'

export interface BrokerConfig {
  readonly nodeId: number
  readonly clusterId: string
  readonly rack: string | null
  readonly listeners: readonly ListenerConfig[]
  /** The first is the one that brokers use among themselves. */
  readonly advertisedListeners: readonly ListenerConfig[]
  readonly logDir: string
  readonly coordinationUrl: string
  /** Where metrics are served over HTTP (`freshet.metrics.listener`, `host:port`); null for nowhere. */
  readonly metricsListener: Address | null
  readonly settings: BrokerSettings
  /** What the file sets of the configurations that can be described. */
  readonly staticOverrides: ConfigOverrides
}

/** A property that must be corrected before the broker can start. */
export class ConfigError extends Error {
  readonly key: string

  constructor(key: string, reason: string) {
    super(`${key}: ${reason}`)
    this.name = 'ConfigError'
    this.key = key
  }
}

type Properties = ReadonlyMap<string, string>

const IDENTITY = [
  'node.id',
  'broker.id',
  'cluster.id',
  'broker.rack',
  'listeners',
  'advertised.listeners',
  'listener.security.protocol.map',
  'inter.broker.listener.name',
  'log.dir',
  'log.dirs',
  'freshet.coordination.url',
  'freshet.metrics.listener',
] as const

type IdentityKey = (typeof IDENTITY)[number]

export function brokerConfig(properties: Properties): { config: BrokerConfig; warnings: string[] } {
  const warnings = unknownKeys(properties)
  const staticOverrides = new Map([...properties].filter(([name]) => BROKER_DEFINITIONS.has(name)))
  for (const [name, text] of staticOverrides) checkStatic(name, text)
  const protocols = checked('listener.security.protocol.map', () =>
    parseProtocolMap(value(properties, 'listener.security.protocol.map')),
  )
  const listeners = checked('listeners', () =>
    parseListeners(value(properties, 'listeners') ?? 'PLAINTEXT://:9092', protocols),
  )
  const config: BrokerConfig = {
    nodeId: nodeId(properties),
    clusterId: clusterId(properties),
    rack: value(properties, 'broker.rack') ?? null,
    listeners,
    advertisedListeners: betweenBrokersFirst(
      properties,
      advertisedListeners(properties, listeners, protocols, warnings),
    ),
    logDir: logDir(properties),
    coordinationUrl: coordinationUrl(properties),
    metricsListener: metricsListener(properties),
    settings: brokerSettings(staticOverrides),
    staticOverrides,
  }
  return { config, warnings }
}

/** Typed values of the broker's own configurations; what is not set has its default. */
export function brokerSettings(overrides: ConfigOverrides): BrokerSettings {
  const settings: Record<string, unknown> = {}
  for (const [name, definition] of Object.entries<ConfigDefinition>(BROKER_CONFIGS)) {
    settings[name] = parseValue(name, definition, overrides.get(name) ?? definition.defaultValue)
  }
  return settings as BrokerSettings
}

function unknownKeys(properties: Properties): string[] {
  const known: ReadonlySet<string> = new Set([...IDENTITY, ...BROKER_DEFINITIONS.keys()])
  return [...properties.keys()]
    .filter((name) => !known.has(name))
    .map((name) => `${name} has no effect: ${reasonForAbsence(name) ?? 'it is not known here'}`)
}

function checkStatic(name: string, text: string): void {
  const known = BROKER_DEFINITIONS.get(name)
  assert(known !== undefined, `There is no broker configuration ${name}`)
  try {
    checkSettable(name, known.definition, text)
  } catch (error) {
    throw new ConfigError(name, error instanceof Error ? error.message : String(error))
  }
}

/** An empty value counts as not set. */
function value(properties: Properties, key: IdentityKey): string | undefined {
  return properties.get(key)?.trim() || undefined
}

function required(properties: Properties, key: IdentityKey): string {
  const text = value(properties, key)
  if (text === undefined) throw new ConfigError(key, 'missing')
  return text
}

function nodeId(properties: Properties): number {
  const [id, legacyId] = [value(properties, 'node.id'), value(properties, 'broker.id')]
  if (id !== undefined && legacyId !== undefined && id !== legacyId) {
    throw new ConfigError('broker.id', `differs from node.id: ${legacyId} and ${id}`)
  }
  const key = id === undefined && legacyId !== undefined ? 'broker.id' : 'node.id'
  const text = required(properties, key)
  if (!/^\d{1,10}$/.test(text) || Number(text) > 2147483647) {
    throw new ConfigError(key, `must be a whole number from 0 to 2147483647, not ${text}`)
  }
  return Number(text)
}

function clusterId(properties: Properties): string {
  const text = required(properties, 'cluster.id')
  if (!/^[A-Za-z0-9_-]{22}$/.test(text)) {
    throw new ConfigError('cluster.id', `must be a uuid of 22 base64url characters, not ${text}`)
  }
  return text
}

function logDir(properties: Properties): string {
  const key = value(properties, 'log.dirs') === undefined ? 'log.dir' : 'log.dirs'
  const folders = splitList(value(properties, key) ?? '/tmp/kafka-logs')
  const [folder] = folders
  if (folder === undefined || folders.length > 1) {
    throw new ConfigError(key, 'must name one folder; several are not available yet')
  }
  return folder
}

function coordinationUrl(properties: Properties): string {
  const url = required(properties, 'freshet.coordination.url')
  if (!/^(sqlite:\/\/\/.|dynamodb:\/\/[^/]+\/.)/.test(url)) {
    const forms = 'sqlite:///path/of/the/file or dynamodb://table/namespace'
    throw new ConfigError('freshet.coordination.url', `must be ${forms}, not ${url}`)
  }
  return url
}

function metricsListener(properties: Properties): Address | null {
  const text = value(properties, 'freshet.metrics.listener')
  if (text === undefined) return null
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? []
  if (host === '' || port === '' || Number(port) > 65535) {
    throw new ConfigError('freshet.metrics.listener', `must be host:port, not ${text}`)
  }
  return { host, port: Number(port) }
}

function checked<T>(key: IdentityKey, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof ListenerError) throw new ConfigError(key, error.message)
    throw error
  }
}

/** `inter.broker.listener.name`; without it the listener called PLAINTEXT, or else the first. */
function betweenBrokersFirst(
  properties: Properties,
  advertised: readonly ListenerConfig[],
): readonly ListenerConfig[] {
  const wanted = value(properties, 'inter.broker.listener.name')?.toUpperCase()
  const first = advertised.find(({ name }) => name === (wanted ?? 'PLAINTEXT'))
  if (wanted !== undefined && first === undefined) {
    throw new ConfigError('inter.broker.listener.name', `${wanted} is not among the advertised listeners`)
  }
  return first === undefined ? advertised : [first, ...advertised.filter((listener) => listener !== first)]
}

function advertisedListeners(
  properties: Properties,
  listeners: readonly ListenerConfig[],
  protocols: ReadonlyMap<string, string>,
  warnings: string[],
): readonly ListenerConfig[] {
  const given = value(properties, 'advertised.listeners')
  const advertised =
    given === undefined ? listeners : checked('advertised.listeners', () => parseListeners(given, protocols))
  return advertised.map((listener) => {
    if (!listeners.some(({ name }) => name === listener.name)) {
      throw new ConfigError('advertised.listeners', `${listener.name} is not among the listeners`)
    }
    if (listener.host === '0.0.0.0' || listener.host === '::') {
      throw new ConfigError(
        'advertised.listeners',
        `cannot use the nonroutable meta-address ${listener.host}. Use a routable IP address.`,
      )
    }
    if (listener.host !== '') return listener
    warnings.push('advertised.listeners names no host: clients are told localhost')
    return { ...listener, host: 'localhost' }
  })
}
