/** phantom: a consumer read a value that nobody sent to this partition: bit rot, a torn batch, a misplaced write. */
import type { VerdictCheck } from '../verdict.ts'

export const phantom: VerdictCheck = {
  name: 'phantom',
  meaning: 'a value that nobody sent to this partition',
  find(model, report) {
    for (const partition of model.partitions.values()) {
      for (const { offset, value, firstAt, write, conflicts } of partition.sorted) {
        const seen = conflicts ? [{ value, at: firstAt }, ...conflicts] : [{ value, at: firstAt }]
        for (const one of seen) {
          if (write && one.value === value) continue
          const sends = model.values.get(one.value)?.sends ?? []
          if (sends.some((send) => send.partition === partition)) continue
          report(partition.name, [...sends.map(({ invokedAt }) => invokedAt), one.at], () => {
            const elsewhere = sends[0] ? `was sent to ${sends[0].partition.name}` : 'was never sent'
            return `"${one.value}", read at offset ${offset} in #${one.at}, ${elsewhere}.`
          })
        }
      }
    }
  },
}
