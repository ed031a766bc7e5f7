/**
 * The assignor `range`: every topic is cut into one contiguous range per subscriber. Members that read the same
 * topics, which have as many partitions, get the same partition numbers of each: then their records can be joined.
 * Static members come first, by instance id, so that a restart of all of them changes nothing.
 */
import { type Assignor, byText, type GroupSpec, type MemberSpec } from './assignor.ts'

export const rangeAssignor: Assignor = {
  name: 'range',
  assign(group) {
    const targets = new Map(
      group.members.map(({ memberId }) => [memberId, new Map<string, ReadonlySet<number>>()]),
    )
    for (const [topicId, subscribers] of subscribersByTopic(group)) {
      cutTopic(group.partitionCount(topicId), subscribers, (member, partitions) => {
        targets.get(member.memberId)?.set(topicId, partitions)
      })
    }
    return targets
  },
}

/** In the order in which they get their ranges. */
function subscribersByTopic(group: GroupSpec): Map<string, MemberSpec[]> {
  const byTopic = new Map<string, MemberSpec[]>()
  for (const member of [...group.members].sort(inRangeOrder)) {
    for (const topicId of member.subscribedTopicIds) {
      const subscribers = byTopic.get(topicId)
      if (subscribers) subscribers.push(member)
      else byTopic.set(topicId, [member])
    }
  }
  return byTopic
}

function inRangeOrder(a: MemberSpec, b: MemberSpec): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null) {
    return byText(a.groupInstanceId, b.groupInstanceId)
  }
  if (a.groupInstanceId !== null) return -1
  if (b.groupInstanceId !== null) return 1
  return byText(a.memberId, b.memberId)
}

/** The first members get one partition more if the topic cannot be cut evenly. */
function cutTopic(
  partitionCount: number,
  subscribers: readonly MemberSpec[],
  give: (member: MemberSpec, partitions: ReadonlySet<number>) => void,
): void {
  const quota = Math.floor(partitionCount / subscribers.length)
  const larger = partitionCount % subscribers.length
  let next = 0
  for (const [index, member] of subscribers.entries()) {
    const size = quota + (index < larger ? 1 : 0)
    if (size === 0) return
    give(member, new Set(Array.from({ length: size }, (_, offset) => next + offset)))
    next += size
  }
}
