/** For tests: the requests that most of them need, in one version, with their usual fields. */
import { ProduceApi } from '../apis/00-produce.ts'
import { FetchApi } from '../apis/01-fetch.ts'
import { MetadataApi } from '../apis/03-metadata.ts'
import { CreateTopicsApi } from '../apis/19-create-topics.ts'
import { type BatchDraft, decodeRecords, ErrorCode, encodeBatch, sizeInBytes } from '../wire/index.ts'
import type { TestCluster } from './test-cluster.ts'

export interface TopicDraft {
  readonly name: string
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly configs?: Readonly<Record<string, string>>
}

export async function createTopic(cluster: TestCluster, brokerId: number, draft: TopicDraft) {
  const { name, partitions = 1, replicationFactor = 1, configs = {} } = draft
  const response = await cluster.request(brokerId, CreateTopicsApi, 7, {
    topics: [
      {
        name,
        numPartitions: partitions,
        replicationFactor,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs: 5000,
    validateOnly: false,
  })
  const [topic] = response.topics
  if (topic?.errorCode !== ErrorCode.NONE)
    throw new Error(`${name} was not created: ${topic?.errorCode} ${topic?.errorMessage}`)
  // Every broker follows the metadata within one poll.
  await cluster.advance(100)
  return topic
}

export async function metadata(
  cluster: TestCluster,
  brokerId: number,
  topics: readonly string[] | null = null,
) {
  return cluster.request(brokerId, MetadataApi, 12, {
    topics: topics?.map((name) => ({ name })) ?? null,
    allowAutoTopicCreation: false,
  })
}

/** The leader of each partition, in order. */
export async function leaders(cluster: TestCluster, brokerId: number, topic: string): Promise<number[]> {
  const { topics } = await metadata(cluster, brokerId, [topic])
  return (topics[0]?.partitions ?? []).map(({ leaderId }) => leaderId)
}

export function batchOf(values: readonly string[], nowMs: number, draft: Partial<BatchDraft> = {}): Buffer {
  const records = values.map((value) => ({ timestamp: nowMs, key: null, value: Buffer.from(value) }))
  return encodeBatch({ records, ...draft })
}

export interface ProduceDraft {
  readonly topic: string
  readonly partition?: number
  readonly acks?: number
  readonly records: Buffer | null
}

export function produceBody({ topic, partition = 0, acks = 1, records }: ProduceDraft) {
  const partitionData = [{ index: partition, records }]
  return { transactionalId: null, acks, timeoutMs: 1000, topicData: [{ name: topic, partitionData }] }
}

/** The partition's result. */
export async function produce(cluster: TestCluster, brokerId: number, draft: ProduceDraft) {
  const response = await cluster.request(brokerId, ProduceApi, 9, produceBody(draft))
  const result = response.responses[0]?.partitionResponses[0]
  if (result === undefined) throw new Error('the answer has no result')
  return result
}

export async function produceValues(
  cluster: TestCluster,
  brokerId: number,
  topic: string,
  values: readonly string[],
  partition = 0,
): Promise<number> {
  const records = batchOf(values, cluster.clock.now())
  const { errorCode, baseOffset } = await produce(cluster, brokerId, { topic, partition, records })
  if (errorCode !== ErrorCode.NONE) throw new Error(`not produced: ${errorCode}`)
  return baseOffset
}

export interface FetchDraft {
  readonly topic: string
  readonly partition?: number
  readonly offset?: number
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly currentLeaderEpoch?: number
  readonly lastFetchedEpoch?: number
  readonly partitionMaxBytes?: number
  readonly isolationLevel?: number
}

export function fetchBody(draft: FetchDraft) {
  const { topic, partition = 0, offset = 0, maxWaitMs = 0, minBytes = 1, maxBytes = 1 << 20 } = draft
  const { partitionMaxBytes = 1 << 20, currentLeaderEpoch = -1, lastFetchedEpoch = -1 } = draft
  const wanted = { partition, fetchOffset: offset, currentLeaderEpoch, lastFetchedEpoch, partitionMaxBytes }
  return {
    maxWaitMs,
    minBytes,
    maxBytes,
    isolationLevel: draft.isolationLevel ?? 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topic, partitions: [wanted] }],
    forgottenTopicsData: [],
    rackId: '',
  }
}

/** The partition's data. */
export async function fetch(cluster: TestCluster, brokerId: number, draft: FetchDraft) {
  const response = await cluster.request(brokerId, FetchApi, 12, fetchBody(draft))
  const data = response.responses[0]?.partitions[0]
  if (data === undefined) throw new Error(`the answer has no data: ${JSON.stringify(response)}`)
  return data
}

export async function fetchValues(cluster: TestCluster, brokerId: number, topic: string, partition = 0) {
  const { errorCode, records } = await fetch(cluster, brokerId, { topic, partition })
  if (errorCode !== ErrorCode.NONE) throw new Error(`not fetched: ${errorCode}`)
  return valuesOf(records)
}

export function valuesOf(records: Buffer | null): string[] {
  const values: string[] = []
  const bytes = records ?? Buffer.alloc(0)
  for (let at = 0; at < bytes.length; at += sizeInBytes(bytes, at)) {
    for (const { value } of decodeRecords(bytes, at)) values.push(String(value))
  }
  return values
}
