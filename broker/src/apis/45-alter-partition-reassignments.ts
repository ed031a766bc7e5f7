/**
 * AlterPartitionReassignments (45): moves the replicas of partitions to other brokers, or stops doing so (KIP-455).
 *
 * - 1: the number of replicas may be held fast (KIP-860)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'

export const AlterPartitionReassignmentsApi = defineApi({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: [0, 1],
  flexible: 0,
  request: {
    timeoutMs: t.int32({ default: 60000 }),
    allowReplicationFactorChange: t.bool({ since: 1, default: true }),
    topics: t.array({
      name: t.string(),
      partitions: t.array({
        partitionIndex: t.int32(),
        replicas: t.array(t.int32(), { nullable: 0, default: null }),
      }),
    }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    allowReplicationFactorChange: t.bool({ since: 1, default: true, ignorable: true }),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0 }),
    responses: t.array({
      name: t.string(),
      partitions: t.array({
        partitionIndex: t.int32(),
        errorCode: t.int16(),
        errorMessage: t.string({ nullable: 0 }),
      }),
    }),
  },
})

export type AlterPartitionReassignmentsRequest = Infer<typeof AlterPartitionReassignmentsApi.request>
export type AlterPartitionReassignmentsResponse = Infer<typeof AlterPartitionReassignmentsApi.response>

/** Begins and cancels reassignments; they end when the new replicas are in sync. */
export async function handleAlterPartitionReassignments(
  context: RequestContext,
  { topics, allowReplicationFactorChange }: AlterPartitionReassignmentsRequest,
) {
  const responses = await context.broker.controller.submit('alterPartitionReassignments', {
    topics,
    allowReplicationFactorChange,
  })
  return {
    throttleTimeMs: 0,
    allowReplicationFactorChange,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    responses,
  }
}
