/** undrained: the faults were over, but nobody could read a partition to its end: nothing else proves its content. */
import type { VerdictCheck } from '../verdict.ts'
import { finalReading } from './promises.ts'

export const undrained: VerdictCheck = {
  name: 'undrained',
  meaning: 'a partition was not read to its end after the faults were over',
  find(model, report) {
    if (model.healedAt < 0) return
    for (const partition of model.partitions.values()) {
      const final = finalReading(partition)
      if (final && final.drainedAt > model.healedAt) continue
      const last = partition.sessions.at(-1)?.runs.at(-1)
      report(partition.name, [model.healedAt, last?.at ?? -1], () => {
        const until = last ? `The last records of it came in #${last.at}` : 'Nothing of it was ever read'
        return `${until}; no final reading was complete after the healing in #${model.healedAt}.`
      })
    }
  },
}
