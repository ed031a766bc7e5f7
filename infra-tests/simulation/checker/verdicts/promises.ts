/** What a cluster has promised to keep, which several verdicts ask. */
import type { Entry, Partition, Send, Session } from '../model/types.ts'

/** An acknowledgement that counts: acks=all, and of a transaction that was committed, if it is part of one. */
export function isPromised(send: Send): boolean {
  if (send.operation.outcome !== 'ok' || !send.acksAll) return false
  return send.transaction === undefined || send.transaction.status === 'committed'
}

/**
 * The event since which the cluster may not lose an entry; Infinity if it never promised that. What a consumer has
 * read lies below the high watermark and stays, unless its transaction does not.
 */
export function promisedAt(entry: Entry): number {
  const { write } = entry
  const acknowledged = write && write.offset === entry.offset && isPromised(write)
  const settledAt = write?.transaction?.settledAt ?? 0
  const ackAt = acknowledged ? Math.max(write.operation.completedAt, settledAt) : Number.POSITIVE_INFINITY
  return Math.min(ackAt, readPromisedAt(entry))
}

/** Whether compaction may have removed it: the partition holds a later record of its key. */
export function compactedAway(partition: Partition): (entry: Entry) => boolean {
  if (!partition.topic.compacted) return () => false
  const latest = new Map<string, number>()
  for (const { write, offset } of partition.sorted)
    if (write?.key !== undefined) latest.set(write.key, offset)
  return ({ write, offset }) => write?.key !== undefined && (latest.get(write.key) ?? offset) > offset
}

/** The last complete reading of the partition. */
export function finalReading({ sessions }: Partition): Session | undefined {
  let last: Session | undefined
  for (const session of sessions)
    if (session.drainedAt >= 0 && session.drainedAt > (last?.drainedAt ?? -1)) last = session
  return last
}

function readPromisedAt({ write, readAt, committedReadAt }: Entry): number {
  const transaction = write?.transaction
  if (!transaction) return write ? readAt : committedReadAt
  if (transaction.status === 'committed') return Math.max(readAt, transaction.settledAt)
  return transaction.status === 'unknown' ? committedReadAt : Number.POSITIVE_INFINITY
}
