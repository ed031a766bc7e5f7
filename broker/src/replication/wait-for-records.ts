import type { Timers } from '../runtime/types.ts'
import type { Partition } from './partition.ts'

/**
 * Resolves when `bytesMissing` more bytes can be read from the partitions, when one of them changed its leader, or
 * after `waitMs` at the latest.
 */
export function waitForRecords(
  partitions: readonly Partition[],
  bytesMissing: number,
  waitMs: number,
  timers: Timers,
): Promise<void> {
  return new Promise((resolve) => {
    let missing = bytesMissing
    const finish = () => {
      timer.cancel()
      for (const stop of stops) stop()
      resolve()
    }
    const timer = timers.after(waitMs, finish)
    const stops = partitions.map((partition) =>
      partition.watch((sizeBytes) => {
        missing -= sizeBytes
        if (missing <= 0) finish()
      }),
    )
  })
}
