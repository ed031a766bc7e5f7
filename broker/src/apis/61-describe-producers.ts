/** DescribeProducers (61): what partitions remember of producers, and which of their transactions are open (KIP-664). */
import { invalidTopicName } from '../cluster/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { ProducerEntry } from '../storage/index.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { unknownPartition } from './cluster-facts.ts'

export const DescribeProducersApi = defineApi({
  key: 61,
  name: 'DescribeProducers',
  versions: [0, 0],
  flexible: 0,
  request: {
    topics: t.array({ name: t.string(), partitionIndexes: t.array(t.int32()) }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    topics: t.array({
      name: t.string(),
      partitions: t.array({
        partitionIndex: t.int32(),
        errorCode: t.int16(),
        errorMessage: t.string({ nullable: 0, default: null }),
        activeProducers: t.array({
          producerId: t.int64(),
          producerEpoch: t.int32(),
          lastSequence: t.int32({ default: -1 }),
          lastTimestamp: t.int64({ default: -1 }),
          coordinatorEpoch: t.int32(),
          currentTxnStartOffset: t.int64({ default: -1 }),
        }),
      }),
    }),
  },
})

export type DescribeProducersRequest = Infer<typeof DescribeProducersApi.request>
export type DescribeProducersResponse = Infer<typeof DescribeProducersApi.response>

/** Of the partitions that this broker has a replica of: a follower's may hang where the leader's does not. */
export function handleDescribeProducers(context: RequestContext, request: DescribeProducersRequest) {
  const topics = request.topics.map(({ name, partitionIndexes }) => {
    const refusal = refusalOfTopic(context, name)
    const partitions = partitionIndexes.map((partitionIndex) =>
      refusal === undefined
        ? describeOne(context, name, partitionIndex)
        : { partitionIndex, ...refusal, activeProducers: [] },
    )
    return { name, partitions }
  })
  return { throttleTimeMs: 0, topics }
}

function refusalOfTopic({ broker }: RequestContext, name: string) {
  const reason = invalidTopicName(name)
  if (reason !== undefined)
    return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION as number, errorMessage: reason }
  if (broker.cluster.topics.has(name)) return undefined
  return unknownPartition
}

function describeOne(context: RequestContext, topic: string, partitionIndex: number) {
  const { replicas } = context.broker
  const partition = replicas.find(topic, partitionIndex) ?? replicas.leader(topic, partitionIndex, -1)
  if (typeof partition === 'number')
    return { partitionIndex, errorCode: partition, errorMessage: null, activeProducers: [] }
  const activeProducers = partition.log.activeProducers().map(describeProducer)
  return { partitionIndex, errorCode: ErrorCode.NONE, errorMessage: null, activeProducers }
}

function describeProducer(entry: ProducerEntry) {
  return {
    producerId: entry.producerId,
    producerEpoch: entry.producerEpoch,
    lastSequence: entry.batches.at(-1)?.lastSequence ?? -1,
    lastTimestamp: entry.lastTimestampMs,
    coordinatorEpoch: entry.coordinatorEpoch,
    currentTxnStartOffset: entry.currentTransactionFirstOffset,
  }
}
