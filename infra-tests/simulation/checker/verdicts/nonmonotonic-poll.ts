/**
 * nonmonotonic-poll: a poll began before the consumer's position, without a rebalance, seek or crash to explain it.
 */
import type { VerdictCheck } from '../verdict.ts'

export const nonmonotonicPoll: VerdictCheck = {
  name: 'nonmonotonic-poll',
  meaning: 'a consumer went back between polls',
  find(model, report) {
    for (const partition of model.partitions.values()) {
      for (const { session, expected, expectedAt, offset, at, internal } of partition.steps) {
        if (internal || offset > expected) continue
        report(partition.name, [expectedAt, at], () => {
          return `${session.client} stood at offset ${expected} (#${expectedAt}) and was sent back to ${offset} (#${at}).`
        })
      }
    }
  },
}
