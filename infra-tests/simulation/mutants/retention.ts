/** Mistakes of retention. */
import { PartitionLog } from '../broker-code.ts'
import { type Mutant, replaceMethod } from './mutant.ts'

export const retentionMutants: readonly Mutant[] = [
  {
    name: 'deleted-too-early',
    mistake: 'retention takes records for two seconds older than they are',
    faults: ['crash', 'rolling-restart'],
    apply: () =>
      replaceMethod(
        PartitionLog.prototype,
        'applyRetention',
        (original) =>
          function (this: PartitionLog, wallMs) {
            return original.call(this, wallMs + 2000)
          },
      ),
  },
  {
    name: 'one-segment-too-many',
    mistake: 'retention by size deletes until less than retention.bytes is left',
    faults: ['crash', 'rolling-restart'],
    apply: () =>
      replaceMethod(
        PartitionLog.prototype,
        'applyRetention',
        (original) =>
          function (this: PartitionLog, wallMs) {
            const { config } = this
            this.updateConfig({ ...config, retentionBytes: Math.floor(config.retentionBytes / 2) })
            try {
              return original.call(this, wallMs)
            } finally {
              this.updateConfig(config)
            }
          },
      ),
  },
  {
    name: 'kept-for-ever',
    mistake: 'nothing is ever too old',
    faults: ['crash', 'rolling-restart'],
    apply: () => replaceMethod(PartitionLog.prototype, 'applyRetention', () => () => 0),
  },
]
