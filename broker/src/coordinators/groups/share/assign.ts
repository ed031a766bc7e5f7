/**
 * Who fetches from which partitions (Kafka's `simple` assignor): every member has a partition of each topic that it
 * subscribes to, every partition has a member, and as few share one as possible.
 */
import { byText } from '../assignors/assignor.ts'
import { addTo, type TopicPartitions } from '../target/partitions.ts'

export const SHARE_ASSIGNOR = 'simple'

export interface SharedSubscription {
  readonly memberId: string
  /** Of topics that exist. */
  readonly topicIds: ReadonlySet<string>
}

/** `partitionsOf` tells those that may be assigned. By member id, for every member. */
export function assignShared(
  subscriptions: readonly SharedSubscription[],
  partitionsOf: (topicId: string) => readonly number[],
): Map<string, TopicPartitions> {
  const members = [...subscriptions].sort((one, other) => byText(one.memberId, other.memberId))
  const assigned = new Map(members.map(({ memberId }) => [memberId, new Map<string, Set<number>>()]))
  const topicIds = [...new Set(members.flatMap((member) => [...member.topicIds]))].sort(byText)
  // Where the topic before ended the next one goes on, so that members with few partitions are not always the same.
  const turns = { next: 0 }
  for (const topicId of topicIds) {
    const readers = members.filter((member) => member.topicIds.has(topicId))
    const partitions = partitionsOf(topicId)
    if (partitions.length === 0) continue
    const count = Math.max(readers.length, partitions.length)
    for (let at = 0; at < count; at++) {
      const reader = readers[(turns.next + at) % readers.length]
      const partition = partitions[at % partitions.length]
      const target = reader && assigned.get(reader.memberId)
      if (target && partition !== undefined) addTo(target, topicId, partition)
    }
    turns.next += count
  }
  return assigned
}
