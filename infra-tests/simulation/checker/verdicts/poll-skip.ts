/**
 * poll-skip: between two polls, or between an assignment or seek and the first poll, a consumer jumped over records
 * that others did read. Rebalances, seeks and crashes begin anew, from the position that they name. Control
 * records, aborted transactions and compaction leave legal gaps.
 */
import type { VerdictCheck } from '../verdict.ts'
import { skips } from './steps.ts'
import { describeEntry, evidenceOf } from './wording.ts'

export const pollSkip: VerdictCheck = {
  name: 'poll-skip',
  meaning: 'a consumer jumped over records between polls',
  find(model, report) {
    for (const { session, partition, expected, expectedAt, offset, at, count, first } of skips(
      model,
      false,
    )) {
      report(partition.name, [expectedAt, at, first.readAt, ...evidenceOf(first.write)], () => {
        const position = `${session.client} stood at offset ${expected} (#${expectedAt}) and got ${offset} next (#${at})`
        return `${position}. It jumped over ${count} records, first ${describeEntry(first)}, read in #${first.readAt}.`
      })
    }
  },
}
