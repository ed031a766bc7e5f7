/**
 * inconsistent-offsets: over all acknowledgements and all readers, in all epochs, offset -> value has to be a
 * function; here one offset held different values.
 */
import type { VerdictCheck } from '../verdict.ts'
import { describeEntry, evidenceOf } from './wording.ts'

export const inconsistentOffsets: VerdictCheck = {
  name: 'inconsistent-offsets',
  meaning: 'one offset held different values for different observers',
  find(model, report) {
    for (const { name, sorted } of model.partitions.values()) {
      for (const entry of sorted) {
        const { conflicts, offset, firstAt } = entry
        if (!conflicts) continue
        const others = conflicts.map(({ value, at }) => `"${value}" (#${at})`)
        report(name, [...evidenceOf(entry.write), firstAt, ...conflicts.map(({ at }) => at)], () => {
          return `Offset ${offset} was first known to hold ${describeEntry(entry)}, later ${others.join(', ')}.`
        })
      }
    }
  },
}
