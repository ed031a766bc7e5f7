import type { GroupShard } from '../coordinators/groups/index.ts'
import type { PartitionLog } from '../storage/index.ts'
import { decodeRecords, lastOffset, sizeInBytes } from '../wire/index.ts'

/** Log bytes that are replayed in one go: other requests get their turn in between. */
const STEP_BYTES = 256 * 1024

/** Replays the batches of one read into a shard that is loading; returns the offset to go on from. */
export function replayStep(log: PartitionLog, shard: GroupShard, from: number): number {
  if (from >= log.logEndOffset) return from
  const options = { maxBytes: STEP_BYTES, upTo: log.logEndOffset, minOneBatch: true }
  const bytes = log.read(from, options, (sizeBytes) => Buffer.allocUnsafe(sizeBytes))
  let next = from
  for (let at = 0; at < bytes.length; at += sizeInBytes(bytes, at)) {
    for (const record of decodeRecords(bytes, at)) {
      if (record.key !== null) shard.replay(record.key, record.value)
    }
    next = lastOffset(bytes, at) + 1
  }
  if (next === from) throw new Error(`${log.topic}-${log.partition}: nothing could be read at offset ${from}`)
  return next
}
