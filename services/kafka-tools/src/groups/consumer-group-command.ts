/** kafka-consumer-groups: lists, describes and deletes groups, and moves their offsets. */
import { deleteGroupsV2 } from '@platformatic/kafka'
import { RE2JS, RE2JSSyntaxException } from 're2js'
import { asJavaException, ask, type Cluster } from '../client/cluster.ts'
import { check, IllegalArgumentException, JavaException } from '../client/exceptions.ts'
import { type ListedGroup, listGroups } from '../client/groups.ts'
import { withAdminCluster } from '../client/with-cluster.ts'
import { UsageMistake } from '../command-line/mistakes.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import { columns } from '../command-line/text.ts'
import type { Terminal, Tool } from '../tool.ts'
import { deleteOffsets } from './delete-offsets.ts'
import { describeGroups } from './describe-groups.ts'
import { checkGroupOptions, groupOptions } from './group-options.ts'
import { meantGroups } from './meant-groups.ts'
import { printError } from './print-error.ts'
import { resetOffsets } from './reset-offsets.ts'

export const consumerGroupCommand: Tool = {
  name: 'kafka-consumer-groups',
  purpose:
    'This tool helps to list all consumer groups, describe a consumer group, delete consumer group info, or reset ' +
    'consumer group offsets.',
  options: groupOptions,
  listsOptionsOnMistakes: true,
  async run(options, terminal) {
    checkGroupOptions(options, terminal)
    const regex = options.value('validate-regex')
    if (regex !== undefined) return validateRegex(regex, terminal)
    try {
      await withAdminCluster(options, terminal, (cluster) => act(cluster, options, terminal))
      return 0
    } catch (failure) {
      const error = asJavaException(failure)
      if (error instanceof IllegalArgumentException) throw new UsageMistake(error.message)
      if (!(error instanceof JavaException)) throw error
      // Kafka's tool ends with 0 here, and so scripts expect.
      const isReset = options.has('reset-offsets')
      printError(
        terminal,
        `Executing consumer group command failed due to ${isReset ? error.message : error}`,
      )
      terminal.errors.write(`${isReset ? '' : 'java.util.concurrent.ExecutionException: '}${error}\n`)
      return 0
    }
  },
}

/** Of the dialect that brokers have for subscriptions. */
function validateRegex(regex: string, terminal: Terminal): number {
  try {
    RE2JS.compile(regex)
    terminal.output.write(`The regular expression \`${regex}\` is valid.\n`)
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error
    terminal.output.write(`The regular expression \`${regex}\` is invalid: ${error.getDescription()}.\n`)
  }
  return 0
}

async function act(cluster: Cluster, options: ParsedOptions, terminal: Terminal): Promise<void> {
  if (options.has('list')) await list(cluster, options, terminal)
  else if (options.has('describe')) await describeGroups(cluster, options, terminal)
  else if (options.has('delete')) await deleteGroups(cluster, options, terminal)
  else if (options.has('reset-offsets')) await resetOffsets(cluster, options, terminal)
  else await deleteOffsets(cluster, options, terminal)
}

const GROUP_WIDTH = 15
const GROUP_MARGIN = 10
const COLUMN_WIDTH = 20

async function list(cluster: Cluster, options: ParsedOptions, terminal: Terminal): Promise<void> {
  const groups = await listGroups(cluster)
  if (!options.hasAny(['state', 'type'])) {
    for (const { groupId } of groups) terminal.output.write(`${groupId}\n`)
    return
  }
  const states = chosen(options.value('state'), STATES, 'state')
  const types = chosen(options.value('type'), TYPES, 'types')
  const shown = groups.filter(
    ({ state, groupType }) =>
      (states.length === 0 || states.includes(state)) &&
      (types.length === 0 || types.includes(titleCase(groupType))),
  )
  const lengths = shown.map(({ groupId }) => groupId.length)
  const widths = [Math.max(GROUP_WIDTH, ...lengths) + GROUP_MARGIN, COLUMN_WIDTH, COLUMN_WIDTH]
  const parts: (readonly [title: string, cell: (group: ListedGroup) => string])[] = [
    ['GROUP', (group) => group.groupId],
  ]
  if (options.has('type')) parts.push(['TYPE', ({ groupType }) => titleCase(groupType)])
  if (options.has('state')) parts.push(['STATE', ({ state }) => state])
  terminal.output.write(
    `${columns(
      parts.map(([title]) => title),
      widths,
    )}\n`,
  )
  for (const group of shown)
    terminal.output.write(
      `${columns(
        parts.map(([, cell]) => cell(group)),
        widths,
      )}\n`,
    )
}

const STATES = [
  'PreparingRebalance',
  'CompletingRebalance',
  'Stable',
  'Dead',
  'Empty',
  'Assigning',
  'Reconciling',
]
const TYPES = ['Classic', 'Consumer']

/** Spelled in any case. */
function chosen(given: string | undefined, known: readonly string[], what: string): string[] {
  if (given === undefined || given === '') return []
  return given.split(',').map((each) => {
    const wanted = each.trim().toLowerCase()
    const found = known.find((one) => one.toLowerCase() === wanted)
    if (found !== undefined) return found
    throw new IllegalArgumentException(
      `Invalid ${what} list '${given}'. Valid ${what === 'state' ? 'states' : what} are: ${known.join(', ')}`,
    )
  })
}

function titleCase(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase()
}

async function deleteGroups(cluster: Cluster, options: ParsedOptions, terminal: Terminal): Promise<void> {
  const groups = await meantGroups(cluster, options)
  const failures = new Map<string, unknown>()
  for (const groupId of groups) {
    try {
      await deleteGroup(cluster, groupId)
    } catch (error) {
      if (!(error instanceof JavaException)) throw error
      failures.set(groupId, error)
    }
  }
  const deleted = groups
    .filter((groupId) => !failures.has(groupId))
    .map((groupId) => `'${groupId}'`)
    .join(', ')
  if (failures.size === 0) {
    terminal.output.write(`Deletion of requested consumer groups (${deleted}) was successful.\n`)
    return
  }
  printError(terminal, 'Deletion of some consumer groups failed:')
  for (const [groupId, error] of failures) {
    terminal.output.write(`* Group '${groupId}' could not be deleted due to: ${error}\n`)
  }
  if (deleted !== '') terminal.output.write(`\nThese consumer groups were deleted successfully: ${deleted}\n`)
}

function deleteGroup(cluster: Cluster, groupId: string): Promise<void> {
  return cluster.withCoordinator(groupId, 'deleteConsumerGroups', async (connection) => {
    const { results } = await ask(deleteGroupsV2.api, connection, [groupId])
    for (const { errorCode } of results) check(errorCode)
  })
}
