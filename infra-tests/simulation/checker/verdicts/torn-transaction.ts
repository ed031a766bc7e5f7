/**
 * G1b, intermediate read: a part of a transaction is visible at read_committed and another part, acknowledged as
 * well, is not, although consumers read past it. Its outcome may be unknown to the producer: one visible record
 * proves the commit.
 */
import { coverageOf, type Range } from '../model/ranges.ts'
import type { Model, Partition, Send, Transaction } from '../model/types.ts'
import type { VerdictCheck } from '../verdict.ts'
import { compactedAway } from './promises.ts'
import { describeSend, describeTransaction, evidenceOf, passedBy } from './wording.ts'

export const tornTransaction: VerdictCheck = {
  name: 'G1b',
  meaning: 'a transaction is visible in part',
  find(model, report) {
    const missing = Map.groupBy(missingSends(model), ({ transaction }) => transaction)
    for (const [transaction, hidden] of missing) {
      if (!transaction || transaction.status === 'aborted') continue
      const visible = transaction.sends.find((send) => Number.isFinite(committedReadAt(send)))
      const [first] = hidden
      if (!visible || !first) continue
      const passedAt = () => passedBy(committedSessions(first.partition), first.place)?.at ?? -1
      report(
        transaction.name,
        () => [...evidenceOf(visible), committedReadAt(visible), ...evidenceOf(first), passedAt()],
        () => explain(transaction, visible, hidden.length, first, passedAt()),
      )
    }
  },
}

function explain(
  transaction: Transaction,
  visible: Send,
  count: number,
  first: Send,
  passedAt: number,
): string {
  return (
    `Of ${describeTransaction(transaction)}, ${describeSend(visible)} was read in #${committedReadAt(visible)}, but ` +
    `nobody read ${count} of its acknowledged records, among them ${describeSend(first)}, whose offset was passed ` +
    `in #${passedAt}.`
  )
}

function missingSends(model: Model): Send[] {
  const missing: Send[] = []
  for (const partition of model.partitions.values()) {
    const transactional = partition.sends.filter(
      (send) => send.transaction && send.offset >= 0 && !Number.isFinite(committedReadAt(send)),
    )
    if (transactional.length === 0) continue
    const ranges = coverageOf(committedSessions(partition))
    const excused = compactedAway(partition)
    for (const send of transactional) {
      const entry = partition.entries.get(send.offset)
      if (entry?.write === send && isIn(ranges, send.offset) && !excused(entry)) missing.push(send)
    }
  }
  return missing
}

function committedSessions({ sessions }: Partition) {
  return sessions.filter(({ readCommitted }) => readCommitted)
}

function committedReadAt(send: Send): number {
  const entry = send.partition.entries.get(send.place)
  return entry?.write === send ? entry.committedReadAt : Number.POSITIVE_INFINITY
}

function isIn(ranges: readonly Range[], offset: number): boolean {
  return ranges.some(({ start, end }) => start <= offset && offset < end)
}
