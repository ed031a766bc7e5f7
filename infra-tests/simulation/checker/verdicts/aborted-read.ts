/** G1a, aborted read: a consumer at read_committed read a record of a transaction that was aborted. */
import type { VerdictCheck } from '../verdict.ts'
import { describeSend, describeTransaction, evidenceOf } from './wording.ts'

export const abortedRead: VerdictCheck = {
  name: 'G1a',
  meaning: 'read_committed showed a record of an aborted transaction',
  find(model, report) {
    for (const { name, sorted } of model.partitions.values()) {
      for (const { write, committedReadAt } of sorted) {
        const transaction = write?.transaction
        if (!write || transaction?.status !== 'aborted' || !Number.isFinite(committedReadAt)) continue
        const evidence = [transaction.beganAt, ...evidenceOf(write), transaction.settledAt, committedReadAt]
        report(name, evidence, () => {
          return `${describeSend(write)} of ${describeTransaction(transaction)} was read in #${committedReadAt}.`
        })
      }
    }
  },
}
