/** Mistakes of the log cleaner; they show with compacted topics. */
import { CleanedTransactions, OffsetMap, PartitionLog, RecordWalker } from '../broker-code.ts'
import { type Mutant, replaceMethod } from './mutant.ts'

/** It shows where transactions are compacted too. */
export const compactedTransactionMutants: readonly Mutant[] = [
  {
    name: 'aborted-before-the-dirty-part',
    mistake:
      'the cleaner takes what a producer committed for aborted, because it had aborted a transaction before',
    faults: [],
    apply: () =>
      replaceMethod(
        CleanedTransactions.prototype,
        'beginAt',
        () =>
          function (this: CleanedTransactions) {
            return this
          },
      ),
  },
]

export const compactionMutants: readonly Mutant[] = [
  {
    name: 'newest-taken-for-old',
    mistake: 'the cleaner drops the newest record of a key together with the older ones',
    faults: [],
    apply: () =>
      replaceMethod(
        OffsetMap.prototype,
        'put',
        (original) =>
          function (this: OffsetMap, bytes, at, length, offset) {
            original.call(this, bytes, at, length, offset + 1)
          },
      ),
  },
  {
    name: 'clean-part-forgotten',
    mistake: 'the cleaner drops records of keys that the dirty part does not have',
    faults: ['crash'],
    apply: () =>
      replaceMethod(
        OffsetMap.prototype,
        'get',
        (original) =>
          function (this: OffsetMap, bytes, at, length) {
            const offset = original.call(this, bytes, at, length)
            return offset < 0 ? Number.MAX_SAFE_INTEGER : offset
          },
      ),
  },
  {
    name: 'tombstone-dropped-early',
    mistake: 'the cleaner drops tombstones without waiting for delete.retention.ms',
    faults: [],
    apply: () =>
      replaceMethod(
        PartitionLog.prototype,
        'clean',
        (original) =>
          async function (this: PartitionLog, tools) {
            const { config } = this
            this.updateConfig({ ...config, deleteRetentionMs: 0 })
            try {
              await original.call(this, tools)
            } finally {
              this.updateConfig(config)
            }
          },
      ),
  },
  {
    name: 'committed-taken-for-aborted',
    mistake: 'the cleaner takes records for those of an aborted transaction',
    faults: [],
    apply: () => replaceMethod(CleanedTransactions.prototype, 'sawRecords', () => () => true),
  },
  {
    name: 'keys-overlooked',
    mistake: 'the cleaner takes some records for such without a key',
    faults: [],
    apply: () => {
      let count = 0
      return replaceMethod(
        RecordWalker.prototype,
        'next',
        (original) =>
          function (this: RecordWalker) {
            original.call(this)
            if (++count % 7 === 0) this.keyBytes = -1
          },
      )
    },
  },
]
