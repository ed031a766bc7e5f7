/**
 * ShareAcknowledge (79): a member of a share group says what became of its records (KIP-932).
 *
 * - 2: renewed locks (KIP-1222)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, KafkaError, t } from '../wire/index.ts'
import { nodeEndpoints, requireFeature } from './cluster-facts.ts'
import { byTopic, FINE, refusedShareRequest, ShareRequest } from './share-request.ts'

export const ShareAcknowledgeApi = defineApi({
  key: 79,
  name: 'ShareAcknowledge',
  versions: [1, 2],
  flexible: 0,
  request: {
    groupId: t.string({ nullable: 0, default: null }),
    memberId: t.string({ nullable: 0 }),
    shareSessionEpoch: t.int32(),
    isRenewAck: t.bool({ since: 2 }),
    topics: t.array({
      topicId: t.uuid(),
      partitions: t.array({
        partitionIndex: t.int32(),
        acknowledgementBatches: t.array({
          firstOffset: t.int64(),
          lastOffset: t.int64(),
          acknowledgeTypes: t.array(t.int8()),
        }),
      }),
    }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0, default: null }),
    acquisitionLockTimeoutMs: t.int32({ since: 2, ignorable: true }),
    responses: t.array({
      topicId: t.uuid(),
      partitions: t.array({
        partitionIndex: t.int32(),
        errorCode: t.int16(),
        errorMessage: t.string({ nullable: 0, default: null }),
        currentLeader: t.struct({ leaderId: t.int32(), leaderEpoch: t.int32() }),
      }),
    }),
    nodeEndpoints: t.array({
      nodeId: t.int32(),
      host: t.string(),
      port: t.int32(),
      rack: t.string({ nullable: 0, default: null }),
    }),
  },
})

export type ShareAcknowledgeRequest = Infer<typeof ShareAcknowledgeApi.request>
export type ShareAcknowledgeResponse = Infer<typeof ShareAcknowledgeApi.response>

/** Answers when what the member says of its records is kept. */
export async function handleShareAcknowledge(context: RequestContext, request: ShareAcknowledgeRequest) {
  try {
    requireFeature(context.broker, 'share.version')
    const share = new ShareRequest(context, request, false)
    await share.acknowledge()
    share.end()
    return acknowledged(context, share)
  } catch (error) {
    if (error instanceof KafkaError) return refusedShareRequest(error)
    throw error
  }
}

function acknowledged(context: RequestContext, share: ShareRequest) {
  const outcomes = [...share.outcomes.values()].map(({ topicId, partition, ...outcome }) => {
    const currentLeader = share.hint({ topicId, partition }, outcome.errorCode)
    return [topicId, { partitionIndex: partition, ...outcome, currentLeader }] as const
  })
  return {
    throttleTimeMs: 0,
    ...FINE,
    acquisitionLockTimeoutMs: share.lockDurationMs,
    responses: byTopic(outcomes),
    nodeEndpoints: nodeEndpoints(
      context,
      outcomes.map(([, { currentLeader }]) => currentLeader.leaderId),
    ),
  }
}
