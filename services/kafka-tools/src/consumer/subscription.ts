/** What the console consumer reads: one partition, all partitions of its topics, or its share of them in a group. */
import { setTimeout as sleep } from 'node:timers/promises'
import { integer } from '../client/client-config.ts'
import { asJavaException, type Cluster } from '../client/cluster.ts'
import { ApiException, JavaException } from '../client/exceptions.ts'
import { committedOffsets, type Partition } from '../client/groups.ts'
import { listOffsets } from '../client/offsets.ts'
import { listTopics, matching, partitionKey } from '../client/topics.ts'
import { log } from '../command-line/text.ts'
import type { Terminal } from '../tool.ts'
import type { ConsumerSettings } from './consumer-options.ts'
import { GroupMember } from './group-member.ts'
import { type Position, RecordSource } from './record-source.ts'
import type { ConsumedRecord } from './records.ts'

export interface Subscription {
  /** Undefined if no record comes within the time. */
  next(waitMs: number): Promise<ConsumedRecord | undefined>
  close(): Promise<void>
}

const TOPIC_POLL_MS = 200
const LOGGER = 'org.apache.kafka.clients.consumer.internals.ConsumerCoordinator'

export async function openSubscription(
  settings: ConsumerSettings,
  cluster: Cluster,
  terminal: Terminal,
): Promise<Subscription> {
  const source = new RecordSource(cluster, sourceSettings(settings))
  const partitions = await partitionsOf(settings, cluster, terminal)
  const { groupId, partition } = settings
  if (groupId !== undefined) return openGroup(groupId, partitions, { settings, cluster, source, terminal })
  const from = partition?.from
  const isOffset = from !== undefined && from >= 0n
  const positions = isOffset
    ? partitions.map((each) => ({ ...each, offset: from }))
    : await startPositions(cluster, partitions, from ?? settings.reset)
  source.assign(positions)
  return { next: (waitMs) => source.next(waitMs), close: async () => {} }
}

interface Parts {
  readonly settings: ConsumerSettings
  readonly cluster: Cluster
  readonly source: RecordSource
  readonly terminal: Terminal
}

async function openGroup(
  groupId: string,
  partitions: readonly Partition[],
  { settings, cluster, source, terminal }: Parts,
): Promise<Subscription> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  const member = new GroupMember(groupId, topics, cluster.config, settings.properties)
  const committing = settings.commitIntervalMs !== undefined
  let assignments = 0
  let failure: unknown
  const commit = async () => {
    if (!committing) return
    try {
      await member.commit(source.taken())
    } catch (error) {
      if (!(error instanceof JavaException)) throw error
      log(terminal.errors, 'WARN', `Offset commit failed: ${error}`, LOGGER)
    }
  }
  const assigned = async (own: readonly Partition[]) => {
    assignments += 1
    const assignment = assignments
    source.assign([])
    try {
      const positions = await committedPositions(cluster, groupId, own, settings.reset)
      if (assignment === assignments) source.assign(positions)
    } catch (error) {
      failure = asJavaException(error)
    }
  }
  await member.join({ onAssigned: (own) => void assigned(own), onRebalance: () => void commit() })
  const timer = committing ? setInterval(() => void commit(), settings.commitIntervalMs) : undefined
  return {
    async next(waitMs) {
      if (failure !== undefined) throw failure
      return source.next(waitMs)
    },
    async close() {
      clearInterval(timer)
      await commit()
      await member.leave()
    },
  }
}

/** Where the group was; elsewhere as the consumer was told. */
async function committedPositions(
  cluster: Cluster,
  groupId: string,
  partitions: readonly Partition[],
  reset: bigint | undefined,
): Promise<Position[]> {
  const committed = await committedOffsets(cluster, groupId)
  const known = partitions.flatMap(({ topic, partition }) => {
    const found = committed.get(partitionKey(topic, partition))
    return found === undefined ? [] : [{ topic, partition, offset: found.offset }]
  })
  const fresh = partitions.filter(({ topic, partition }) => !committed.has(partitionKey(topic, partition)))
  return [...known, ...(await startPositions(cluster, fresh, reset))]
}

async function startPositions(
  cluster: Cluster,
  partitions: readonly Partition[],
  from: bigint | undefined,
): Promise<Position[]> {
  if (partitions.length === 0) return []
  if (from === undefined) {
    const keys = partitions.map(({ topic, partition }) => partitionKey(topic, partition)).join(', ')
    throw new JavaException(
      'org.apache.kafka.clients.consumer.NoOffsetForPartitionException',
      `Undefined offset with no reset policy for partitions: [${keys}]`,
    )
  }
  const offsets = await listOffsets(cluster, partitions, from)
  return partitions.map(({ topic, partition }) => ({
    ...{ topic, partition },
    offset: offsets.get(partitionKey(topic, partition)) ?? 0n,
  }))
}

function sourceSettings({ properties, readsCommitted, reset }: ConsumerSettings) {
  return {
    ...{ readsCommitted, reset },
    maxWaitMs: integer(properties, 'fetch.max.wait.ms', '500'),
    minBytes: integer(properties, 'fetch.min.bytes', '1'),
    maxBytes: integer(properties, 'fetch.max.bytes', '52428800'),
    partitionMaxBytes: integer(properties, 'max.partition.fetch.bytes', '1048576'),
  }
}

/** Waits for the topics if they are not there yet; the one that is named may be created by asking for it. */
async function partitionsOf(
  settings: ConsumerSettings,
  cluster: Cluster,
  terminal: Terminal,
): Promise<readonly Partition[]> {
  const endMs = performance.now() + (settings.timeoutMs ?? Number.POSITIVE_INFINITY)
  for (let isFirst = true; ; isFirst = false) {
    const partitions = await existingPartitions(settings, cluster)
    if (partitions.length > 0) return partitions
    if (isFirst) {
      const what = settings.topic ?? settings.include
      const message = `[Consumer clientId=${cluster.config.clientId}] Waiting for ${what}: UNKNOWN_TOPIC_OR_PARTITION`
      log(terminal.errors, 'WARN', message, 'org.apache.kafka.clients.NetworkClient')
    }
    if (terminal.interrupted.aborted || performance.now() > endMs) return []
    await sleep(TOPIC_POLL_MS)
  }
}

async function existingPartitions(
  settings: ConsumerSettings,
  cluster: Cluster,
): Promise<readonly Partition[]> {
  const { topic, include, partition } = settings
  const names =
    topic === undefined
      ? matching(await listTopics(cluster), { pattern: include, excludeInternal: true }).map(
          ({ name }) => name,
        )
      : [topic]
  const { topics } = await cluster.metadata(names, 'metadata', topic !== undefined)
  for (const { errorCode, name } of topics) {
    const error = new ApiException(errorCode)
    if (error.error === 'INVALID_TOPIC_EXCEPTION')
      throw new ApiException(errorCode, `Invalid topics: [${name}]`)
    if (/AUTHORIZATION/.test(error.error)) throw error
  }
  const found = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex }) => ({ topic: name ?? '', partition: partitionIndex })),
  )
  return partition === undefined ? found : found.filter((each) => each.partition === partition.partition)
}
