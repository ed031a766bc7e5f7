/**
 * lost-write: a record that was acknowledged (acks=all; its transaction, if any, was committed) was never read by
 * anybody, though a consumer read past its offset; or a record that the cluster had promised to keep is missing
 * from the final reading of its partition, which has later ones. Compaction is an excuse, nothing else.
 */
import { coverageOf, entriesIn } from '../model/ranges.ts'
import type { Entry, Partition } from '../model/types.ts'
import type { Report, VerdictCheck } from '../verdict.ts'
import { compactedAway, finalReading, isPromised, promisedAt } from './promises.ts'
import { describeEntry, evidenceOf, passedBy } from './wording.ts'

export const lostWrite: VerdictCheck = {
  name: 'lost-write',
  meaning: 'acknowledged, but missing though later records were read',
  find(model, report) {
    for (const partition of model.partitions.values()) findInPartition(partition, report)
  },
}

function findInPartition(partition: Partition, report: Report): void {
  const excused = compactedAway(partition)
  const final = finalReading(partition)
  const atEnd = new Set(final?.runs.flatMap(({ records }) => records.map(([offset]) => offset)))
  for (const entry of entriesIn(coverageOf(partition.sessions), partition.sorted)) {
    const neverRead =
      entry.readAt === Number.POSITIVE_INFINITY && entry.write !== undefined && isPromised(entry.write)
    const gone =
      final !== undefined &&
      final.start <= entry.offset &&
      entry.offset < final.end &&
      !atEnd.has(entry.offset) &&
      promisedAt(entry) < final.drainedAt
    if ((neverRead || gone) && !excused(entry))
      reportLost(partition, entry, gone ? final.drainedAt : -1, report)
  }
}

function reportLost(partition: Partition, entry: Entry, drainedAt: number, report: Report): void {
  const passed = () => passedBy(partition.sessions, entry.offset)
  report(
    partition.name,
    () => [...evidenceOf(entry.write), entry.firstAt, passed()?.at ?? -1, drainedAt],
    () => explain(entry, drainedAt, passed()),
  )
}

function explain(entry: Entry, drainedAt: number, passed: ReturnType<typeof passedBy>): string {
  const read = Number.isFinite(entry.readAt) ? `It was read in #${entry.readAt}` : 'Nobody ever read it'
  const past = passed
    ? `, but ${passed.session.client} read past offset ${entry.offset} in #${passed.at}`
    : ''
  const end = drainedAt >= 0 ? `; the final reading, complete in #${drainedAt}, does not have it` : ''
  return `${describeEntry(entry)} is lost. ${read}${past}${end}.`
}
