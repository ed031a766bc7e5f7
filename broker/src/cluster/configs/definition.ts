/**
 * What one configuration is: type, default, legal values. Values are kept and exchanged as text, as in Kafka; texts of
 * errors are Kafka's, because tools and tests of others look at them.
 */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'

/** Codes of the DescribeConfigs API (KIP-569). */
export const ConfigType = {
  UNKNOWN: 0,
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  SHORT: 4,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
} as const
export type ConfigType = (typeof ConfigType)[keyof typeof ConfigType]

export interface ConfigDefinition<T = unknown> {
  readonly type: ConfigType
  readonly defaultValue: string
  readonly documentation: string
  /** Throws an Illegal with the reason. */
  readonly parse: (text: string) => T
  /** Why a legal value cannot be set, because what it asks for is not built yet. */
  unavailable(value: T): string | undefined
}

export type Value<D> = D extends ConfigDefinition<infer T> ? T : never

/** Long.MAX_VALUE, which Kafka's users write for "no limit", as text. */
export const LONG_MAX = '9223372036854775807'

interface Options<T> {
  readonly default: string
  readonly doc: string
  readonly unavailable?: (value: T) => string | undefined
}

interface Range {
  readonly min?: number
  readonly max?: number
}

export function bool(options: Options<boolean>): ConfigDefinition<boolean> {
  return define(ConfigType.BOOLEAN, options, parseBoolean)
}

export function int(options: Options<number> & Range): ConfigDefinition<number> {
  return define(ConfigType.INT, options, (text) => inRange(parseInteger(text, INT), options))
}

export function short(options: Options<number> & Range): ConfigDefinition<number> {
  return define(ConfigType.SHORT, options, (text) => inRange(parseInteger(text, SHORT), options))
}

/** Values that a JavaScript number does not hold exactly (more than 285,000 years in milliseconds) become Infinity. */
export function long(options: Options<number> & Range): ConfigDefinition<number> {
  return define(ConfigType.LONG, options, (text) => inRange(parseInteger(text, LONG), options))
}

export function double(options: Options<number> & Range): ConfigDefinition<number> {
  return define(ConfigType.DOUBLE, options, (text) => inRange(parseDouble(text), options))
}

export function string<T extends string>(
  options: Options<T> & { readonly oneOf: readonly T[] },
): ConfigDefinition<T> {
  return define(ConfigType.STRING, options, (text) => memberOf(text.trim(), options.oneOf))
}

/** Without repeats: Kafka drops them. */
export function list<T extends string>(
  options: Options<readonly T[]> & { readonly oneOf: readonly T[] },
): ConfigDefinition<readonly T[]> {
  return define(ConfigType.LIST, options, (text) => [
    ...new Set(splitList(text).map((item) => memberOf(item, options.oneOf))),
  ])
}

/** Any texts. */
export function texts(options: Options<readonly string[]>): ConfigDefinition<readonly string[]> {
  return define(ConfigType.LIST, options, splitList)
}

/** -1 for the codec's own default. */
export function gzipLevel(options: Options<number>): ConfigDefinition<number> {
  return define(ConfigType.INT, options, (text) => {
    const level = parseInteger(text, INT)
    if (level === -1 || (level >= 1 && level <= 9)) return level
    throw new Illegal('Value must be between 1 and 9 or equal to -1')
  })
}

/** A list of `partition:broker` pairs, or `*` for all. */
export function replicaList(
  name: string,
  options: Options<readonly string[]>,
): ConfigDefinition<readonly string[]> {
  return define(ConfigType.LIST, options, (text) => {
    const items = splitList(text)
    if (items.every((item) => /^\d+:\d+$/.test(item)) || (items.length === 1 && items[0] === '*'))
      return items
    throw new Illegal(
      `${name} must be the literal '*' or a list of replicas in the following format: ` +
        '[partitionId]:[brokerId],[partitionId]:[brokerId],...',
    )
  })
}

/** Limits of single addresses: `address:limit,address:limit`; an IPv6 address may hold colons itself. */
export function addressLimits(
  options: Options<ReadonlyMap<string, number>>,
): ConfigDefinition<ReadonlyMap<string, number>> {
  return define(ConfigType.STRING, options, (text) => {
    const limits = splitList(text).map((item): [string, number] => {
      const at = item.lastIndexOf(':')
      if (at < 1) throw new Illegal(`${item} is not of the form address:limit`)
      return [item.slice(0, at).trim(), inRange(parseInteger(item.slice(at + 1), INT), { min: 0 })]
    })
    return new Map(limits)
  })
}

export type OffsetReset =
  | { readonly to: 'earliest' | 'latest' }
  | { readonly to: 'duration'; readonly durationMs: number }

/** `earliest`, `latest`, or `by_duration:` and an ISO 8601 duration of days, hours, minutes and seconds. */
export function offsetReset(options: Options<OffsetReset>): ConfigDefinition<OffsetReset> {
  return define(ConfigType.STRING, options, (value) => {
    const text = value.trim()
    if (text === 'earliest' || text === 'latest') return { to: text }
    const parts =
      /^by_duration:P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i.exec(text)
    if (parts === null) throw new Illegal('must be earliest, latest or by_duration:<ISO 8601 duration>')
    const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0))
    return { to: 'duration', durationMs: (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 }
  })
}

/** Anything: checked where it is used. */
export function text(options: Options<string>): ConfigDefinition<string> {
  return define(ConfigType.STRING, options, (value) => value.trim())
}

export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/** The typed value of a text; INVALID_CONFIG in Kafka's words if it is not legal. */
export function parseValue<T>(name: string, definition: ConfigDefinition<T>, text: string): T {
  try {
    return definition.parse(text)
  } catch (error) {
    if (!(error instanceof Illegal)) throw error
    throw new KafkaError(
      ErrorCode.INVALID_CONFIG,
      `Invalid value ${text} for configuration ${name}: ${error.message}`,
    )
  }
}

/** As parseValue, but for a value that somebody wants to set: what does not work yet is refused by name. */
export function checkSettable<T>(name: string, definition: ConfigDefinition<T>, text: string): void {
  const reason = definition.unavailable(parseValue(name, definition, text))
  if (reason !== undefined) {
    throw new KafkaError(ErrorCode.INVALID_CONFIG, `Cannot set configuration ${name} to ${text}: ${reason}`)
  }
}

/** Why a text is no legal value of its configuration. */
class Illegal extends Error {}

interface IntegerType {
  readonly name: string
  readonly min: bigint
  readonly max: bigint
}

const SHORT: IntegerType = { name: 'SHORT', min: -(2n ** 15n), max: 2n ** 15n - 1n }
const INT: IntegerType = { name: 'INT', min: -(2n ** 31n), max: 2n ** 31n - 1n }
const LONG: IntegerType = { name: 'LONG', min: -(2n ** 63n), max: 2n ** 63n - 1n }

function define<T>(type: ConfigType, options: Options<T>, parse: (text: string) => T): ConfigDefinition<T> {
  return {
    type,
    defaultValue: options.default,
    documentation: options.doc,
    parse,
    unavailable: options.unavailable ?? (() => undefined),
  }
}

function parseBoolean(text: string): boolean {
  const trimmed = text.trim().toLowerCase()
  if (trimmed !== 'true' && trimmed !== 'false')
    throw new Illegal('Expected value to be either true or false')
  return trimmed === 'true'
}

function parseInteger(text: string, type: IntegerType): number {
  const trimmed = text.trim()
  // More than 19 digits fit no type; BigInt of a megabyte of digits would hold up the broker.
  const exact = /^[+-]?\d{1,19}$/.test(trimmed) ? BigInt(trimmed.replace('+', '')) : undefined
  if (exact === undefined || exact < type.min || exact > type.max) {
    throw new Illegal(`Not a number of type ${type.name}`)
  }
  const value = Number(exact)
  if (Number.isSafeInteger(value)) return value
  return value > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
}

function parseDouble(text: string): number {
  const trimmed = text.trim()
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed))
    throw new Illegal('Not a number of type DOUBLE')
  return Number(trimmed)
}

function inRange(value: number, { min, max }: Range): number {
  if (min !== undefined && value < min) throw new Illegal(`Value must be at least ${min}`)
  if (max !== undefined && value > max) throw new Illegal(`Value must be no more than ${max}`)
  return value
}

function memberOf<T extends string>(text: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === text)
  if (found === undefined) throw new Illegal(`String must be one of: ${allowed.join(', ')}`)
  return found
}
