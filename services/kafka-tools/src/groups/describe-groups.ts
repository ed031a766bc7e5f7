/** `kafka-consumer-groups --describe`, in Kafka's columns. */
import type { Cluster } from '../client/cluster.ts'
import { KafkaException } from '../client/exceptions.ts'
import {
  type CommittedOffset,
  type ConsumerGroup,
  committedOffsets,
  describeGroup,
  type GroupMember,
  type Partition,
} from '../client/groups.ts'
import { LATEST, leadersOf, listOffsets } from '../client/offsets.ts'
import { partitionKey } from '../client/topics.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import { columns } from '../command-line/text.ts'
import type { Terminal } from '../tool.ts'
import { meantGroups } from './meant-groups.ts'
import { printError } from './print-error.ts'

const MISSING = '-'
const WIDTH = 15

export async function describeGroups(
  cluster: Cluster,
  options: ParsedOptions,
  terminal: Terminal,
): Promise<void> {
  const ids = [...(await meantGroups(cluster, options))].sort()
  const groups: ConsumerGroup[] = []
  for (const id of ids) groups.push(await describeGroup(cluster, id))
  const verbose = options.has('verbose')
  for (const group of groups) {
    if (options.has('members')) printMembers(group, verbose, terminal)
    else if (options.has('state')) printState(group, verbose, terminal)
    else await printOffsets(cluster, group, verbose, terminal)
  }
}

/** Says what is worth knowing about a group's state, and whether there is a table to print. */
function introduces(group: ConsumerGroup, rows: number, terminal: Terminal): boolean {
  const { groupId, state } = group
  switch (state) {
    case 'Dead':
      printError(terminal, `Consumer group '${groupId}' does not exist.`)
      return false
    case 'Empty':
      terminal.errors.write(`\nConsumer group '${groupId}' has no active members.\n`)
      break
    case 'PreparingRebalance':
    case 'CompletingRebalance':
    case 'Assigning':
    case 'Reconciling':
      terminal.errors.write(`\nWarning: Consumer group '${groupId}' is rebalancing.\n`)
      break
    case 'Stable':
      break
    default:
      throw new KafkaException(`Expected a valid consumer group state, but found '${state}'.`)
  }
  return rows > 0
}

interface OffsetRow extends Partition {
  readonly committed: CommittedOffset | undefined
  readonly end: bigint | undefined
  readonly member: GroupMember | undefined
}

async function printOffsets(
  cluster: Cluster,
  group: ConsumerGroup,
  verbose: boolean,
  terminal: Terminal,
): Promise<void> {
  const rows = await offsetRows(cluster, group)
  if (!introduces(group, rows.length, terminal)) return
  const titles = [
    ...['GROUP', 'TOPIC', 'PARTITION'],
    ...(verbose ? ['LEADER-EPOCH'] : []),
    ...['CURRENT-OFFSET', 'LOG-END-OFFSET', 'LAG', 'CONSUMER-ID', 'HOST', 'CLIENT-ID'],
  ]
  const cells = rows.map(({ topic, partition, committed, end, member }) => [
    ...[group.groupId, topic, partition],
    ...(verbose ? [committed?.leaderEpoch ?? MISSING] : []),
    committed?.offset ?? MISSING,
    end ?? MISSING,
    committed === undefined || end === undefined ? MISSING : end - committed.offset,
    ...[member?.memberId ?? MISSING, member?.host ?? MISSING, member?.clientId ?? MISSING],
  ])
  const longest = (...lengths: number[]) => Math.max(WIDTH, ...lengths)
  const widths = [
    longest(group.groupId.length),
    longest(...rows.map(({ topic }) => topic.length)),
    10,
    ...(verbose ? [WIDTH] : []),
    ...[WIDTH, WIDTH, WIDTH],
    longest(...rows.map(({ member }) => member?.memberId.length ?? 0)),
    longest(...rows.map(({ member }) => member?.host.length ?? 0)),
  ]
  for (const row of [titles, ...cells]) terminal.output.write(`\n${columns(row, widths)}`)
  terminal.output.write('\n')
}

/** Member by member, the one with the most partitions first, and then what nobody has. */
async function offsetRows(cluster: Cluster, group: ConsumerGroup): Promise<OffsetRow[]> {
  const committed = await committedOffsets(cluster, group.groupId)
  const members = group.members
    .filter(({ assignment }) => assignment.length > 0)
    .sort((a, b) => b.assignment.length - a.assignment.length)
  const assigned = members.flatMap(({ assignment }) => assignment)
  const assignedKeys = new Set(assigned.map(({ topic, partition }) => partitionKey(topic, partition)))
  const unassigned = [...committed.values()].filter(
    ({ topic, partition }) => !assignedKeys.has(partitionKey(topic, partition)),
  )
  const ends = await endOffsets(cluster, [...assigned, ...unassigned])
  const rowsOf = (partitions: readonly Partition[], member: GroupMember | undefined) =>
    [...partitions].sort(byTopicAndPartition).map(({ topic, partition }) => {
      const key = partitionKey(topic, partition)
      return { topic, partition, committed: committed.get(key), end: ends.get(key), member }
    })
  return [...members.flatMap((member) => rowsOf(member.assignment, member)), ...rowsOf(unassigned, undefined)]
}

/** Of partitions that have a leader. */
async function endOffsets(cluster: Cluster, partitions: readonly Partition[]): Promise<Map<string, bigint>> {
  const leaders = await leadersOf(cluster, partitions)
  const led = partitions.filter(({ topic, partition }) => leaders.has(partitionKey(topic, partition)))
  return listOffsets(cluster, led, LATEST)
}

export function byTopicAndPartition(a: Partition, b: Partition): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1
  return a.partition - b.partition
}

const INSTANCE_WIDTH = 17
const ASSIGNMENT_WIDTH = 20

function printMembers(group: ConsumerGroup, verbose: boolean, terminal: Terminal): void {
  const { groupId, members } = group
  introduces(group, members.length, terminal)
  const hasInstances = members.some(({ instanceId }) => instanceId !== '')
  const longest = (least: number, text: (member: GroupMember) => string) =>
    Math.max(least, ...members.map((member) => text(member).length))
  const parts: (readonly [title: string, width: number, cell: (member: GroupMember) => string])[] = [
    ['GROUP', Math.max(WIDTH, members.length === 0 ? 0 : groupId.length), () => groupId],
    ['CONSUMER-ID', longest(WIDTH, ({ memberId }) => memberId), ({ memberId }) => memberId],
  ]
  if (hasInstances) {
    const instance = ({ instanceId }: GroupMember) => instanceId
    parts.push(['GROUP-INSTANCE-ID', longest(INSTANCE_WIDTH, instance), instance])
  }
  parts.push(
    ['HOST', longest(WIDTH, ({ host }) => host), ({ host }) => host],
    ['CLIENT-ID', longest(WIDTH, ({ clientId }) => clientId), ({ clientId }) => clientId],
    ['#PARTITIONS', WIDTH, ({ assignment }) => String(assignment.length)],
  )
  if (verbose) {
    const current = ({ assignment }: GroupMember) => assignmentText(assignment)
    const target = ({ targetAssignment }: GroupMember) => assignmentText(targetAssignment)
    parts.push(
      ['CURRENT-EPOCH', WIDTH, ({ epoch }) => String(epoch ?? MISSING)],
      ['CURRENT-ASSIGNMENT', longest(ASSIGNMENT_WIDTH, current), current],
      ['TARGET-EPOCH', WIDTH, () => String(group.targetAssignmentEpoch ?? MISSING)],
      ['TARGET-ASSIGNMENT', longest(ASSIGNMENT_WIDTH, target), target],
    )
  }
  const widths = parts.map(([, width]) => width)
  // Kafka leaves a blank behind the last column of the short form.
  const end = verbose ? '\n' : ' \n'
  terminal.output.write(
    `\n${columns(
      parts.map(([title]) => title),
      widths,
    )}${end}`,
  )
  for (const member of members)
    terminal.output.write(
      `${columns(
        parts.map(([, , cell]) => cell(member)),
        widths,
      )}${end}`,
    )
}

/** `orders:0,1;payments:2`. */
function assignmentText(partitions: readonly Partition[]): string {
  if (partitions.length === 0) return MISSING
  return [...Map.groupBy(partitions, ({ topic }) => topic)]
    .map(
      ([topic, own]) =>
        `${topic}:${own
          .map(({ partition }) => partition)
          .sort((a, b) => a - b)
          .join(',')}`,
    )
    .sort()
    .join(';')
}

const COORDINATOR_WIDTH = 25
const STATE_WIDTH = 20

function printState(group: ConsumerGroup, verbose: boolean, terminal: Terminal): void {
  if (!introduces(group, 1, terminal)) return
  const { groupId, state, assignor, members, epoch, targetAssignmentEpoch } = group
  const { host, port, nodeId } = group.coordinator
  const coordinator = `${host}:${port}  (${nodeId})`
  const titles = ['GROUP', 'COORDINATOR (ID)', 'ASSIGNMENT-STRATEGY', 'STATE']
  const cells = [groupId, coordinator, assignor === '' ? MISSING : assignor, state]
  const widths = [
    Math.max(WIDTH, groupId.length),
    Math.max(COORDINATOR_WIDTH, coordinator.length),
    ...[STATE_WIDTH, STATE_WIDTH],
  ]
  if (verbose) {
    titles.push('GROUP-EPOCH', 'TARGET-ASSIGNMENT-EPOCH')
    cells.push(String(epoch ?? MISSING), String(targetAssignmentEpoch ?? MISSING))
    widths.push(WIDTH, COORDINATOR_WIDTH)
  }
  terminal.output.write(`\n${columns([...titles, '#MEMBERS'], widths)}`)
  terminal.output.write(`\n${columns([...cells, members.length], widths)}\n`)
}
