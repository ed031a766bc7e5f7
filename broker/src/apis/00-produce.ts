/**
 * Produce (0): appends one record batch to each of the given partitions.
 *
 * - 3: record batch v2, transactionalId (KIP-98); 4: KAFKA_STORAGE_ERROR; 5: logStartOffset
 * - 7: zstd (KIP-110); 8: errors of single records (KIP-467); 9: flexible
 * - 10: the new leader in an error (KIP-951); 11, 12: TRANSACTION_ABORTABLE, transactions v2 (KIP-890)
 * - 13: topic ids instead of names (KIP-516)
 *
 * Versions 0 to 2 are advertised but not served: librdkafka takes them as the sign that it may compress
 * (KAFKA-18659).
 */
import { isInternalTopic } from '../cluster/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, KafkaError, t } from '../wire/index.ts'
import { nodeEndpoints } from './cluster-facts.ts'
import { appendBatch } from './produce/append-batch.ts'
import { emptyResult, fail, type PartitionResult } from './produce/partition-result.ts'
import { PendingProduce } from './produce/pending-produce.ts'

export const ProduceApi = defineApi({
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  advertised: [0, 13],
  flexible: 9,
  request: {
    transactionalId: t.string({ nullable: 0, default: null }),
    acks: t.int16(),
    timeoutMs: t.int32(),
    topicData: t.array({
      name: t.string({ until: 12, ignorable: true }),
      topicId: t.uuid({ since: 13, ignorable: true }),
      partitionData: t.array({
        index: t.int32(),
        records: t.records({ nullable: 0 }),
      }),
    }),
  },
  response: {
    responses: t.array({
      name: t.string({ until: 12, ignorable: true }),
      topicId: t.uuid({ since: 13, ignorable: true }),
      partitionResponses: t.array({
        index: t.int32(),
        errorCode: t.int16(),
        baseOffset: t.int64(),
        logAppendTimeMs: t.int64({ default: -1 }),
        logStartOffset: t.int64({ since: 5, default: -1, ignorable: true }),
        recordErrors: t.array(
          { batchIndex: t.int32(), batchIndexErrorMessage: t.string({ nullable: 0, default: null }) },
          { since: 8, ignorable: true },
        ),
        errorMessage: t.string({ since: 8, nullable: 8, default: null, ignorable: true }),
        currentLeader: t.struct(
          { leaderId: t.int32({ default: -1 }), leaderEpoch: t.int32({ default: -1 }) },
          { since: 10, tag: 0 },
        ),
      }),
    }),
    throttleTimeMs: t.int32({ default: 0 }),
    nodeEndpoints: t.array(
      {
        nodeId: t.int32(),
        host: t.string(),
        port: t.int32(),
        rack: t.string({ nullable: 0, default: null }),
      },
      { since: 10, tag: 0 },
    ),
  },
})

export type ProduceRequest = Infer<typeof ProduceApi.request>
export type ProduceResponse = Infer<typeof ProduceApi.response>

/** Appends each partition's batch; answers when all are written, with each partition's own result. */
export function handleProduce(context: RequestContext, request: ProduceRequest) {
  const refusal = refuseAll(request)
  const { transactionalId } = request
  const nowMs = context.broker.runtime.clock.now()
  const pending = new PendingProduce(context, request.timeoutMs)
  const responses: TopicResult[] = []
  for (const topicData of request.topicData) {
    const { name, topicId, partitionData } = topicData
    const topic =
      context.apiVersion >= TOPIC_IDS_SINCE ? context.broker.cluster.topicsById.get(topicId)?.name : name
    const partitionResponses: PartitionResult[] = []
    for (const { index, records } of partitionData) {
      const result = emptyResult(index)
      partitionResponses.push(result)
      if (refusal !== undefined) fail(result, refusal)
      else if (topic === undefined) fail(result, new KafkaError(ErrorCode.UNKNOWN_TOPIC_ID))
      else if (isInternalTopic(topic)) fail(result, internalTopic(topic))
      else
        appendBatch(context, { topic, records, acks: request.acks, nowMs, transactionalId }, result, pending)
    }
    responses.push({ name, topicId, partitionResponses })
  }
  context.mark('validate')
  return pending.whenFinished(() => {
    const { broker, user, clientId, sizeBytes } = context
    context.throttle(
      broker.quotas.produce.record(user, clientId, sizeBytes, broker.runtime.clock.monotonic()),
    )
    return answer(context, request.acks, responses)
  })
}

type TopicResult = { name: string; topicId: string; partitionResponses: PartitionResult[] }

const TOPIC_IDS_SINCE = 13
const LEADER_HINTS_SINCE = 10
function refuseAll(request: ProduceRequest): KafkaError | undefined {
  const { acks } = request
  if (acks !== 0 && acks !== 1 && acks !== -1) return new KafkaError(ErrorCode.INVALID_REQUIRED_ACKS)
  return undefined
}

function internalTopic(topic: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, `Cannot append to internal topic ${topic}`)
}

/**
 * With acks=0 nobody listens: an error closes the connection, so that the client looks for the leader anew.
 */
function answer(context: RequestContext, acks: number, responses: TopicResult[]) {
  if (acks === 0) {
    const failed = responses
      .flatMap((topic) => topic.partitionResponses)
      .find((each) => each.errorCode !== ErrorCode.NONE)
    if (failed !== undefined) throw new KafkaError(failed.errorCode, failed.errorMessage ?? undefined)
    return undefined
  }
  const nodeEndpoints = context.apiVersion < LEADER_HINTS_SINCE ? [] : leaderEndpoints(context, responses)
  return { responses, throttleTimeMs: 0, nodeEndpoints }
}

function leaderEndpoints(context: RequestContext, responses: readonly TopicResult[]) {
  const leaders = responses.flatMap((topic) =>
    topic.partitionResponses.map((each) => each.currentLeader.leaderId),
  )
  return nodeEndpoints(context, leaders)
}
