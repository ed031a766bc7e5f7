/** The options of kafka-consumer-groups, and which of them go together. */
import { UsageMistake } from '../command-line/mistakes.ts'
import { commonOptions, type OptionTable, quoted } from '../command-line/option-table.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import type { Terminal } from '../tool.ts'

export const groupOptions: OptionTable = {
  ...commonOptions,
  'all-groups': { description: 'All consumer groups, in place of --group.' },
  'all-topics': { description: 'With --reset-offsets: all topics that the group has offsets of.' },
  'bootstrap-server': {
    argument: 'server to connect to',
    description: 'REQUIRED: the brokers to ask, host:port.',
  },
  'by-duration': {
    argument: 'duration',
    description: "Resets to the offsets of as long ago as this: 'PnDTnHnMnS'.",
  },
  'command-config': {
    argument: 'command config property file',
    description: 'A file with client properties, such as security.protocol.',
  },
  delete: { description: 'Deletes groups with all that they know.' },
  'delete-offsets': { description: 'Deletes the offsets of topics from a group.' },
  describe: { description: 'Shows groups: their offsets, or with --members and --state those.' },
  'dry-run': { description: 'With --reset-offsets: only shows what would be done.' },
  execute: { description: 'With --reset-offsets: does it.' },
  export: { description: 'With --reset-offsets: writes the new offsets as CSV.' },
  'from-file': {
    argument: 'path to CSV file',
    description: 'Resets to what a file says: topic,partition,offset or group,topic,partition,offset.',
  },
  group: { argument: 'consumer group', description: 'The group; may be repeated.' },
  list: { description: 'Lists all consumer groups.' },
  members: { availableWith: ['describe'], description: 'With --describe: the members of the group.' },
  offsets: {
    availableWith: ['describe'],
    description: 'With --describe: offsets and lag of each partition, which is what is shown anyway.',
  },
  'reset-offsets': {
    description:
      'Moves the offsets of a group without members. One of --all-topics, --topic and --from-file says where.',
  },
  'shift-by': {
    argument: 'number-of-offsets',
    type: 'long',
    description: 'Resets to as many records further on, or back if negative.',
  },
  state: {
    argument: 'states',
    argumentIsOptional: true,
    availableWith: ['describe', 'list'],
    description:
      'With --describe: the state of the group. With --list: states too, or groups in these states only.',
  },
  timeout: {
    argument: 'timeout (ms)',
    type: 'long',
    default: '5000',
    description: 'How long to try.',
  },
  'to-current': { description: 'Resets to the offsets that are committed.' },
  'to-datetime': {
    argument: 'datetime',
    description: "Resets to the offsets of this time: 'YYYY-MM-DDThh:mm:ss.sss'.",
  },
  'to-earliest': { description: 'Resets to the first record.' },
  'to-latest': { description: 'Resets to behind the last record.' },
  'to-offset': { argument: 'offset', type: 'long', description: 'Resets to this offset.' },
  topic: {
    argument: 'topic',
    description: 'The topic, or some of its partitions: topic:0,1,2. May be repeated.',
  },
  type: {
    argument: 'types',
    argumentIsOptional: true,
    availableWith: ['list'],
    description: 'With --list: types too, or groups of these types only.',
  },
  'validate-regex': {
    argument: 'regex',
    description: 'Says whether this is a regular expression for subscriptions, which is RE2.',
  },
  verbose: { availableWith: ['describe'], description: 'With --describe: shows more.' },
}

export const resetScenarios = [
  'to-offset',
  'shift-by',
  'to-datetime',
  'by-duration',
  'to-earliest',
  'to-latest',
  'to-current',
  'from-file',
]

const ACTIONS = ['list', 'describe', 'delete', 'reset-offsets', 'delete-offsets', 'validate-regex']

export function checkGroupOptions(options: ParsedOptions, terminal: Terminal): void {
  if (!options.has('validate-regex')) options.require('bootstrap-server')
  if (options.has('describe')) checkDescribe(options)
  if (options.has('delete')) {
    requireGroups(options, 'delete')
    if (options.has('topic')) {
      throw new UsageMistake(
        'The consumer does not support topic-specific offset deletion from a consumer group.',
      )
    }
  }
  if (options.has('delete-offsets') && !(options.has('group') && options.has('topic'))) {
    throw new UsageMistake('Option [delete-offsets] takes the following options: [group], [topic]')
  }
  if (options.has('reset-offsets')) checkReset(options, terminal)
  options.forbid('group', ['all-groups', 'list'])
  options.forbid('topic', ['list', 'describe'])
  if (ACTIONS.filter((action) => options.has(action)).length !== 1) {
    const actions = ACTIONS.map((action) => `--${action}`).join(', ')
    throw new UsageMistake(`Command must include exactly one action: ${actions}`)
  }
}

function checkDescribe(options: ParsedOptions): void {
  requireGroups(options, 'describe')
  const views = ['members', 'offsets', 'state']
  if (views.filter((view) => options.has(view)).length > 1) {
    const list = views.map(quoted).join(', ')
    throw new UsageMistake(`Option [describe] takes at most one of these options: ${list}`)
  }
  if (options.value('state') !== undefined) {
    throw new UsageMistake('Option [describe] does not take a value for [state]')
  }
}

function checkReset(options: ParsedOptions, terminal: Terminal): void {
  if (options.has('dry-run') && options.has('execute')) {
    throw new UsageMistake('Option [reset-offsets] only accepts one of [execute] and [dry-run]')
  }
  if (!options.hasAny(['dry-run', 'execute'])) {
    terminal.errors.write(
      'WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will ' +
        'require either --dry-run or --execute to be specified. You should add the --dry-run option explicitly if ' +
        'you are scripting this command and want to keep the current default behavior without prompting.\n',
    )
  }
  requireGroups(options, 'reset-offsets')
  for (const scenario of resetScenarios) {
    options.forbid(
      scenario,
      resetScenarios.filter((other) => other !== scenario),
    )
  }
}

function requireGroups(options: ParsedOptions, action: string): void {
  if (options.hasAny(['group', 'all-groups'])) return
  throw new UsageMistake(`Option ${quoted(action)} takes one of these options: [all-groups], [group]`)
}
