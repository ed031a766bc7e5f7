/** The configurations of client metrics subscriptions (KIP-714). */
import { type ConfigDefinition, int, texts } from './definition.ts'

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

const MATCH_KEYS: ReadonlySet<string> = new Set([
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
])

/** Kafka's refusal of a value that its type allows; undefined if there is none. */
export function clientMetricsRefusal(name: string, text: string): string | undefined {
  if (name === 'interval.ms') {
    const intervalMs = Number(text)
    if (intervalMs >= INTERVAL_MS_MIN && intervalMs <= INTERVAL_MS_MAX) return undefined
    return (
      `Invalid value ${text} for ${name}, interval must be between ` +
      `${INTERVAL_MS_MIN} and ${INTERVAL_MS_MAX} (1 hour)`
    )
  }
  return name === 'match' ? matchRefusal(text) : undefined
}

function matchRefusal(text: string): string | undefined {
  for (const pattern of text.split(',').map((item) => item.trim())) {
    if (pattern === '') continue
    const [key = '', expression, ...rest] = pattern.split('=')
    if (expression === undefined || rest.length > 0) return `Illegal client matching pattern: ${pattern}`
    if (!MATCH_KEYS.has(key.trim())) return `Illegal client matching pattern: ${pattern}`
    if (!isExpression(expression.trim())) return `Illegal client matching pattern: ${pattern}`
  }
  return undefined
}

function isExpression(text: string): boolean {
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}
