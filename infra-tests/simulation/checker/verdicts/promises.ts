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

/**
 * Whether compaction may have removed it: the partition holds a later record of its key, or it is a tombstone and the
 * final reading has nothing of what it deleted.
 */
export function compactedAway(partition: Partition): (entry: Entry) => boolean {
  if (!partition.topic.compacted) return () => false
  const latest = new Map<string, number>()
  for (const { write, offset } of partition.sorted)
    if (write?.key !== undefined && !isAborted(write)) latest.set(write.key, offset)
  const lasting = partition.topic.forgetsTombstones ? firstAtEnd(partition) : undefined
  return ({ write, offset }) => {
    if (write?.key === undefined) return false
    if ((latest.get(write.key) ?? offset) > offset) return true
    return lasting !== undefined && write.tombstone && (lasting.get(write.key) ?? offset) >= offset
  }
}

function isAborted({ transaction }: Send): boolean {
  return transaction?.status === 'aborted' || transaction?.status === 'open'
}

/** The first offset of each key in the final reading. */
function firstAtEnd(partition: Partition): ReadonlyMap<string, number> {
  const first = new Map<string, number>()
  for (const { records } of finalReading(partition)?.runs ?? []) {
    for (const [offset] of records) {
      const key = partition.entries.get(offset)?.write?.key
      if (key !== undefined && !first.has(key)) first.set(key, offset)
    }
  }
  return first
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
