/**
 * offset-gap: offsets are dense. In a partition that no transaction writes to there are no control records, and
 * without compaction every offset holds a record: a reader that jumps over an offset nobody knows of met a hole.
 */
import { countBelow } from '../model/ranges.ts'
import type { Partition, Session } from '../model/types.ts'
import type { Report, VerdictCheck } from '../verdict.ts'

export const offsetGap: VerdictCheck = {
  name: 'offset-gap',
  meaning: 'a hole in the offsets of a partition without transactions and compaction',
  find(model, report) {
    for (const partition of model.partitions.values()) {
      if (partition.topic.compacted || partition.sends.some(({ transaction }) => transaction)) continue
      const known = partition.sorted.map(({ offset }) => offset)
      for (const session of partition.sessions) findInSession(partition, session, known, report)
    }
  },
}

function findInSession(
  partition: Partition,
  session: Session,
  known: readonly number[],
  report: Report,
): void {
  let next = session.start
  const jump = (from: number, to: number, at: number): void => {
    const unknown = to - from - (countBelow(known, to) - countBelow(known, from))
    if (unknown <= 0) return
    report(partition.name, [session.openedAt, at], () => {
      return `${session.client} went from offset ${from} to ${to} in #${at}; ${unknown} offsets between hold nothing.`
    })
  }
  for (const { records, at } of session.runs) {
    for (const [offset] of records) {
      if (offset > next) jump(next, offset, at)
      next = offset + 1
    }
  }
  if (session.drainedAt >= 0 && session.end > next) jump(next, session.end, session.drainedAt)
}
