/** The options of kafka-topics, and which of them go together. */
import { IllegalArgumentException } from '../client/exceptions.ts'
import { UsageMistake } from '../command-line/mistakes.ts'
import { commonOptions, type OptionTable } from '../command-line/option-table.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import type { Terminal } from '../tool.ts'

const CONFIGS_ELSEWHERE = ' (To alter topic configurations, the kafka-configs tool can be used.)'

export const topicOptions: OptionTable = {
  ...commonOptions,
  alter: { description: `Gives a topic more partitions.${CONFIGS_ELSEWHERE}` },
  'at-min-isr-partitions': {
    description: 'With --describe: only partitions with no more in-sync replicas than min.insync.replicas.',
  },
  'bootstrap-server': {
    argument: 'server to connect to',
    description: 'REQUIRED: the brokers to ask, host:port.',
  },
  'command-config': {
    argument: 'command config property file',
    description: 'A file with client properties, such as security.protocol.',
  },
  config: {
    argument: 'name=value',
    description: 'With --create: a configuration of the topic; may be repeated.',
  },
  create: { description: 'Creates a topic.' },
  delete: { description: 'Deletes topics.' },
  'delete-config': { argument: 'name', description: 'Without effect since Kafka 4.0.' },
  describe: { description: 'Shows topics with their partitions, leaders, replicas and in-sync replicas.' },
  'exclude-internal': { description: "With --list or --describe: leaves out Kafka's own topics." },
  'if-exists': { description: 'With --alter, --delete or --describe: a missing topic is no failure.' },
  'if-not-exists': { description: 'With --create: a topic that exists already is no failure.' },
  list: { description: 'Lists all topics.' },
  'partition-size-limit-per-response': {
    argument: 'maximum number of partitions per response',
    type: 'int',
    description: 'How many partitions --describe asks for at once.',
  },
  partitions: {
    argument: '# of partitions',
    type: 'int',
    description: 'How many partitions the topic shall have. More of them send keys elsewhere than before.',
  },
  'replica-assignment': {
    argument: 'broker_id_for_part1_replica1 : broker_id_for_part1_replica2 , ...',
    description: 'Which brokers hold which partition, in place of counts.',
  },
  'replication-factor': {
    argument: 'replication factor',
    type: 'int',
    description: 'With --create: how many brokers hold each partition.',
  },
  topic: {
    argument: 'topic',
    description: 'The topic; other actions than --create take a regular expression.',
  },
  'topic-id': { argument: 'topic-id', description: 'With --describe: the id of the topic.' },
  'topics-with-overrides': { description: 'With --describe: only topics with configurations of their own.' },
  'unavailable-partitions': { description: 'With --describe: only partitions without a live leader.' },
  'under-min-isr-partitions': {
    description: 'With --describe: only partitions with fewer in-sync replicas than min.insync.replicas.',
  },
  'under-replicated-partitions': {
    description: 'With --describe: only partitions that lack in-sync replicas.',
  },
  zookeeper: {
    argument: 'urls',
    description: 'Left the tools with Kafka 3.0; --bootstrap-server takes its place.',
  },
}

export const topicActions = ['create', 'list', 'alter', 'describe', 'delete']
export const replicationReports = [
  'under-replicated-partitions',
  'under-min-isr-partitions',
  'at-min-isr-partitions',
  'unavailable-partitions',
]

export function checkTopicOptions(options: ParsedOptions, terminal: Terminal): void {
  if (options.has('zookeeper')) {
    throw new UsageMistake('zookeeper is not a recognized option: use --bootstrap-server host:port')
  }
  if (topicActions.filter((action) => options.has(action)).length !== 1) {
    throw new UsageMistake(
      'Command must include exactly one action: --list, --describe, --create, --alter or --delete',
    )
  }
  if (options.has('delete-config')) {
    terminal.errors.write(
      'delete-config option is no longer supported and deprecated since version 4.0. ' +
        'The config will be fully removed in future releases.\n',
    )
  }
  checkRequired(options, terminal)
  checkCombinations(options)
}

function checkRequired(options: ParsedOptions, terminal: Terminal): void {
  if (!options.has('bootstrap-server')) {
    throw new IllegalArgumentException('--bootstrap-server must be specified')
  }
  if (options.has('describe') && options.has('if-exists')) {
    if (!options.hasAny(['topic', 'topic-id'])) {
      throw new UsageMistake('--topic or --topic-id is required to describe a topic')
    }
    if (options.has('topic') && options.has('topic-id')) {
      terminal.output.write(
        'Only topic id will be used when both --topic and --topic-id are specified and topicId is not Uuid.ZERO_UUID\n',
      )
    }
  }
  if (!options.hasAny(['list', 'describe'])) options.require('topic')
  if (!options.has('alter')) return
  if (options.has('config')) {
    throw new UsageMistake(
      `Option combination "[[config], [bootstrap-server]]" can't be used with option "[alter]"${CONFIGS_ELSEWHERE}`,
    )
  }
  options.require('partitions')
}

function checkCombinations(options: ParsedOptions): void {
  const onlyWith = (name: string, allowed: readonly string[], forbidden: readonly string[] = []) =>
    options.forbid(name, [...topicActions.filter((action) => !allowed.includes(action)), ...forbidden])
  onlyWith('config', ['alter', 'create'])
  onlyWith('partitions', ['alter', 'create'])
  onlyWith('replication-factor', ['create'])
  onlyWith('replica-assignment', ['alter', 'create'])
  if (options.has('create')) options.forbid('replica-assignment', ['partitions', 'replication-factor'])
  for (const report of replicationReports) onlyWith(report, ['describe'], ['topics-with-overrides'])
  onlyWith('topics-with-overrides', ['describe'], replicationReports)
  onlyWith('if-exists', ['alter', 'delete', 'describe'])
  onlyWith('if-not-exists', ['create'])
  onlyWith('exclude-internal', ['list', 'describe'])
}
