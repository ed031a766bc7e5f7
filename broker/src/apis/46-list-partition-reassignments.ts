/** ListPartitionReassignments (46): the reassignments that are in progress (KIP-455). */
import { listPartitionReassignments } from '../cluster/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'

export const ListPartitionReassignmentsApi = defineApi({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: [0, 0],
  flexible: 0,
  request: {
    timeoutMs: t.int32({ default: 60000 }),
    topics: t.array(
      { name: t.string(), partitionIndexes: t.array(t.int32()) },
      { nullable: 0, default: null },
    ),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0 }),
    topics: t.array({
      name: t.string(),
      partitions: t.array({
        partitionIndex: t.int32(),
        replicas: t.array(t.int32()),
        addingReplicas: t.array(t.int32()),
        removingReplicas: t.array(t.int32()),
      }),
    }),
  },
})

export type ListPartitionReassignmentsRequest = Infer<typeof ListPartitionReassignmentsApi.request>
export type ListPartitionReassignmentsResponse = Infer<typeof ListPartitionReassignmentsApi.response>

/** Lists reassignments, from the metadata of the controller. */
export function handleListPartitionReassignments(
  context: RequestContext,
  { topics }: ListPartitionReassignmentsRequest,
) {
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    topics: listPartitionReassignments(context.broker.cluster, topics),
  }
}
