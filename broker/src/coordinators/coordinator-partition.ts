/**
 * The partition of an internal topic that keeps what has a key, such as a group of `__consumer_offsets` by its id:
 * Java's hash of the key, without its sign, modulo the partition count. Every Kafka broker and tool computes the same.
 */
export function coordinatorPartition(key: string, partitionCount: number): number {
  let hash = 0
  for (let index = 0; index < key.length; index++) {
    hash = (Math.imul(hash, 31) + key.charCodeAt(index)) | 0
  }
  const lowest = -2_147_483_648
  return (hash === lowest ? 0 : Math.abs(hash)) % partitionCount
}
