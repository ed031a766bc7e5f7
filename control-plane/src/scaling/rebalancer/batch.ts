import type { PlannedMove } from './plan.ts'

/** How much may be under way at once: what bounds the load that moving puts on a cluster that serves. */
export interface MoveLimits {
  readonly concurrentBytes: number
  readonly concurrentMoves: number
}

export const MOVE_LIMITS: MoveLimits = { concurrentBytes: 1024 ** 3, concurrentMoves: 50 }

/** The next moves of a plan beside those under way: the smallest first; one at least, however large it is. */
export function nextBatch(
  plan: readonly PlannedMove[],
  underWay: { readonly bytes: number; readonly moves: number },
  limits: MoveLimits,
): PlannedMove[] {
  const batch: PlannedMove[] = []
  let bytes = underWay.bytes
  for (const move of [...plan].sort((a, b) => a.sizeBytes - b.sizeBytes)) {
    const moves = underWay.moves + batch.length
    if (moves >= limits.concurrentMoves) break
    if (moves > 0 && bytes + move.sizeBytes > limits.concurrentBytes) break
    batch.push(move)
    bytes += move.sizeBytes
  }
  return batch
}
