/**
 * nonmonotonic-send: a producer sent a record after an earlier one to the same partition had been acknowledged, and
 * got a lower offset for it.
 */
import type { VerdictCheck } from '../verdict.ts'
import { describeSend, evidenceOf } from './wording.ts'

export const nonmonotonicSend: VerdictCheck = {
  name: 'nonmonotonic-send',
  meaning: "a producer's acknowledged offsets went back",
  find(model, report) {
    for (const { name, sends } of model.partitions.values()) {
      for (const send of sends) {
        const earlier = send.ownFloor?.send
        if (!earlier || !send.acksAll || send.offset < 0 || send.offset >= earlier.offset) continue
        if (send.transaction !== undefined && send.transaction === earlier.transaction) continue
        report(name, [...evidenceOf(earlier), ...evidenceOf(send)], () => {
          return `${describeSend(send)} lies before ${describeSend(earlier)}, which it was sent after.`
        })
      }
    }
  },
}
