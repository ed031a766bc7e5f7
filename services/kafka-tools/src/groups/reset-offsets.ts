/** `kafka-consumer-groups --reset-offsets`: which groups, and what is printed; reset-plan.ts has the offsets. */
import { readFileSync } from 'node:fs'
import type { Cluster } from '../client/cluster.ts'
import { ApiException, IllegalArgumentException } from '../client/exceptions.ts'
import { commitOffsets, committedOffsets, describeGroup, type Partition } from '../client/groups.ts'
import { UsageMistake } from '../command-line/mistakes.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import { columns } from '../command-line/text.ts'
import type { Terminal } from '../tool.ts'
import { byTopicAndPartition } from './describe-groups.ts'
import { meantGroups } from './meant-groups.ts'
import { meantPartitions } from './partitions.ts'
import { printError } from './print-error.ts'
import { type NewOffset, newOffsets, withinRange } from './reset-plan.ts'

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
  const lines = readFileSync(file, 'utf8')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
  const records = lines.map((line) => line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1')))
  const isOneGroup = options.values('group').length === 1 && records.every((cells) => cells.length === 3)
  const own = records
    .filter((cells) => isOneGroup || cells[0] === groupId)
    .map((cells) => parseRecord(isOneGroup ? cells : cells.slice(1), file))
  if (own.length === 0) {
    printError(terminal, `No reset plan for group ${groupId} found.`)
    return []
  }
  return withinRange(cluster, own, terminal)
}

function parseRecord(cells: readonly string[], file: string): NewOffset {
  const [topic, partition = '', offset = '', ...more] = cells
  if (topic === undefined || !/^\d+$/.test(partition) || !/^\d+$/.test(offset) || more.length > 0) {
    throw new IllegalArgumentException(`${file} has a line that is not [group,]topic,partition,offset`)
  }
  return { topic, partition: Number(partition), offset: BigInt(offset) }
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
