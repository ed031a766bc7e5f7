/** OffsetDelete: offsets of topics that the group does not read (KIP-496). */
import { ErrorCode } from '../../../wire/index.ts'
import type { OffsetDeleteRequest, OffsetDeleteResponse } from '../bodies.ts'
import type { Group } from '../group.ts'
import { offsetTombstone } from '../records.ts'
import type { Effects } from '../types.ts'

export function deleteOffsets(
  effects: Effects,
  group: Group | undefined,
  { groupId, topics }: OffsetDeleteRequest,
): OffsetDeleteResponse {
  const refused = (errorCode: number) => ({ errorCode, throttleTimeMs: 0, topics: [] })
  if (groupId === '') return refused(ErrorCode.INVALID_GROUP_ID)
  // The offsets of a share group are elsewhere.
  if (!group || group.type === 'share') return refused(ErrorCode.GROUP_ID_NOT_FOUND)
  // What members that are no consumers read is not known.
  if (group.type === 'classic' && !group.isEmpty && !group.usesConsumerProtocol) {
    return refused(ErrorCode.NON_EMPTY_GROUP)
  }
  const results = topics.map(({ name, partitions }) => {
    const errorCode = group.isSubscribed(name) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE
    for (const { partitionIndex } of partitions) {
      if (errorCode !== ErrorCode.NONE || !group.offsets.get(name, partitionIndex)) continue
      group.offsets.set(name, partitionIndex, null)
      effects.records.push(offsetTombstone(group.groupId, name, partitionIndex))
    }
    return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) }
  })
  return { errorCode: ErrorCode.NONE, throttleTimeMs: 0, topics: results }
}
