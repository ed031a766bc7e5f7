/**
 * precommitted-read: a consumer at read_committed read a record before anybody had asked to commit its transaction;
 * that includes a transaction's own writes. Of transactions that were aborted later, G1a tells.
 */
import type { VerdictCheck } from '../verdict.ts'
import { describeSend, describeTransaction, evidenceOf } from './wording.ts'

export const precommittedRead: VerdictCheck = {
  name: 'precommitted-read',
  meaning: 'read_committed showed a record before its transaction was committed',
  find(model, report) {
    for (const { name, sorted } of model.partitions.values()) {
      for (const { write, committedReadAt } of sorted) {
        const transaction = write?.transaction
        if (!write || !transaction || transaction.status === 'aborted') continue
        if (!Number.isFinite(committedReadAt) || committedReadAt > transaction.commitInvokedAt) continue
        const evidence = [
          transaction.beganAt,
          ...evidenceOf(write),
          committedReadAt,
          transaction.commitInvokedAt,
        ]
        report(name, evidence, () => {
          const commit = Number.isFinite(transaction.commitInvokedAt)
            ? `was asked for in #${transaction.commitInvokedAt} only`
            : 'was never asked for'
          const subject = `${describeSend(write)} of ${describeTransaction(transaction)}`
          return `${subject} was read in #${committedReadAt}; the commit ${commit}.`
        })
      }
    }
  },
}
