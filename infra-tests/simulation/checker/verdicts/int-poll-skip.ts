/**
 * int-poll-skip: within one poll, or between the polls of one transaction, a consumer jumped over records that
 * others did read.
 */
import type { VerdictCheck } from '../verdict.ts'
import { skips } from './steps.ts'
import { describeEntry, evidenceOf } from './wording.ts'

export const intPollSkip: VerdictCheck = {
  name: 'int-poll-skip',
  meaning: 'a consumer jumped over records within one poll or transaction',
  find(model, report) {
    for (const { session, partition, expected, offset, at, count, first } of skips(model, true)) {
      report(partition.name, [at, first.readAt, ...evidenceOf(first.write)], () => {
        return (
          `In #${at} ${session.client} got offset ${offset} where ${expected} was next and jumped over ${count} ` +
          `records, first ${describeEntry(first)}, read in #${first.readAt}.`
        )
      })
    }
  },
}
