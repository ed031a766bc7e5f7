import type { CoordinatorShard, ProducerStamp } from '../../coordinators/coordinator-shard.ts'
import type { PartitionLog } from '../../storage/index.ts'
import {
  baseOffset,
  decodeMarker,
  decodeRecords,
  isControlBatch,
  isTransactionalBatch,
  lastOffset,
  producerEpoch,
  producerId,
  sizeInBytes,
} from '../../wire/index.ts'

/** Log bytes that are replayed in one go: other requests get their turn in between. */
const STEP_BYTES = 256 * 1024

/**
 * Replays the batches of one read into a shard that is loading; returns the offset to go on from. Or replays nothing and
 * returns what to await first: the disk has to bring them.
 */
export function replayStep(
  log: PartitionLog,
  shard: CoordinatorShard,
  from: number,
  isBroughtIn: boolean,
): number | Promise<void> {
  if (from >= log.logEndOffset) return from
  let broughtIn: Promise<void> | undefined
  const whenCold = (promise: Promise<void>) => {
    broughtIn = promise
  }
  const bytes = log.read(
    from,
    {
      maxBytes: STEP_BYTES,
      upTo: log.logEndOffset,
      minOneBatch: true,
      whenCold: isBroughtIn ? undefined : whenCold,
    },
    (sizeBytes) => Buffer.allocUnsafe(sizeBytes),
  )
  if (broughtIn !== undefined) return broughtIn
  let next = from
  for (let at = 0; at < bytes.length; at += sizeInBytes(bytes, at)) {
    if (isControlBatch(bytes, at)) replayMarker(shard, bytes, at)
    else replayRecords(shard, bytes, at)
    next = lastOffset(bytes, at) + 1
  }
  if (next === from) throw new Error(`${log.topic}-${log.partition}: nothing could be read at offset ${from}`)
  return next
}

function replayRecords(shard: CoordinatorShard, bytes: Buffer, at: number): void {
  const transaction = isTransactionalBatch(bytes, at) ? stampOf(bytes, at) : undefined
  const batch = { baseOffset: baseOffset(bytes, at), transaction }
  for (const record of decodeRecords(bytes, at)) {
    if (record.key !== null) shard.replay(record.key, record.value, batch)
  }
}

function replayMarker(shard: CoordinatorShard, bytes: Buffer, at: number): void {
  const marker = decodeMarker(bytes, at)
  if (marker !== undefined) shard.replayMarker?.({ ...stampOf(bytes, at), ...marker })
}

function stampOf(bytes: Buffer, at: number): ProducerStamp {
  return { producerId: producerId(bytes, at), producerEpoch: producerEpoch(bytes, at) }
}
