/**
 * nonmonotonic-watermark: a leader told a high watermark, last stable offset or log start below one that had been
 * told before it was asked; or a high watermark not above a record that had been acknowledged or read before.
 * A new leader that does not know better yet has to answer OFFSET_NOT_AVAILABLE (KIP-207).
 */

import type { Watermarks } from '../history.ts'
import { countBelow } from '../model/ranges.ts'
import type { Partition, WatermarkReading } from '../model/types.ts'
import type { Report, VerdictCheck } from '../verdict.ts'

export const nonmonotonicWatermark: VerdictCheck = {
  name: 'nonmonotonic-watermark',
  meaning: 'a high watermark, last stable offset or log start went back',
  find(model, report) {
    for (const partition of model.partitions.values()) {
      for (const mark of ['logStartOffset', 'lastStableOffset', 'highWatermark'] as const)
        findRegressions(partition, mark, report)
      for (const { floor, highWatermark, operation } of partition.watermarks) {
        if (!floor || highWatermark > floor.offset) continue
        report(partition.name, [floor.at, operation.invokedAt, operation.completedAt], () => {
          const known = `Offset ${floor.offset} was known in #${floor.at}`
          return `${known}, but a high watermark of ${highWatermark} was told in #${operation.completedAt}.`
        })
      }
    }
  },
}

function findRegressions({ name, watermarks }: Partition, mark: keyof Watermarks, report: Report): void {
  const completions = watermarks.map(({ operation }) => operation.completedAt)
  const highest: WatermarkReading[] = []
  for (const reading of watermarks) {
    const before = highest.at(-1)
    highest.push(before && before[mark] >= reading[mark] ? before : reading)
  }
  for (const reading of watermarks) {
    const { invokedAt, completedAt } = reading.operation
    const known = highest[countBelow(completions, invokedAt) - 1]
    if (!known || known[mark] <= reading[mark]) continue
    report(name, [known.operation.completedAt, invokedAt, completedAt], () => {
      const before = `${mark} was ${known[mark]} in #${known.operation.completedAt}`
      return `${before}, and ${reading[mark]} when asked again (#${completedAt}).`
    })
  }
}
