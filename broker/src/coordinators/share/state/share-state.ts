/** What is kept of one share-partition, and how later changes are laid over earlier ones. */
import type { StateBatch } from '../delivery.ts'

export interface ShareState {
  /** Rises with each snapshot. */
  readonly snapshotEpoch: number
  /** Rises when an administrator starts anew. */
  readonly stateEpoch: number
  /** Of the partition whose leader wrote last. */
  readonly leaderEpoch: number
  /** -1 until the first leader has found out where to begin. */
  readonly startOffset: number
  /** -1 if it is not known (KIP-1226). */
  readonly deliveryCompleteCount: number
  readonly createTimestampMs: number
  readonly stateBatches: readonly StateBatch[]
}

export interface ShareKey {
  readonly groupId: string
  readonly topicId: string
  readonly partition: number
}

/** By which the coordinator is found, as in FindCoordinator. */
export function coordinatorKey({ groupId, topicId, partition }: ShareKey): string {
  return `${groupId}:${topicId}:${partition}`
}

/** The newer batches count where both have something; what lies before the start offset is forgotten. */
export function mergeBatches(
  older: readonly StateBatch[],
  newer: readonly StateBatch[],
  startOffset: number,
): StateBatch[] {
  let merged = [...older]
  for (const batch of newer) merged = [...merged.flatMap((each) => without(each, batch)), batch]
  const kept = merged
    .filter(({ lastOffset }) => lastOffset >= startOffset)
    .map((batch) => ({ ...batch, firstOffset: Math.max(batch.firstOffset, startOffset) }))
    .sort((one, other) => one.firstOffset - other.firstOffset)
  return joined(kept)
}

function without(batch: StateBatch, { firstOffset, lastOffset }: StateBatch): StateBatch[] {
  const parts = [
    { ...batch, lastOffset: Math.min(batch.lastOffset, firstOffset - 1) },
    { ...batch, firstOffset: Math.max(batch.firstOffset, lastOffset + 1) },
  ]
  return parts.filter((part) => part.firstOffset <= part.lastOffset)
}

function joined(batches: readonly StateBatch[]): StateBatch[] {
  const result: StateBatch[] = []
  for (const batch of batches) {
    const last = result.at(-1)
    const isNeighbour =
      last?.lastOffset === batch.firstOffset - 1 &&
      last.deliveryState === batch.deliveryState &&
      last.deliveryCount === batch.deliveryCount
    if (last !== undefined && isNeighbour)
      result[result.length - 1] = { ...last, lastOffset: batch.lastOffset }
    else result.push(batch)
  }
  return result
}
