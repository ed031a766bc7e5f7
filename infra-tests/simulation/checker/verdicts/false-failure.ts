/**
 * false-failure: a send that the broker refused for certain is in the log. An error that leaves the outcome open
 * has to be recorded as `info`: this verdict means that the classification, or the broker, is wrong.
 */
import type { VerdictCheck } from '../verdict.ts'
import { describeSend, evidenceOf } from './wording.ts'

export const falseFailure: VerdictCheck = {
  name: 'false-failure',
  meaning: 'a send that failed for certain was read',
  find(model, report) {
    for (const { sends, places } of model.values.values()) {
      for (const { partition, offset, readAt } of places) {
        if (!Number.isFinite(readAt)) continue
        const here = sends.filter((send) => send.partition === partition)
        const [first] = here
        if (!first || here.some(({ operation }) => operation.outcome !== 'fail')) continue
        report(partition.name, [...evidenceOf(first), readAt], () => {
          return `${describeSend(first)} was read at offset ${offset} in #${readAt}.`
        })
      }
    }
  },
}
