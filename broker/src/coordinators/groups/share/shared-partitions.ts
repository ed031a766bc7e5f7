/** Which partitions of a share group have their state at the share coordinator, and which ones need it (KIP-932). */
import { ErrorCode, KafkaError } from '../../../wire/index.ts'
import type { Group } from '../group.ts'
import type { TopicsView } from '../target/topics-view.ts'
import type { Effects, ShareAlterationResponse } from '../types.ts'
import { findShareGroup } from './heartbeat.ts'
import type { SharedTopic } from './records.ts'
import { settle, write } from './settle.ts'
import type { ShareGroup } from './share-group.ts'

/** The partitions of a share group that have their state, and those that it subscribes to and that have none. */
export function sharedPartitions(group: Group | undefined, topics: TopicsView): SharedPartitions | undefined {
  if (group?.type !== 'share') return undefined
  return {
    isEmpty: group.isEmpty,
    shared: [...group.shared.values()],
    missing: unsharedPartitions(group, topics),
  }
}

function unsharedPartitions(group: ShareGroup, topics: TopicsView): SharedTopic[] {
  return [...group.subscribedTopics()].flatMap((name): SharedTopic[] => {
    const topic = topics.byName(name)
    if (topic === undefined) return []
    const shared = new Set(group.shared.get(topic.topicId)?.partitions)
    const partitions = Array.from({ length: topic.partitionCount }, (_, index) => index)
    const missing = partitions.filter((partition) => !shared.has(partition))
    return missing.length === 0 ? [] : [{ topicId: topic.topicId, topicName: name, partitions: missing }]
  })
}

export interface SharedPartitions {
  readonly isEmpty: boolean
  readonly shared: readonly SharedTopic[]
  readonly missing: readonly SharedTopic[]
}

/**
 * - added: their state exists now, and they may be assigned;
 * - altered: an administrator sets their offsets, for which the group must be empty, or not there yet;
 * - removed: an administrator has removed their state.
 */
export type SharedChange =
  | { readonly kind: 'added' | 'altered'; readonly topics: readonly SharedTopic[] }
  | { readonly kind: 'removed'; readonly topicIds: ReadonlySet<string> }

/** The epoch that the answer tells fences whatever was kept before. */
export function changeShared(
  effects: Effects,
  groupId: string,
  change: SharedChange,
): ShareAlterationResponse {
  try {
    // Whoever sets the offsets of a group before anybody reads with it makes it.
    const isMade = change.kind === 'altered' && change.topics.length > 0
    const group = findShareGroup(effects, groupId, isMade)
    if (change.kind !== 'added' && !group.isEmpty)
      throw new KafkaError(ErrorCode.NON_EMPTY_GROUP, `The group ${groupId} is not empty.`)
    // Heartbeats that come together find the same partitions without a state: the first one adds them.
    const isNews = change.kind !== 'added' || !change.topics.every((topic) => isShared(group, topic))
    if (isNews) {
      const value =
        change.kind === 'removed'
          ? [...group.shared.values()].filter(({ topicId }) => !change.topicIds.has(topicId))
          : withTopics(group, change.topics)
      write(effects, group, { kind: 'shareState', value })
      settle(effects, group, true)
    }
    return { errorCode: ErrorCode.NONE, errorMessage: null, stateEpoch: group.groupEpoch }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { errorCode: error.code, errorMessage: error.message, stateEpoch: -1 }
  }
}

function isShared(group: ShareGroup, { topicId, partitions }: SharedTopic): boolean {
  const known = new Set(group.shared.get(topicId)?.partitions)
  return partitions.every((partition) => known.has(partition))
}

function withTopics(group: ShareGroup, topics: readonly SharedTopic[]): SharedTopic[] {
  const shared = new Map(group.shared)
  for (const topic of topics) {
    const known = shared.get(topic.topicId)?.partitions ?? []
    const partitions = [...new Set([...known, ...topic.partitions])].sort((one, other) => one - other)
    shared.set(topic.topicId, { ...topic, partitions })
  }
  return [...shared.values()]
}

/** Topics that were deleted: their state went with them. */
export function forgetTopics(effects: Effects, group: ShareGroup, names: ReadonlySet<string>): void {
  const left = [...group.shared.values()].filter(({ topicName }) => !names.has(topicName))
  if (left.length < group.shared.size) write(effects, group, { kind: 'shareState', value: left })
}
