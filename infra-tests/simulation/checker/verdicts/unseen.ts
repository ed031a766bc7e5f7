/**
 * unseen: a record that had been promised before the final reading of its partition began lies outside of what that
 * reading found: behind its end (the log was cut) or before its start, where no retention may have deleted it. Also
 * an acknowledged record whose offset nobody knows and which nobody has read.
 */
import type { Entry, Partition, Session } from '../model/types.ts'
import type { Report, VerdictCheck } from '../verdict.ts'
import { compactedAway, finalReading, isPromised, promisedAt } from './promises.ts'
import { describeEntry, describeSend, evidenceOf } from './wording.ts'

export const unseen: VerdictCheck = {
  name: 'unseen',
  meaning: 'acknowledged, but not there when everything was read at the end',
  find(model, report) {
    for (const partition of model.partitions.values()) {
      const final = finalReading(partition)
      if (!final) continue
      findOutside(partition, final, report)
      for (const send of partition.sends) {
        const placed = send.place >= 0 || (model.values.get(send.value)?.places.length ?? 0) > 0
        const known = Math.max(send.operation.completedAt, send.transaction?.settledAt ?? 0)
        const { compacted, trimmed } = partition.topic
        const mayBeGone = trimmed || (compacted && send.key !== undefined)
        if (placed || !isPromised(send) || known >= final.openedAt || mayBeGone) continue
        report(partition.name, [...evidenceOf(send), final.drainedAt], () => {
          return `${describeSend(send)} was never read, also not by the final reading (complete in #${final.drainedAt}).`
        })
      }
    }
  },
}

function findOutside(partition: Partition, final: Session, report: Report): void {
  const excused = compactedAway(partition)
  for (const entry of partition.sorted) {
    const mayBeGone = partition.topic.trimmed || entry.offset < partition.deletedUpTo
    const before = entry.offset < final.start && !mayBeGone
    if (!before && entry.offset < final.end) continue
    if (promisedAt(entry) >= final.openedAt || excused(entry)) continue
    report(partition.name, [...evidenceOf(entry.write), entry.firstAt, final.openedAt, final.drainedAt], () =>
      explain(entry, final),
    )
  }
}

function explain(entry: Entry, final: Session): string {
  const read = Number.isFinite(entry.readAt) ? ` It had been read in #${entry.readAt}.` : ''
  return (
    `${describeEntry(entry)} was promised before the final reading began in #${final.openedAt}, but that found ` +
    `offsets ${final.start} to ${final.end - 1} only (#${final.drainedAt}).${read}`
  )
}
