/** `leader-epoch-checkpoint` of a partition. */
import type { Disk } from '../../runtime/types.ts'
import { baseOffsetOf, leaderEpochOf } from '../batches/batch.ts'
import { decodeEpochCheckpoint, encodeEpochCheckpoint } from '../log-dir/checkpoint-file.ts'
import { LEADER_EPOCH_CHECKPOINT } from '../names.ts'
import type { Segment } from '../segment/segment.ts'
import type { Sliced } from '../slices.ts'
import type { EpochEntry, LeaderEpochs } from './leader-epochs.ts'

/** Undefined if it is missing or torn. */
export function readEpochs(disk: Disk, folder: string, names: readonly string[]): EpochEntry[] | undefined {
  if (!names.includes(LEADER_EPOCH_CHECKPOINT)) return undefined
  return decodeEpochCheckpoint(disk.readFile(`${folder}/${LEADER_EPOCH_CHECKPOINT}`))
}

/** Each batch carries its epoch: in place of a checkpoint. */
export function* epochsOfBatches(segments: readonly Segment[], epochs: LeaderEpochs): Sliced<void> {
  for (const segment of segments) {
    yield* segment.scanInSlices(0, (buffer, at) =>
      epochs.assign(leaderEpochOf(buffer, at), baseOffsetOf(buffer, at)),
    )
  }
}

/** What a killed process or a power loss leaves half written is no whole checkpoint, and then the batches tell. */
export function storeEpochs(disk: Disk, folder: string, epochs: LeaderEpochs): void {
  disk.writeFile(`${folder}/${LEADER_EPOCH_CHECKPOINT}`, encodeEpochCheckpoint(epochs.entries))
}

/**
 * As `storeEpochs`, where the file has all but the latest entries. Written over in place: to replace or to empty a
 * file, ext4 waits for the disk. Cut short, the number of entries at its head does not fit.
 */
export function extendStoredEpochs(disk: Disk, folder: string, epochs: LeaderEpochs): void {
  const file = disk.open(`${folder}/${LEADER_EPOCH_CHECKPOINT}`, 'write')
  try {
    file.write([encodeEpochCheckpoint(epochs.entries)], 0)
  } finally {
    file.close()
  }
}
