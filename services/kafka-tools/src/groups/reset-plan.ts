/** The offsets that `--reset-offsets` gives partitions, one function for each way to say so. */
import type { Cluster } from '../client/cluster.ts'
import { ApiException, IllegalArgumentException } from '../client/exceptions.ts'
import { committedOffsets, type Partition } from '../client/groups.ts'
import { EARLIEST, LATEST, leadersOf, listOffsets } from '../client/offsets.ts'
import { describeTopics, partitionKey } from '../client/topics.ts'
import { UsageMistake } from '../command-line/mistakes.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import { log } from '../command-line/text.ts'
import type { Terminal } from '../tool.ts'
import { resetScenarios } from './group-options.ts'
import { millisecondsOf, parseDateTime } from './java-time.ts'

export interface NewOffset extends Partition {
  readonly offset: bigint
}

export async function newOffsets(
  cluster: Cluster,
  groupId: string,
  partitions: readonly Partition[],
  options: ParsedOptions,
  terminal: Terminal,
): Promise<readonly NewOffset[]> {
  await ensureUsable(cluster, partitions)
  if (options.has('to-offset')) {
    const offset = options.bigint('to-offset') ?? 0n
    return withinRange(
      cluster,
      partitions.map((each) => at(each, offset)),
      terminal,
    )
  }
  if (options.has('to-earliest'))
    return fromOffsets(partitions, await listOffsets(cluster, partitions, EARLIEST))
  if (options.has('to-latest')) return fromOffsets(partitions, await listOffsets(cluster, partitions, LATEST))
  if (options.has('to-datetime')) {
    return atTime(cluster, partitions, parseDateTime(options.value('to-datetime') ?? ''), terminal)
  }
  if (options.has('by-duration')) {
    const agoMs = millisecondsOf(options.value('by-duration') ?? '')
    return atTime(cluster, partitions, BigInt(Date.now() - agoMs), terminal)
  }
  if (options.has('shift-by'))
    return shifted(cluster, groupId, partitions, options.bigint('shift-by') ?? 0n, terminal)
  if (options.has('to-current')) return current(cluster, groupId, partitions)
  const scenarios = resetScenarios.map((each) => `[${each}]`).join(', ')
  throw new UsageMistake(`Option '[reset-offsets]' requires one of the following scenarios: [${scenarios}]`)
}

/** Offsets before the first or behind the last record become those. */
export async function withinRange(
  cluster: Cluster,
  wanted: readonly NewOffset[],
  terminal: Terminal,
): Promise<readonly NewOffset[]> {
  const starts = await listOffsets(cluster, wanted, EARLIEST)
  const ends = await listOffsets(cluster, wanted, LATEST)
  return wanted.map((each) => {
    const key = partitionKey(each.topic, each.partition)
    const start = starts.get(key) ?? each.offset
    const end = ends.get(key) ?? each.offset
    if (each.offset > end) return corrected(each, 'higher than latest', end, terminal)
    return each.offset < start ? corrected(each, 'lower than earliest', start, terminal) : each
  })
}

function corrected(wanted: NewOffset, why: string, offset: bigint, terminal: Terminal): NewOffset {
  const key = partitionKey(wanted.topic, wanted.partition)
  const message = `New offset (${wanted.offset}) is ${why} offset for topic partition ${key}. Value will be set to ${offset}.`
  log(terminal.errors, 'WARN', message, 'org.apache.kafka.tools.OffsetsUtils')
  return at(wanted, offset)
}

export async function ensureUsable(cluster: Cluster, partitions: readonly Partition[]): Promise<void> {
  const topics = await describeTopics(cluster, [...new Set(partitions.map(({ topic }) => topic))])
  const existing = new Set(
    topics.flatMap(({ name, partitions: all }) => all.map((each) => partitionKey(name, each.partition))),
  )
  const keys = partitions.map(({ topic, partition }) => partitionKey(topic, partition))
  const missing = keys.filter((key) => !existing.has(key))
  if (missing.length > 0) {
    throw new ApiException(UNKNOWN_TOPIC_OR_PARTITION, `The partitions "${missing.join(',')}" do not exist`)
  }
  const leaders = await leadersOf(cluster, partitions)
  const leaderless = keys.filter((key) => !leaders.has(key))
  if (leaderless.length > 0) {
    throw new ApiException(LEADER_NOT_AVAILABLE, `The partitions "${leaderless.join(',')}" have no leader`)
  }
}

const UNKNOWN_TOPIC_OR_PARTITION = 3
const LEADER_NOT_AVAILABLE = 5

function at({ topic, partition }: Partition, offset: bigint): NewOffset {
  return { topic, partition, offset }
}

function fromOffsets(
  partitions: readonly Partition[],
  offsets: ReadonlyMap<string, bigint>,
): readonly NewOffset[] {
  return partitions.map((each) => {
    const offset = offsets.get(partitionKey(each.topic, each.partition))
    if (offset === undefined) throw new ApiException(UNKNOWN_TOPIC_OR_PARTITION)
    return at(each, offset)
  })
}

/** The first record of that time or later; behind the last one where there is none. */
async function atTime(
  cluster: Cluster,
  partitions: readonly Partition[],
  timestamp: bigint,
  terminal: Terminal,
): Promise<readonly NewOffset[]> {
  const found = fromOffsets(partitions, await listOffsets(cluster, partitions, timestamp))
  const without = found.filter(({ offset }) => offset < 0n)
  for (const { topic, partition } of without) {
    terminal.output.write(
      `\nWarn: Partition ${partition} from topic ${topic} is empty. Falling back to latest known offset.\n`,
    )
  }
  const ends = await listOffsets(cluster, without, LATEST)
  return [...found.filter(({ offset }) => offset >= 0n), ...fromOffsets(without, ends)]
}

async function shifted(
  cluster: Cluster,
  groupId: string,
  partitions: readonly Partition[],
  by: bigint,
  terminal: Terminal,
): Promise<readonly NewOffset[]> {
  const committed = await committedOffsets(cluster, groupId)
  const wanted = partitions.map((each) => {
    const key = partitionKey(each.topic, each.partition)
    const offset = committed.get(key)?.offset
    if (offset === undefined) {
      throw new IllegalArgumentException(
        `Cannot shift offset for partition ${key} since there is no current committed offset`,
      )
    }
    return at(each, offset + by)
  })
  return withinRange(cluster, wanted, terminal)
}

async function current(
  cluster: Cluster,
  groupId: string,
  partitions: readonly Partition[],
): Promise<readonly NewOffset[]> {
  const committed = await committedOffsets(cluster, groupId)
  const known = partitions.flatMap((each) => committed.get(partitionKey(each.topic, each.partition)) ?? [])
  const unknown = partitions.filter(({ topic, partition }) => !committed.has(partitionKey(topic, partition)))
  const ends = fromOffsets(unknown, await listOffsets(cluster, unknown, LATEST))
  return [...known.map((each) => at(each, each.offset)), ...ends]
}
