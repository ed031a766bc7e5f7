/** What administrators see of a group, and how they delete it. */
import { ErrorCode } from '../../wire/index.ts'
import type { DescribedGroup, ListedGroup } from './bodies.ts'
import type { ClassicGroup } from './classic/classic-group.ts'
import { metadataOf, NO_BYTES } from './classic/member.ts'
import type { Group } from './group.ts'
import { removeTopic } from './offsets/offset-commit.ts'
import type { Effects } from './types.ts'

/** Up to the version before, a group that does not exist is one that is Dead (KIP-1043). */
const GROUP_ID_NOT_FOUND_VERSION = 6

export interface GroupFilters {
  readonly statesFilter: readonly string[]
  readonly typesFilter: readonly string[]
}

/** Metadata and assignments make sense only between rebalances: else they are left empty. */
export function describeGroup(group: ClassicGroup): DescribedGroup {
  const isStable = group.state === 'Stable'
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataOf(member, group.protocolName) : NO_BYTES,
      memberAssignment: isStable ? member.assignment : NO_BYTES,
    })),
  }
}

/** Also of a group of another kind: of those DescribeGroups knows nothing. */
export function describeMissing(groupId: string, version: number, group: Group | undefined): DescribedGroup {
  const dead = { groupId, groupState: 'Dead', protocolType: '', protocolData: '', members: [] }
  if (version < GROUP_ID_NOT_FOUND_VERSION) return { errorCode: ErrorCode.NONE, ...dead }
  const errorMessage = group ? `Group ${groupId} is not a classic group.` : `Group ${groupId} not found.`
  return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage, ...dead }
}

/** An empty filter lets everything pass; names are compared without case, as Kafka does. */
export function listGroups(groups: Iterable<Group>, filters: GroupFilters): ListedGroup[] {
  return [...groups]
    .filter((group) => passes(filters.typesFilter, group.type))
    .filter((group) => passes(filters.statesFilter, group.stateName))
    .map((group) => ({
      groupId: group.groupId,
      protocolType: group.protocolType ?? '',
      groupState: group.stateName,
      groupType: group.type,
    }))
}

/** Returns the error code; on success the group is to be forgotten. */
export function deleteGroup(effects: Effects, group: Group | undefined): number {
  if (!group) return ErrorCode.GROUP_ID_NOT_FOUND
  if (!group.isEmpty) return ErrorCode.NON_EMPTY_GROUP
  for (const topic of [...group.offsets.topics().keys()]) removeTopic(effects, group, topic)
  effects.records.push(...group.tombstones())
  return ErrorCode.NONE
}

function passes(filter: readonly string[], name: string): boolean {
  return filter.length === 0 || filter.some((wanted) => wanted.toLowerCase() === name.toLowerCase())
}
