/**
 * below-log-start: a log begins after a record that was acknowledged or read, though neither retention nor
 * DeleteRecords may have deleted it.
 */
import type { VerdictCheck } from '../verdict.ts'
import { promisedAt } from './promises.ts'
import { describeEntry, evidenceOf } from './wording.ts'

export const belowLogStart: VerdictCheck = {
  name: 'below-log-start',
  meaning: 'the log begins after an acknowledged record that nothing may have deleted',
  find(model, report) {
    for (const { name, topic, sorted, watermarks } of model.partitions.values()) {
      if (topic.trimmed || topic.compacted) continue
      const reading = watermarks.find(({ logStartOffset, operation }) => {
        const [first] = sorted
        return first !== undefined && first.offset < logStartOffset && promisedAt(first) < operation.invokedAt
      })
      const [first] = sorted
      if (!reading || !first) continue
      const { logStartOffset, operation } = reading
      report(
        name,
        [...evidenceOf(first.write), first.firstAt, operation.invokedAt, operation.completedAt],
        () => {
          return `The log begins at ${logStartOffset} (#${operation.completedAt}), after ${describeEntry(first)}.`
        },
      )
    }
  },
}
