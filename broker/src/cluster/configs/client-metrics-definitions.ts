/** The configurations of client metrics subscriptions (KIP-714). */
import { RE2JS, RE2JSException } from 're2js'
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import type { ConfigOverrides } from '../image-types.ts'
import { type ConfigDefinition, int, parseValue, splitList, texts } from './definition.ts'

const INTERVAL_MS_MIN = 100
const INTERVAL_MS_MAX = 3_600_000

export const CLIENT_METRICS_CONFIGS = {
  'interval.ms': int({ default: '300000', doc: 'How often clients push their metrics.' }),
  match: texts({ default: '', doc: 'Which clients are meant: patterns of what they say of themselves.' }),
  metrics: texts({
    default: '',
    doc: 'The metrics that are wanted, by the beginnings of their names; * for all.',
  }),
} as const

export const CLIENT_METRICS_DEFINITIONS: ReadonlyMap<string, ConfigDefinition> = new Map(
  Object.entries<ConfigDefinition>(CLIENT_METRICS_CONFIGS),
)

const MATCH_KEYS = [
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
] as const

/** What a client can be told apart by. */
export type ClientMatchKey = (typeof MATCH_KEYS)[number]

export interface ClientMetricsSubscription {
  readonly metrics: readonly string[]
  readonly intervalMs: number
  /** All of them must match, each the whole text. */
  readonly match: ReadonlyMap<ClientMatchKey, RE2JS>
}

/** A repetition of repetitions is short to write and long to match. */
const STATES_MAX = 500

export function clientMetricsSubscription(overrides: ConfigOverrides): ClientMetricsSubscription {
  const value = (name: keyof typeof CLIENT_METRICS_CONFIGS) =>
    overrides.get(name) ?? CLIENT_METRICS_CONFIGS[name].defaultValue
  return {
    metrics: parseValue('metrics', CLIENT_METRICS_CONFIGS.metrics, value('metrics')),
    intervalMs: parseValue('interval.ms', CLIENT_METRICS_CONFIGS['interval.ms'], value('interval.ms')),
    match: parseMatch(value('match')),
  }
}

/** Throws Kafka's refusal of a value that its type allows. */
export function checkClientMetricsValue(name: string, text: string): void {
  if (name === 'match') parseMatch(text)
  if (name !== 'interval.ms') return
  const intervalMs = Number(text)
  if (intervalMs >= INTERVAL_MS_MIN && intervalMs <= INTERVAL_MS_MAX) return
  throw new KafkaError(
    ErrorCode.INVALID_REQUEST,
    `Invalid value ${text} for ${name}, interval must be between ` +
      `${INTERVAL_MS_MIN} and ${INTERVAL_MS_MAX} (1 hour)`,
  )
}

/** Of several patterns for one key the last one counts. */
function parseMatch(text: string): ReadonlyMap<ClientMatchKey, RE2JS> {
  return new Map(splitList(text).map(parsePattern))
}

function parsePattern(pattern: string): [ClientMatchKey, RE2JS] {
  const [name = '', expression = '', ...rest] = pattern.replace(/=+$/, '').split('=')
  const key = MATCH_KEYS.find((each) => each === name.trim())
  const regex = expression === '' || rest.length > 0 ? undefined : compiled(expression.trim())
  if (key === undefined || regex === undefined || regex.programSize() > STATES_MAX) {
    throw new KafkaError(ErrorCode.INVALID_CONFIG, `Illegal client matching pattern: ${pattern}`)
  }
  return [key, regex]
}

/** Undefined for what is no expression. */
function compiled(expression: string): RE2JS | undefined {
  try {
    return RE2JS.compile(expression)
  } catch (error) {
    if (error instanceof RE2JSException) return undefined
    throw error
  }
}
