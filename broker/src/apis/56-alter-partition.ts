/**
 * AlterPartition (56): the leader of partitions tells the controller who is in sync with it (KIP-497).
 *
 * - 2: topics by id, ineligible replicas are refused (KIP-841); 3: broker epochs of the members (KIP-903)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'

export const AlterPartitionApi = defineApi({
  key: 56,
  name: 'AlterPartition',
  versions: [2, 3],
  flexible: 0,
  request: {
    brokerId: t.int32(),
    brokerEpoch: t.int64({ default: -1 }),
    topics: t.array({
      topicId: t.uuid(),
      partitions: t.array({
        partitionIndex: t.int32(),
        leaderEpoch: t.int32(),
        newIsr: t.array(t.int32(), { until: 2 }),
        newIsrWithEpochs: t.array(
          { brokerId: t.int32(), brokerEpoch: t.int64({ default: -1 }) },
          { since: 3 },
        ),
        leaderRecoveryState: t.int8({ default: 0 }),
        partitionEpoch: t.int32(),
      }),
    }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    topics: t.array({
      topicId: t.uuid(),
      partitions: t.array({
        partitionIndex: t.int32(),
        errorCode: t.int16(),
        leaderId: t.int32(),
        leaderEpoch: t.int32(),
        isr: t.array(t.int32()),
        leaderRecoveryState: t.int8({ default: 0 }),
        partitionEpoch: t.int32(),
      }),
    }),
  },
})

export type AlterPartitionRequest = Infer<typeof AlterPartitionApi.request>
export type AlterPartitionResponse = Infer<typeof AlterPartitionApi.response>

/** Changes ISRs; answers when the controller has committed them. */
export async function handleAlterPartition(context: RequestContext, request: AlterPartitionRequest) {
  const { brokerId, brokerEpoch } = request
  const topics = request.topics.map(({ topicId, partitions }) => ({
    topicId,
    partitions: partitions.map((partition) => ({
      ...partition,
      newIsrWithEpochs:
        context.apiVersion < 3 ? partition.newIsr.map(ofAnyEpoch) : partition.newIsrWithEpochs,
    })),
  }))
  try {
    const reply = await context.broker.controller.submit('alterPartition', { brokerId, brokerEpoch, topics })
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, ...reply }
  } catch (error) {
    return { throttleTimeMs: 0, errorCode: errorCodeOf(error), topics: [] }
  }
}

function ofAnyEpoch(brokerId: number) {
  return { brokerId, brokerEpoch: -1 }
}
