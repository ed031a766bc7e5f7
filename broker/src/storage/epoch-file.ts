/** `leader-epoch-checkpoint` of a partition. */
import type { Disk } from '../runtime/types.ts'
import { baseOffsetOf, leaderEpochOf } from './batch.ts'
import { CONTINUE } from './batch-scanner.ts'
import { decodeEpochCheckpoint, encodeEpochCheckpoint } from './checkpoint-file.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { LEADER_EPOCH_CHECKPOINT } from './names.ts'
import type { Segment } from './segment.ts'

/** A checkpoint that is missing or torn is made anew from the batches, each of which carries its epoch. */
export function loadEpochs(disk: Disk, folder: string, segments: readonly Segment[]): LeaderEpochs {
  const path = `${folder}/${LEADER_EPOCH_CHECKPOINT}`
  const entries = disk.exists(path) ? decodeEpochCheckpoint(disk.readFile(path)) : undefined
  if (entries !== undefined) return new LeaderEpochs(entries)
  const epochs = new LeaderEpochs()
  for (const segment of segments) {
    segment.scan(0, (buffer, at) => {
      epochs.assign(leaderEpochOf(buffer, at), baseOffsetOf(buffer, at))
      return CONTINUE
    })
  }
  if (epochs.entries.length > 0) storeEpochs(disk, folder, epochs)
  return epochs
}

/** The rename keeps a killed process from leaving half a file; after a power loss the batches tell. */
export function storeEpochs(disk: Disk, folder: string, epochs: LeaderEpochs): void {
  const path = `${folder}/${LEADER_EPOCH_CHECKPOINT}`
  const temporary = `${path}.tmp`
  disk.writeFile(temporary, encodeEpochCheckpoint(epochs.entries))
  disk.rename(temporary, path)
}
