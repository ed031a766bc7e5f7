/**
 * The partition of `__consumer_offsets` that keeps a group: Java's hash of the group id, without its sign,
 * modulo the partition count. Every Kafka broker and tool computes the same.
 */
export function coordinatorPartition(groupId: string, partitionCount: number): number {
  let hash = 0
  for (let index = 0; index < groupId.length; index++) {
    hash = (Math.imul(hash, 31) + groupId.charCodeAt(index)) | 0
  }
  const lowest = -2_147_483_648
  return (hash === lowest ? 0 : Math.abs(hash)) % partitionCount
}
