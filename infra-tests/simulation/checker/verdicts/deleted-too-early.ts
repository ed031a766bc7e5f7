/**
 * deleted-too-early: a log begins behind a record that was sent less than `retention.ms` before. How old a record is its
 * timestamp tells, which is not before it was sent.
 */
import type { Partition } from '../model/types.ts'
import type { Report, VerdictCheck } from '../verdict.ts'
import { describeEntry, evidenceOf } from './wording.ts'

export const deletedTooEarly: VerdictCheck = {
  name: 'deleted-too-early',
  meaning: 'retention deleted a record that was not old enough',
  find(model, report) {
    for (const partition of model.partitions.values()) {
      const { retentionMs } = partition.topic
      if (retentionMs !== undefined) findIn(partition, retentionMs, report)
    }
  },
}

function findIn({ name, sorted, starts }: Partition, retentionMs: number, report: Report): void {
  let next = 0
  for (const { client, offset, at, atMs } of starts) {
    for (let entry = sorted[next]; entry !== undefined && entry.offset < offset; entry = sorted[++next]) {
      const { write } = entry
      const ageMs = write === undefined ? Infinity : atMs - write.operation.invokedAtMs
      if (ageMs >= retentionMs) continue
      report(name, [...evidenceOf(write), at], () => {
        return `${client} was told that the log begins at ${offset} (#${at}), behind ${describeEntry(entry)}, ${ageMs} ms old at most; ${retentionMs} ms are promised.`
      })
    }
  }
}
