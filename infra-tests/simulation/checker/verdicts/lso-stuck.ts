/**
 * lso-stuck: the last stable offset told for a partition at the end stays below its high watermark, although every
 * transaction that wrote there was ended, or timed out, long enough before: readers at read_committed would wait
 * for ever.
 */
import type { Partition, Transaction, WatermarkReading } from '../model/types.ts'
import type { VerdictCheck } from '../verdict.ts'
import { describeTransaction } from './wording.ts'

export const lsoStuck: VerdictCheck = {
  name: 'lso-stuck',
  meaning: 'the last stable offset stays behind though no transaction is open',
  find(model, report, { transactionGraceMs }) {
    for (const partition of model.partitions.values()) {
      const last = partition.watermarks.at(-1)
      if (!last || last.lastStableOffset >= last.highWatermark) continue
      if (last.operation.invokedAt < model.healedAt) continue
      const transactions = transactionsOf(partition)
      const mayHold = transactions.some(
        (one) => holdsUntilMs(one, transactionGraceMs) > last.operation.invokedAtMs,
      )
      if (mayHold) continue
      const latest = transactions.toSorted((left, right) => left.lastAtMs - right.lastAtMs).at(-1)
      report(
        partition.name,
        [
          latest?.beganAt ?? -1,
          latest?.end?.completedAt ?? -1,
          last.operation.invokedAt,
          last.operation.completedAt,
        ],
        () => explain(last, latest),
      )
    }
  },
}

function explain(
  { lastStableOffset, highWatermark, operation }: WatermarkReading,
  latest?: Transaction,
): string {
  const why = latest
    ? `the last to write there was ${describeTransaction(latest)}`
    : 'no transaction wrote there'
  const gap = `The last stable offset is ${lastStableOffset}, the high watermark ${highWatermark}`
  return `${gap} (#${operation.completedAt}), but no transaction can be open: ${why}.`
}

function transactionsOf({ sends }: Partition): Transaction[] {
  const transactions = new Set<Transaction>()
  for (const { transaction } of sends) if (transaction) transactions.add(transaction)
  return [...transactions]
}

/** A commit that failed leaves the transaction open until its timeout. */
function holdsUntilMs({ end, lastAtMs, timeoutMs }: Transaction, graceMs: number): number {
  return lastAtMs + graceMs + (end?.outcome === 'ok' ? 0 : timeoutMs)
}
