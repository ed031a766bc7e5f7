/**
 * Properties from environment variables, as the images of Apache Kafka have it: `KAFKA_ADVERTISED_LISTENERS` is
 * `advertised.listeners`; `___` stands for a dash, `__` for an underscore, `_` for a dot.
 */
const PREFIX = 'KAFKA_'

/** Variables of Kafka's scripts, which are no properties of a broker. */
const OF_SCRIPTS: ReadonlySet<string> = new Set([
  'KAFKA_OPTS',
  'KAFKA_HEAP_OPTS',
  'KAFKA_JVM_PERFORMANCE_OPTS',
  'KAFKA_GC_LOG_OPTS',
  'KAFKA_LOG4J_OPTS',
  'KAFKA_LOG4J_LOGGERS',
  'KAFKA_JMX_OPTS',
  'KAFKA_JMX_PORT',
  'KAFKA_HOME',
  'KAFKA_VERSION',
])

export function environmentProperties(
  environment: Readonly<Record<string, string | undefined>>,
): Map<string, string> {
  const properties = new Map<string, string>()
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || !name.startsWith(PREFIX) || OF_SCRIPTS.has(name)) continue
    properties.set(propertyName(name.slice(PREFIX.length)), value)
  }
  return properties
}

const SEPARATORS: Readonly<Record<string, string>> = { ___: '-', __: '_', _: '.' }

function propertyName(variable: string): string {
  return variable.toLowerCase().replace(/___|__|_/g, (separator) => SEPARATORS[separator]!)
}
