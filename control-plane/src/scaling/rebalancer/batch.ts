import type { PlannedMove } from './plan.ts'

/** How much may be under way at once: what bounds the load that moving puts on a cluster that serves. */
export interface MoveLimits {
  readonly concurrentBytes: number
  readonly concurrentMoves: number
  /** What begins together ends together, with new leaders for all of it in the same moment: so little begins at a time. */
  readonly beginningBytes: number
}

export const MOVE_LIMITS: MoveLimits = {
  concurrentBytes: 1024 ** 3,
  concurrentMoves: 50,
  beginningBytes: 256 * 1024 ** 2,
}

/** The next moves of a plan beside those under way: the smallest first; one at least, however large it is. */
export function nextBatch(
  plan: readonly PlannedMove[],
  underWay: { readonly bytes: number; readonly moves: number },
  limits: MoveLimits,
): PlannedMove[] {
  const batch: PlannedMove[] = []
  let beginning = 0
  for (const move of [...plan].sort((a, b) => a.sizeBytes - b.sizeBytes)) {
    const moves = underWay.moves + batch.length
    if (moves >= limits.concurrentMoves) break
    const sizeBytes = beginning + move.sizeBytes
    if (moves > 0 && underWay.bytes + sizeBytes > limits.concurrentBytes) break
    if (batch.length > 0 && sizeBytes > limits.beginningBytes) break
    batch.push(move)
    beginning = sizeBytes
  }
  return batch
}
