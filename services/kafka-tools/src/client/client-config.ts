/**
 * How to reach a cluster, from the client properties of `--command-config` and the like under Kafka's names
 * (https://kafka.apache.org/documentation/#adminclientconfigs).
 */
import { readFileSync } from 'node:fs'
import type { ConnectionOptions, SASLOptions } from '@platformatic/kafka'
import type { Properties } from '../command-line/properties.ts'
import { ConfigException } from './exceptions.ts'

export interface ClientConfig {
  readonly clientId: string
  readonly brokers: readonly { readonly host: string; readonly port: number }[]
  readonly connection: ConnectionOptions
  /** For one request. */
  readonly requestTimeoutMs: number
  /** For a request with everything that is tried for it. */
  readonly apiTimeoutMs: number
}

const REQUEST_TIMEOUT_MS = '30000'
const API_TIMEOUT_MS = '60000'
const CONNECT_TIMEOUT_MS = 10_000

export function clientConfig(
  bootstrapServers: string,
  properties: Properties,
  clientId: string,
): ClientConfig {
  const requestTimeoutMs = integer(properties, 'request.timeout.ms', REQUEST_TIMEOUT_MS)
  return {
    clientId: properties['client.id'] ?? clientId,
    brokers: bootstrapServers.split(',').map((each) => address(each.trim())),
    connection: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs,
      ...security(properties),
    },
    requestTimeoutMs,
    apiTimeoutMs: integer(properties, 'default.api.timeout.ms', API_TIMEOUT_MS),
  }
}

export function integer(properties: Properties, name: string, preset: string): number {
  const value = properties[name] ?? preset
  if (!/^-?\d+$/.test(value)) {
    throw new ConfigException(`Invalid value ${value} for configuration ${name}: Not a number of type INT`)
  }
  return Number(value)
}

function address(text: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(port) > 65_535) {
    throw new ConfigException(`Invalid url in bootstrap.servers: ${text}`)
  }
  return { host, port: Number(port) }
}

const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']

function security(properties: Properties): Pick<ConnectionOptions, 'tls' | 'sasl' | 'tlsServerName'> {
  const protocol = (properties['security.protocol'] ?? 'PLAINTEXT').toUpperCase()
  if (!PROTOCOLS.includes(protocol)) {
    throw new ConfigException(
      `Invalid value ${protocol} for configuration security.protocol: String must be one of: ${PROTOCOLS.join(', ')}`,
    )
  }
  return {
    ...(protocol.endsWith('SSL') ? { tls: tls(properties), tlsServerName: true } : {}),
    ...(protocol.startsWith('SASL') ? { sasl: sasl(properties) } : {}),
  }
}

/** Certificates and keys have to be PEM: Java's own key stores cannot be read here. */
function tls(properties: Properties): NonNullable<ConnectionOptions['tls']> {
  const trusted = pem(properties, 'ssl.truststore', 'certificates')
  const chain = pem(properties, 'ssl.keystore', 'certificate.chain')
  const key = properties['ssl.keystore.key'] ?? chain
  const passphrase = properties['ssl.key.password']
  return {
    ...(trusted === undefined ? {} : { ca: trusted }),
    ...(chain === undefined || key === undefined ? {} : { cert: chain, key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    // The empty name means what it means in Kafka: the broker may be called anything.
    ...(properties['ssl.endpoint.identification.algorithm'] === ''
      ? { checkServerIdentity: () => undefined }
      : {}),
  }
}

function pem(properties: Properties, store: string, inline: string): string | undefined {
  const text = properties[`${store}.${inline}`]
  if (text !== undefined) return text
  const location = properties[`${store}.location`]
  if (location === undefined) return undefined
  const type = properties[`${store}.type`] ?? 'JKS'
  if (type.toUpperCase() !== 'PEM') {
    throw new ConfigException(
      `Invalid value ${type} for configuration ${store}.type: these tools read PEM only`,
    )
  }
  try {
    return readFileSync(location, 'utf8')
  } catch (error) {
    throw new ConfigException(
      `Failed to load ${store} ${location}: ${error instanceof Error ? error.message : error}`,
    )
  }
}

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

function sasl(properties: Properties): SASLOptions {
  const wanted = properties['sasl.mechanism'] ?? 'GSSAPI'
  const mechanism = MECHANISMS.find((each) => each === wanted)
  if (mechanism === undefined) {
    throw new ConfigException(
      `Invalid value ${wanted} for configuration sasl.mechanism: these tools know ${MECHANISMS.join(', ')}`,
    )
  }
  const jaas = properties['sasl.jaas.config'] ?? ''
  const username = jaasOption(jaas, 'username')
  const password = jaasOption(jaas, 'password')
  if (username === undefined || password === undefined) {
    throw new ConfigException(
      'Invalid value for configuration sasl.jaas.config: username and password are needed',
    )
  }
  return { mechanism, username, password }
}

function jaasOption(jaas: string, name: string): string | undefined {
  const [, quoted, plain] =
    new RegExp(`\\b${name}\\s*=\\s*(?:"((?:\\\\.|[^"\\\\])*)"|([^\\s;]+))`).exec(jaas) ?? []
  return quoted?.replace(/\\(.)/g, '$1') ?? plain
}
