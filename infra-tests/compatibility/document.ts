/** docs/compatibility.md, read from the code: APIs with versions, configurations, and what differs from Kafka. */
import { apiHandlers } from '../../broker/src/apis/index.ts'
import { reasonForAbsence } from '../../broker/src/cluster/configs/absent-configs.ts'
import { BROKER_DEFINITIONS } from '../../broker/src/cluster/configs/broker-definitions.ts'
import { CLIENT_METRICS_DEFINITIONS } from '../../broker/src/cluster/configs/client-metrics-definitions.ts'
import { type ConfigDefinition, ConfigType } from '../../broker/src/cluster/configs/definition.ts'
import { GROUP_CONFIGS } from '../../broker/src/cluster/configs/group-definitions.ts'
import { brokerSynonyms } from '../../broker/src/cluster/configs/synonyms.ts'
import { isTopicConfigName, TOPIC_CONFIGS } from '../../broker/src/cluster/configs/topic-definitions.ts'
import { differences } from './differences.ts'
import { kafkaFacts } from './kafka-facts.ts'
import { reasonForNotServing } from './not-served.ts'
import { refusalsOf } from './refusals.ts'

const TYPE_NAMES = new Map(
  Object.entries(ConfigType).map(([name, code]) => [code as number, name.toLowerCase()]),
)

export function compatibilityDocument(): string {
  return `${[
    '# Compatibility',
    '',
    `What brokers serve, next to Apache Kafka ${kafkaFacts.version}. \`npm run compatibility\` writes this page from the code; do not edit it.`,
    '',
    ...section('APIs', apis()),
    ...section('What differs from Kafka', differs()),
    ...section('Topic configurations', topicConfigs()),
    ...section('Group configurations', groupConfigs()),
    ...section('Client metrics subscriptions', clientMetricsConfigs()),
    ...section('Broker configurations', brokerConfigs()),
    ...section('Broker configurations of Kafka that do not exist here', absentBrokerConfigs()),
  ].join('\n')}\n`
}

function section(title: string, lines: readonly string[]): string[] {
  return [`## ${title}`, '', ...lines, '']
}

function apis(): string[] {
  const served = new Map(
    apiHandlers
      .filter(({ advertised }) => advertised)
      .map(({ api }) => [api.key, api.advertised ?? api.versions]),
  )
  const rows = kafkaFacts.apis.map(({ key, name, versions }) => {
    const ours = served.get(key)
    const here = ours === undefined ? `not served: ${reasonForNotServing(name)}` : range(ours)
    const isWhole = ours !== undefined && ours[0] <= versions[0] && ours[1] >= versions[1]
    return [String(key), name, range(versions), here, isWhole ? 'all' : ours === undefined ? 'none' : 'some']
  })
  return table(['key', 'API', 'Kafka', 'here', 'versions'], rows)
}

function differs(): string[] {
  return table(
    ['about', 'here', 'why'],
    differences.map(({ about, here, why }) => [about, here, why]),
  )
}

function topicConfigs(): string[] {
  const rows = kafkaFacts.topicConfigs.map((name) => {
    if (!isTopicConfigName(name)) return [code(name), '', '', '', 'unknown here: refused']
    const synonyms = brokerSynonyms(name).map((synonym) => code(synonym.name))
    return [...described(name, TOPIC_CONFIGS[name]), synonyms.join(', '), status(TOPIC_CONFIGS[name])]
  })
  return table(['name', 'type', 'default', 'default comes from', 'here'], rows)
}

function groupConfigs(): string[] {
  const rows = Object.entries<ConfigDefinition>(GROUP_CONFIGS).map(([name, definition]) => [
    ...described(name, definition),
    status(definition),
  ])
  return table(['name', 'type', 'default', 'here'], rows)
}

function clientMetricsConfigs(): string[] {
  const rows = [...CLIENT_METRICS_DEFINITIONS].map(([name, definition]) => described(name, definition))
  return table(['name', 'type', 'default'], rows)
}

function brokerConfigs(): string[] {
  const rows = [...BROKER_DEFINITIONS]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { definition, dynamic, hasDefault }]) => {
      const [, type = '', value = ''] = described(name, definition)
      const change = dynamic ? 'at run time' : 'at start'
      return [code(name), type, hasDefault ? value : '', change, status(definition), definition.documentation]
    })
  return table(['name', 'type', 'default', 'set', 'here', 'what it does'], rows)
}

function absentBrokerConfigs(): string[] {
  const absent = kafkaFacts.brokerConfigs.filter((name) => !BROKER_DEFINITIONS.has(name))
  const byReason = Map.groupBy(absent, (name) => {
    const reason = reasonForAbsence(name)
    if (reason === undefined) throw new Error(`absent-configs.ts has no reason for ${name}`)
    return reason
  })
  return [
    'In `server.properties` they are a warning in the log and have no effect; set at run time, they are refused with the reason.',
    '',
    ...table(
      ['why', 'configurations'],
      [...byReason].map(([reason, names]) => [reason, names.map(code).join(', ')]),
    ),
  ]
}

function described(name: string, { type, defaultValue }: ConfigDefinition): string[] {
  return [code(name), TYPE_NAMES.get(type) ?? '', defaultValue === '' ? '(empty)' : code(defaultValue)]
}

function status(definition: ConfigDefinition): string {
  const refusals = refusalsOf(definition)
  if (refusals.length === 0) return 'works'
  return refusals.map(({ value, reason }) => `refuses ${code(value)}: ${reason}`).join('; ')
}

function range([min, max]: readonly [number, number]): string {
  return min === max ? String(min) : `${min}–${max}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)]
}

function code(text: string): string {
  return `\`${text}\``
}
