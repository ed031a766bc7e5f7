/**
 * ShareFetch (78): acquires records for a member of a share group, and acknowledges earlier ones (KIP-932).
 *
 * - 2: acquire mode (KIP-1206), renewed locks (KIP-1222)
 */
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'

export const ShareFetchApi = defineApi({
  key: 78,
  name: 'ShareFetch',
  versions: [1, 2],
  flexible: 0,
  request: {
    groupId: t.string({ nullable: 0, default: null }),
    memberId: t.string({ nullable: 0 }),
    shareSessionEpoch: t.int32(),
    maxWaitMs: t.int32(),
    minBytes: t.int32(),
    maxBytes: t.int32({ default: 0x7fffffff }),
    maxRecords: t.int32(),
    batchSize: t.int32(),
    shareAcquireMode: t.int8({ since: 2, default: 0, ignorable: true }),
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
    forgottenTopicsData: t.array({ topicId: t.uuid(), partitions: t.array(t.int32()) }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0, default: null }),
    acquisitionLockTimeoutMs: t.int32(),
    responses: t.array({
      topicId: t.uuid(),
      partitions: t.array({
        partitionIndex: t.int32(),
        errorCode: t.int16(),
        errorMessage: t.string({ nullable: 0, default: null }),
        acknowledgeErrorCode: t.int16(),
        acknowledgeErrorMessage: t.string({ nullable: 0, default: null }),
        currentLeader: t.struct({ leaderId: t.int32(), leaderEpoch: t.int32() }),
        records: t.records({ nullable: 0 }),
        acquiredRecords: t.array({ firstOffset: t.int64(), lastOffset: t.int64(), deliveryCount: t.int16() }),
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

export type ShareFetchRequest = Infer<typeof ShareFetchApi.request>
export type ShareFetchResponse = Infer<typeof ShareFetchApi.response>
