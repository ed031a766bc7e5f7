/**
 * realtime-order: a record was acknowledged at an offset below one that had been acknowledged or read before it was
 * sent. A log only grows at its end, so something was cut off, or the acknowledgement names a wrong offset (such as
 * a spurious 0). A producer's own acknowledgements are the matter of nonmonotonic-send.
 */
import type { VerdictCheck } from '../verdict.ts'
import { describeSend, evidenceOf } from './wording.ts'

export const realtimeOrder: VerdictCheck = {
  name: 'realtime-order',
  meaning: 'acknowledged below an offset that was known before it was sent',
  find(model, report) {
    for (const { name, sends } of model.partitions.values()) {
      for (const send of sends) {
        const { floor, ownFloor } = send
        if (!floor || !send.acksAll || send.offset < 0 || send.offset >= floor.offset) continue
        if (ownFloor && send.offset < ownFloor.offset) continue
        report(name, [floor.at, ...evidenceOf(floor.send), ...evidenceOf(send)], () => {
          const how = floor.send ? `acknowledged for ${describeSend(floor.send)}` : 'read'
          return `Offset ${floor.offset} was ${how} in #${floor.at}; sent after that, ${describeSend(send)} lies below.`
        })
      }
    }
  },
}
