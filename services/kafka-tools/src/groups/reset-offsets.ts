/** `kafka-consumer-groups --reset-offsets`: which groups, and what is printed; reset-plan.ts has the offsets. */
import type { Cluster } from '../client/cluster.ts'
import { ApiException, JavaException } from '../client/exceptions.ts'
import { commitOffsets, committedOffsets, describeGroup, type Partition } from '../client/groups.ts'
import { partitionKey } from '../client/topics.ts'
import { UsageMistake } from '../command-line/mistakes.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import { columns } from '../command-line/text.ts'
import type { Terminal } from '../tool.ts'
import { byTopicAndPartition } from './describe-groups.ts'
import { meantGroups } from './meant-groups.ts'
import { readOffsetsFile } from './offsets-file.ts'
import { meantPartitions } from './partitions.ts'
import { printError } from './print-error.ts'
import { ensureUsable, type NewOffset, newOffsets, withinRange } from './reset-plan.ts'

export async function resetOffsets(
  cluster: Cluster,
  options: ParsedOptions,
  terminal: Terminal,
): Promise<void> {
  const plans: { groupId: string; offsets: readonly NewOffset[] }[] = []
  for (const groupId of await meantGroups(cluster, options)) {
    const state = await stateOf(cluster, groupId)
    if (state === 'Empty' || state === 'Dead') {
      plans.push({ groupId, offsets: await reset(cluster, groupId, options, terminal) })
      continue
    }
    const problem = `Assignments can only be reset if the group '${groupId}' is inactive, but the current state is ${state}.`
    printError(terminal, problem)
    plans.push({ groupId, offsets: [] })
  }
  if (options.has('export')) {
    const isOneGroup = options.values('group').length === 1
    const lines = plans.flatMap(({ groupId, offsets }) =>
      offsets.map(({ topic, partition, offset }) =>
        [...(isOneGroup ? [] : [groupId]), topic, partition, offset].map(csvCell).join(','),
      ),
    )
    terminal.output.write(`${lines.map((line) => `${line}\n`).join('')}\n`)
    return
  }
  printPlans(plans, terminal)
}

/** A group that nobody has heard of can be given offsets too. */
async function stateOf(cluster: Cluster, groupId: string): Promise<string> {
  try {
    return (await describeGroup(cluster, groupId)).state
  } catch (error) {
    if (error instanceof ApiException && error.error === 'GROUP_ID_NOT_FOUND') return 'Dead'
    throw error
  }
}

async function reset(
  cluster: Cluster,
  groupId: string,
  options: ParsedOptions,
  terminal: Terminal,
): Promise<readonly NewOffset[]> {
  const file = options.value('from-file')
  const offsets =
    file === undefined
      ? await newOffsets(cluster, groupId, await scope(cluster, groupId, options), options, terminal)
      : await offsetsFromFile(cluster, groupId, file, options, terminal)
  if (options.has('execute')) await commitOffsets(cluster, groupId, offsets)
  return [...offsets].sort(byTopicAndPartition)
}

async function scope(
  cluster: Cluster,
  groupId: string,
  options: ParsedOptions,
): Promise<readonly Partition[]> {
  if (options.has('all-topics')) return [...(await committedOffsets(cluster, groupId)).values()]
  if (!options.has('topic')) {
    throw new UsageMistake('One of the reset scopes should be defined: --all-topics, --topic.')
  }
  const { partitions, unknownTopics } = await meantPartitions(cluster, options.values('topic'))
  const [unknown] = unknownTopics
  if (unknown !== undefined) throw unknown.failure
  return partitions
}

async function offsetsFromFile(
  cluster: Cluster,
  groupId: string,
  file: string,
  options: ParsedOptions,
  terminal: Terminal,
): Promise<readonly NewOffset[]> {
  const own = readOffsetsFile(file, options.values('group')).get(groupId)
  if (own === undefined) {
    printError(terminal, `No reset plan for group ${groupId} found`)
    return []
  }
  await ensureTopicsExist(cluster, own)
  await ensureUsable(cluster, own)
  return withinRange(cluster, own, terminal)
}

/** A name that was mistyped would be waited for. */
async function ensureTopicsExist(cluster: Cluster, wanted: readonly NewOffset[]): Promise<void> {
  const { topics } = await cluster.metadata([...new Set(wanted.map(({ topic }) => topic))], 'listOffsets')
  for (const { name, errorCode } of topics) {
    const first = wanted.find(({ topic }) => topic === name)
    const why = WHY_NOT[errorCode]?.(name ?? '')
    if (first === undefined || why === undefined) continue
    const key = partitionKey(first.topic, first.partition)
    const failure = new ApiException(errorCode, `Failed to fetch metadata for partition ${key} ${why}`)
    throw new JavaException(
      'java.lang.RuntimeException',
      `java.util.concurrent.ExecutionException: ${failure}`,
    )
  }
}

/** By the codes UNKNOWN_TOPIC_OR_PARTITION and INVALID_TOPIC_EXCEPTION. */
const WHY_NOT: Readonly<Record<number, (topic: string) => string>> = {
  3: (topic) => `because metadata for topic \`${topic}\` could not be found`,
  17: (topic) => `due to invalid topic \`${topic}\``,
}

function csvCell(cell: string | number | bigint): string {
  const text = String(cell)
  return /[",\s]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const WIDTH = 15

function printPlans(
  plans: readonly { readonly groupId: string; readonly offsets: readonly NewOffset[] }[],
  terminal: Terminal,
): void {
  const topics = plans.flatMap(({ offsets }) => offsets.map(({ topic }) => topic.length))
  const widths = [
    Math.max(WIDTH, ...plans.map(({ groupId }) => groupId.length)),
    Math.max(WIDTH, ...topics),
    10,
  ]
  const line = (cells: (string | number | bigint)[]) => terminal.output.write(`\n${columns(cells, widths)}`)
  if (plans.length > 0) line(['GROUP', 'TOPIC', 'PARTITION', 'NEW-OFFSET'])
  for (const { groupId, offsets } of plans) {
    for (const { topic, partition, offset } of offsets) line([groupId, topic, partition, offset])
  }
  terminal.output.write('\n')
}
