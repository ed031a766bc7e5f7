import type { PlannedMove } from './plan.ts'

/** How much may be under way at once: what bounds the load that moving puts on a cluster that serves. */
export interface MoveLimits {
  /**
   * By one broker: it copies all that it receives at the same time, and what it has begun together ends together, with
   * new leaders for all of it in the same moment.
   */
  readonly receivedBytes: number
  readonly concurrentMoves: number
  /** So little begins at a time. */
  readonly beginningBytes: number
}

export const MOVE_LIMITS: MoveLimits = {
  receivedBytes: 256 * 1024 ** 2,
  concurrentMoves: 50,
  beginningBytes: 128 * 1024 ** 2,
}

/** A move that has begun. */
export type MoveUnderWay = Pick<PlannedMove, 'sizeBytes' | 'receivers'>

/** The next moves of a plan beside those under way: the smallest first; a broker that receives nothing takes any one. */
export function nextBatch(
  plan: readonly PlannedMove[],
  underWay: readonly MoveUnderWay[],
  limits: MoveLimits,
): PlannedMove[] {
  const batch: PlannedMove[] = []
  let beginning = 0
  const received = new Map<number, number>()
  for (const move of underWay) receive(received, move)
  for (const move of [...plan].sort((a, b) => a.sizeBytes - b.sizeBytes)) {
    if (underWay.length + batch.length >= limits.concurrentMoves) break
    const { sizeBytes, receivers } = move
    if (batch.length > 0 && beginning + sizeBytes > limits.beginningBytes) break
    const isTooMuch = (broker: number) =>
      (received.get(broker) ?? -Infinity) + sizeBytes > limits.receivedBytes
    if (receivers.some(isTooMuch)) continue
    batch.push(move)
    beginning += sizeBytes
    receive(received, move)
  }
  return batch
}

function receive(received: Map<number, number>, { sizeBytes, receivers }: MoveUnderWay): void {
  for (const broker of receivers) received.set(broker, (received.get(broker) ?? 0) + sizeBytes)
}
