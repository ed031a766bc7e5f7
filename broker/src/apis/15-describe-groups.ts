/**
 * DescribeGroups (15): state, protocol and members of classic groups.
 *
 * - 1: throttle time; 3: authorized operations (KIP-430); 4: static members (KIP-345); 5: flexible
 * - 6: GROUP_ID_NOT_FOUND with a message, where older versions call the group Dead (KIP-1043)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { errorCodeOf, withGroupOperations } from './cluster-facts.ts'

export const DescribeGroupsApi = defineApi({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexible: 5,
  request: {
    groups: t.array(t.string()),
    includeAuthorizedOperations: t.bool({ since: 3 }),
  },
  response: {
    throttleTimeMs: t.int32({ since: 1, ignorable: true }),
    groups: t.array({
      errorCode: t.int16(),
      errorMessage: t.string({ since: 6, nullable: 6, default: null }),
      groupId: t.string(),
      groupState: t.string(),
      protocolType: t.string(),
      protocolData: t.string(),
      members: t.array({
        memberId: t.string(),
        groupInstanceId: t.string({ since: 4, nullable: 4, default: null, ignorable: true }),
        clientId: t.string(),
        clientHost: t.string(),
        memberMetadata: t.bytes(),
        memberAssignment: t.bytes(),
      }),
      authorizedOperations: t.int32({ since: 3, default: -2147483648 }),
    }),
  },
})

export type DescribeGroupsRequest = Infer<typeof DescribeGroupsApi.request>
export type DescribeGroupsResponse = Infer<typeof DescribeGroupsApi.response>

/** Describes groups with their members and assignments. */
export async function handleDescribeGroups(context: RequestContext, request: DescribeGroupsRequest) {
  const described = await Promise.all(request.groups.map((groupId) => describeOne(context, groupId)))
  return { throttleTimeMs: 0, groups: withGroupOperations(described, request) }
}

async function describeOne(context: RequestContext, groupId: string) {
  try {
    const groups = await context.broker.groups.read(groupId, (shard) =>
      shard.describe([groupId], context.apiVersion),
    )
    const [group] = groups
    if (group === undefined) throw new Error('a described group has a description')
    return group
  } catch (error) {
    const errorCode = errorCodeOf(error)
    return { errorCode, groupId, groupState: '', protocolType: '', protocolData: '', members: [] }
  }
}
