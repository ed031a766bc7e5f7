/**
 * The assignor `uniform`: members get as many partitions as each other, as far as their subscriptions allow, and
 * keep what they have. If all read the same topics, the numbers differ by one at most.
 */
import { addTo, contains } from '../target/partitions.ts'
import { type Assignor, byText, type GroupSpec, type MemberSpec } from './assignor.ts'
import { levelLoads } from './level-loads.ts'
import { type Share, take } from './share.ts'

export const uniformAssignor: Assignor = {
  name: 'uniform',
  assign(group) {
    const shares = [...group.members]
      .sort((a, b) => byText(a.memberId, b.memberId))
      .map((member): Share => ({ member, partitions: new Map(), size: 0 }))
    const subscribers = subscribersByTopic(shares)
    const isHomogeneous = [...subscribers.values()].every((of) => of.length === shares.length)
    const total = [...subscribers.keys()].reduce((sum, topicId) => sum + group.partitionCount(topicId), 0)
    // Where subscriptions differ, nobody knows the quotas before all is balanced.
    const free = keepOwned(
      group,
      shares,
      subscribers,
      isHomogeneous ? quotas(total, shares.length) : undefined,
    )
    for (const [topicId, partitions] of free) pour(topicId, partitions, subscribers.get(topicId) ?? [])
    if (!isHomogeneous) levelLoads(shares, subscribers)
    return new Map(shares.map(({ member, partitions }) => [member.memberId, partitions]))
  },
}

interface Quotas {
  readonly smaller: number
  /** How many members may have one more. */
  readonly larger: number
}

function quotas(partitions: number, members: number): Quotas {
  return { smaller: Math.floor(partitions / members), larger: partitions % members }
}

function subscribersByTopic(shares: readonly Share[]): Map<string, Share[]> {
  const byTopic = new Map<string, Share[]>()
  for (const share of shares) {
    for (const topicId of share.member.subscribedTopicIds) {
      const subscribers = byTopic.get(topicId)
      if (subscribers) subscribers.push(share)
      else byTopic.set(topicId, [share])
    }
  }
  return new Map([...byTopic].sort(([a], [b]) => byText(a, b)))
}

/**
 * Members keep what they had, up to their quotas; returned is what is free then, the topics with the fewest
 * subscribers first.
 */
function keepOwned(
  group: GroupSpec,
  shares: readonly Share[],
  subscribers: ReadonlyMap<string, readonly Share[]>,
  quota: Quotas | undefined,
): [string, number[]][] {
  let larger = quota?.larger ?? 0
  const taken = new Map<string, Set<number>>()
  // Who has the most keeps the larger quotas: then the fewest partitions move.
  const byOwned = quota ? [...shares].sort((a, b) => ownedCount(b.member) - ownedCount(a.member)) : shares
  for (const share of byOwned) {
    for (const [topicId, partition] of ownedInOrder(group, share.member)) {
      if (contains(taken, topicId, partition)) continue
      if (quota && share.size >= quota.smaller) {
        if (share.size > quota.smaller || larger === 0) break
        larger--
      }
      take(share, topicId, partition)
      addTo(taken, topicId, partition)
    }
  }
  return [...subscribers]
    .sort(([, a], [, b]) => a.length - b.length)
    .map(([topicId]) => {
      const all = Array.from({ length: group.partitionCount(topicId) }, (_, partition) => partition)
      return [topicId, all.filter((partition) => !contains(taken, topicId, partition))]
    })
}

function ownedCount(member: MemberSpec): number {
  let count = 0
  for (const partitions of member.assigned.values()) count += partitions.size
  return count
}

/** What the member had and may still have. */
function ownedInOrder(group: GroupSpec, member: MemberSpec): [string, number][] {
  return [...member.assigned]
    .filter(([topicId]) => member.subscribedTopicIds.has(topicId))
    .sort(([a], [b]) => byText(a, b))
    .flatMap(([topicId, partitions]) =>
      [...partitions]
        .filter((partition) => partition < group.partitionCount(topicId))
        .sort((a, b) => a - b)
        .map((partition): [string, number] => [topicId, partition]),
    )
}

/** Each partition goes to whoever has the fewest, as water finds its level. */
function pour(topicId: string, partitions: readonly number[], subscribers: readonly Share[]): void {
  const shares = [...subscribers].sort((a, b) => a.size - b.size)
  let level = shares[0]?.size ?? 0
  let index = 0
  for (const partition of partitions) {
    const isFull = (shares[index]?.size ?? Infinity) > level
    if (isFull) [index, level] = [0, level + 1]
    const least = shares[index++]
    if (least) take(least, topicId, partition)
  }
}
