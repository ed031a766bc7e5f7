/**
 * ListGroups (16): the groups that this broker coordinates.
 *
 * - 1: throttle time; 3: flexible; 4: filter by state (KIP-518); 5: filter by type (KIP-848)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'

export const ListGroupsApi = defineApi({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexible: 3,
  request: {
    statesFilter: t.array(t.string(), { since: 4 }),
    typesFilter: t.array(t.string(), { since: 5 }),
  },
  response: {
    throttleTimeMs: t.int32({ since: 1, ignorable: true }),
    errorCode: t.int16(),
    groups: t.array({
      groupId: t.string(),
      protocolType: t.string(),
      groupState: t.string({ since: 4, ignorable: true }),
      groupType: t.string({ since: 5, ignorable: true }),
    }),
  },
})

export type ListGroupsRequest = Infer<typeof ListGroupsApi.request>
export type ListGroupsResponse = Infer<typeof ListGroupsApi.response>

/** Lists the groups that this broker coordinates; clients ask every broker. */
export function handleListGroups(context: RequestContext, request: ListGroupsRequest) {
  const { loaded, isLoading } = context.broker.groups.shards()
  const { statesFilter, typesFilter } = request
  const groups = loaded.flatMap((shard) => shard.list({ statesFilter, typesFilter }))
  const errorCode = isLoading ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NONE
  return { throttleTimeMs: 0, errorCode, groups }
}
