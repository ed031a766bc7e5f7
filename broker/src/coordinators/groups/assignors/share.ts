import { addTo } from '../target/partitions.ts'
import type { MemberSpec } from './assignor.ts'

/** A member while partitions are being handed out. */
export interface Share {
  readonly member: MemberSpec
  readonly partitions: Map<string, Set<number>>
  size: number
}

export function take(share: Share, topicId: string, partition: number): void {
  addTo(share.partitions, topicId, partition)
  share.size++
}
