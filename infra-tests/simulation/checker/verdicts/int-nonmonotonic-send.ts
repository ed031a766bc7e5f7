/** int-nonmonotonic-send: a transaction's records do not lie in a partition in the order in which they were sent. */
import { getOrAdd } from '../model/get-or-add.ts'
import type { Partition, Send } from '../model/types.ts'
import type { VerdictCheck } from '../verdict.ts'
import { describeSend, describeTransaction, evidenceOf } from './wording.ts'

export const intNonmonotonicSend: VerdictCheck = {
  name: 'int-nonmonotonic-send',
  meaning: 'records of one transaction lie in another order than they were sent in',
  find(model, report) {
    for (const transaction of model.transactions.values()) {
      const highest = new Map<Partition, Send>()
      for (const send of transaction.sends) {
        if (send.place < 0) continue
        const earlier = getOrAdd(highest, send.partition, () => send)
        if (send.place >= earlier.place) {
          highest.set(send.partition, send)
          continue
        }
        report(send.partition.name, [...evidenceOf(earlier), ...evidenceOf(send)], () => {
          const order = `${describeSend(send)} lies at ${send.place}, before ${describeSend(earlier)} at ${earlier.place}`
          return `In ${describeTransaction(transaction)}, ${order}, though it was sent later.`
        })
      }
    }
  },
}
