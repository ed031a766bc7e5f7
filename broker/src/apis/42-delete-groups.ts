/**
 * DeleteGroups (42): deletes groups without members, and their offsets (KIP-229).
 *
 * - 1: throttling after the response (KIP-219); 2: flexible
 */
import type { BrokerServices, RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'
import { readShared, removeSharedTopic } from './shared-partitions.ts'

export const DeleteGroupsApi = defineApi({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 2],
  flexible: 2,
  request: {
    groupsNames: t.array(t.string()),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    results: t.array({ groupId: t.string(), errorCode: t.int16() }),
  },
})

export type DeleteGroupsRequest = Infer<typeof DeleteGroupsApi.request>
export type DeleteGroupsResponse = Infer<typeof DeleteGroupsApi.response>

/** Deletes groups without members, with their offsets. */
export async function handleDeleteGroups(context: RequestContext, request: DeleteGroupsRequest) {
  const results = await Promise.all(request.groupsNames.map((groupId) => deleteOne(context, groupId)))
  return { throttleTimeMs: 0, results }
}

async function deleteOne(context: RequestContext, groupId: string) {
  try {
    const refusal = await removeShareState(context.broker, groupId)
    if (refusal !== undefined) return { groupId, errorCode: refusal }
    const response = await context.broker.groups.run<DeleteGroupsResponse>(groupId, (shard, token, now) =>
      shard.deleteGroups(token, [groupId], now),
    )
    const [result] = response.results
    if (result === undefined) throw new Error('a deletion has a result')
    return result
  } catch (error) {
    return { groupId, errorCode: errorCodeOf(error) }
  }
}

/** The state of a share group goes before the group, so that nothing is left of it. Returns an error code. */
async function removeShareState(broker: BrokerServices, groupId: string): Promise<number | undefined> {
  const known = await readShared(broker, groupId)
  if (known === undefined || !known.isEmpty) return undefined
  const outcomes = await Promise.all(known.shared.map((topic) => removeSharedTopic(broker, groupId, topic)))
  return outcomes.find(({ errorCode }) => errorCode !== 0)?.errorCode
}
