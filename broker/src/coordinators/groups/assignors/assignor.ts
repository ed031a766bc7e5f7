/** Server-side assignors (KIP-848): who is to read which partitions, given what everybody has now. */
import type { TopicPartitions } from '../target/partitions.ts'

export interface MemberSpec {
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** Of topics that exist. */
  readonly subscribedTopicIds: ReadonlySet<string>
  /** The member's part of the target assignment before. */
  readonly assigned: TopicPartitions
}

export interface GroupSpec {
  readonly members: readonly MemberSpec[]
  /** 0 for a topic that does not exist. */
  partitionCount(topicId: string): number
}

/** By member id, for every member. The same group gives the same assignment, in whatever order members are named. */
export type Assign = (group: GroupSpec) => Map<string, TopicPartitions>

export interface Assignor {
  readonly name: string
  readonly assign: Assign
}

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
