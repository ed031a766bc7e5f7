/**
 * AddPartitionsToTxn (24): makes partitions part of a transaction before it writes to them (KIP-98).
 *
 * - 2: PRODUCER_FENCED (KIP-588); 3: flexible
 * - 4: several transactions in one request, and the mere question whether a partition is part of one: for brokers, which
 *   ask before they append (KIP-890); 5: TRANSACTION_ABORTABLE
 */
import type { TopicPartition } from '../coordinators/transactions/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'
import { fencedCode } from './transaction-errors.ts'

const addedTopics = { name: t.string(), partitions: t.array(t.int32()) }
const topicResults = {
  name: t.string(),
  resultsByPartition: t.array({ partitionIndex: t.int32(), partitionErrorCode: t.int16() }),
}

export const AddPartitionsToTxnApi = defineApi({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  flexible: 3,
  request: {
    transactions: t.array(
      {
        transactionalId: t.string(),
        producerId: t.int64(),
        producerEpoch: t.int16(),
        verifyOnly: t.bool({ default: false }),
        topics: t.array(addedTopics),
      },
      { since: 4 },
    ),
    v3AndBelowTransactionalId: t.string({ until: 3 }),
    v3AndBelowProducerId: t.int64({ until: 3 }),
    v3AndBelowProducerEpoch: t.int16({ until: 3 }),
    v3AndBelowTopics: t.array(addedTopics, { until: 3 }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16({ since: 4, ignorable: true }),
    resultsByTransaction: t.array(
      { transactionalId: t.string(), topicResults: t.array(topicResults) },
      { since: 4 },
    ),
    resultsByTopicV3AndBelow: t.array(topicResults, { until: 3 }),
  },
})

export type AddPartitionsToTxnRequest = Infer<typeof AddPartitionsToTxnApi.request>
export type AddPartitionsToTxnResponse = Infer<typeof AddPartitionsToTxnApi.response>

/** Adds to, or looks into, each transaction by itself. */
export async function handleAddPartitionsToTxn(context: RequestContext, request: AddPartitionsToTxnRequest) {
  const { apiVersion } = context
  if (apiVersion >= BATCHED_SINCE) {
    const resultsByTransaction = await Promise.all(
      request.transactions.map(async (wanted) => ({
        transactionalId: wanted.transactionalId,
        topicResults: await oneTransaction(context, { ...wanted, transactionVersion: 2 }),
      })),
    )
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, resultsByTransaction }
  }
  const resultsByTopicV3AndBelow = await oneTransaction(context, {
    transactionalId: request.v3AndBelowTransactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
    verifyOnly: false,
    topics: request.v3AndBelowTopics,
    transactionVersion: 0,
  })
  return { throttleTimeMs: 0, resultsByTopicV3AndBelow }
}

const PRODUCER_FENCED_SINCE = 2
const BATCHED_SINCE = 4

type Wanted = AddPartitionsToTxnRequest['transactions'][number] & { readonly transactionVersion: number }

/** If one of the partitions does not exist nothing is done with the others. */
async function oneTransaction(context: RequestContext, wanted: Wanted) {
  const { cluster } = context.broker
  const partitions = wanted.topics.flatMap(({ name, partitions: indexes }) =>
    indexes.map((partition) => ({ topic: name, partition })),
  )
  const isUnknown = ({ topic, partition }: TopicPartition) =>
    cluster.topics.get(topic)?.partitions[partition] === undefined
  if (partitions.some(isUnknown)) {
    return resultsOf(partitions, (each) =>
      isUnknown(each) ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.OPERATION_NOT_ATTEMPTED,
    )
  }
  const codes = await codesOf(context, wanted, partitions)
  return resultsOf(partitions, (_, index) =>
    fencedCode(codes[index] ?? ErrorCode.UNKNOWN_SERVER_ERROR, context.apiVersion >= PRODUCER_FENCED_SINCE),
  )
}

async function codesOf(
  context: RequestContext,
  { transactionalId, producerId, producerEpoch, verifyOnly, transactionVersion }: Wanted,
  partitions: readonly TopicPartition[],
): Promise<readonly number[]> {
  const { transactions } = context.broker
  const request = { transactionalId, producerId, producerEpoch, partitions }
  try {
    if (transactionalId === '') return partitions.map(() => ErrorCode.INVALID_REQUEST)
    if (verifyOnly) return await transactions.verifyPartitions(request)
    const code = await transactions.addPartitions({ ...request, transactionVersion })
    return partitions.map(() => code)
  } catch (error) {
    const code = errorCodeOf(error)
    return partitions.map(() => code)
  }
}

function resultsOf(
  partitions: readonly TopicPartition[],
  codeOf: (partition: TopicPartition, index: number) => number,
) {
  const topics = new Map<string, { partitionIndex: number; partitionErrorCode: number }[]>()
  for (const [index, each] of partitions.entries()) {
    const result = { partitionIndex: each.partition, partitionErrorCode: codeOf(each, index) }
    const results = topics.get(each.topic)
    if (results === undefined) topics.set(each.topic, [result])
    else results.push(result)
  }
  return [...topics].map(([name, resultsByPartition]) => ({ name, resultsByPartition }))
}
