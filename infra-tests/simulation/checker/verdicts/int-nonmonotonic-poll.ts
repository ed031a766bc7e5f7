/** int-nonmonotonic-poll: offsets went back, or stood still, within one poll or between polls of one transaction. */
import type { VerdictCheck } from '../verdict.ts'

export const intNonmonotonicPoll: VerdictCheck = {
  name: 'int-nonmonotonic-poll',
  meaning: 'offsets went back within one poll or transaction',
  find(model, report) {
    for (const partition of model.partitions.values()) {
      for (const { session, expected, offset, at, internal } of partition.steps) {
        if (!internal || offset > expected) continue
        report(partition.name, [at], () => {
          return `In #${at} ${session.client} got offset ${offset} after ${expected - 1}.`
        })
      }
    }
  },
}
