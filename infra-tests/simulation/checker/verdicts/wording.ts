/** Sentences that several explanations share. */
import type { Entry, Send, Session, Transaction } from '../model/types.ts'

export function describeSend(send: Send): string {
  const { value, partition, client, operation, invokedAt } = send
  const where = send.offset >= 0 ? ` at offset ${send.offset}` : ''
  const outcome = Number.isFinite(operation.completedAt)
    ? `acknowledged${where} in #${operation.completedAt}`
    : { ok: 'acknowledged', fail: 'failed', info: 'unknown outcome', pending: 'never completed' }[
        operation.outcome
      ]
  return `"${value}" (sent to ${partition.name} by ${client} in #${invokedAt}, ${outcome})`
}

export function describeEntry(entry: Entry): string {
  if (entry.write) return describeSend(entry.write)
  return `"${entry.value}" (offset ${entry.offset} of ${entry.partition.name}, known from #${entry.firstAt})`
}

export function describeTransaction(transaction: Transaction): string {
  const { name, status, beganAt, settledAt } = transaction
  const end = Number.isFinite(settledAt) ? ` in #${settledAt}` : ''
  return `transaction ${name} (begun in #${beganAt}, ${status}${end})`
}

export function evidenceOf(send: Send | undefined): number[] {
  return send ? [send.invokedAt, send.operation.completedAt] : []
}

/** The poll, in a session that has read past this offset, which would have had to return it. */
export function passedBy(
  sessions: readonly Session[],
  offset: number,
): { session: Session; at: number } | undefined {
  for (const session of sessions) {
    if (offset < session.start || session.end <= offset) continue
    const run = session.runs.find(({ records }) => (records.at(-1)?.[0] ?? -1) > offset)
    return { session, at: run?.at ?? session.drainedAt }
  }
  return undefined
}
