/**
 * int-send-skip: between two records of a transaction lie others. Allowed: Kafka's transactions do not isolate
 * writes, so those of concurrent producers interleave.
 */
import type { Send } from '../model/types.ts'
import type { VerdictCheck } from '../verdict.ts'
import { describeSend, evidenceOf } from './wording.ts'

export const intSendSkip: VerdictCheck = {
  name: 'int-send-skip',
  meaning: "other records lie between a transaction's records",
  allowed: true,
  find(model, report) {
    for (const { name, sorted } of model.partitions.values()) {
      let last: Send | undefined
      const lastOf = new Map<string, Send>()
      for (const { write } of sorted) {
        if (!write) continue
        const transaction = write.transaction?.name
        const before = transaction === undefined ? undefined : lastOf.get(transaction)
        const between = last
        if (before && between && between !== before) {
          report(name, [...evidenceOf(before), ...evidenceOf(between), ...evidenceOf(write)], () => {
            return `${describeSend(between)} lies between ${describeSend(before)} and ${describeSend(write)}.`
          })
        }
        if (transaction !== undefined) lastOf.set(transaction, write)
        last = write
      }
    }
  },
}
