/**
 * duplicate: one value at more offsets than it was sent times. Without idempotence a retry may append again, so
 * only values whose sends were all idempotent count; a failed send accounts for no place.
 */
import type { VerdictCheck } from '../verdict.ts'
import { describeSend, evidenceOf } from './wording.ts'

export const duplicate: VerdictCheck = {
  name: 'duplicate',
  meaning: 'one value at more than one offset, despite idempotence',
  find(model, report) {
    for (const [value, { sends, places }] of model.values) {
      if (places.length < 2 || sends.length === 0 || sends.some(({ idempotent }) => !idempotent)) continue
      const possible = sends.filter(({ operation }) => operation.outcome !== 'fail')
      if (places.length <= Math.max(1, possible.length)) continue
      const offsets = places.map(
        ({ partition, offset, firstAt }) => `${partition.name}@${offset} (#${firstAt})`,
      )
      const evidence = [...sends.flatMap(evidenceOf), ...places.map(({ firstAt }) => firstAt)]
      report(places[0]?.partition.name ?? value, evidence, () => {
        return `${sends.map(describeSend).join(' and ')} is at ${places.length} places: ${offsets.join(', ')}.`
      })
    }
  },
}
