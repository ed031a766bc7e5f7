/** Mistakes in the deletion of records; they show with somebody who deletes some. */
import { Partition, PartitionLog } from '../broker-code.ts'
import { type Mutant, replaceMethod } from './mutant.ts'

export const deletionMutants: readonly Mutant[] = [
  {
    name: 'deletion-not-replicated',
    mistake: 'DeleteRecords is acknowledged although followers keep the records',
    faults: ['crash', 'isolate-leader', 'rolling-restart'],
    apply: () => {
      const followers = replaceMethod(PartitionLog.prototype, 'raiseLogStartOffset', () => () => {})
      const leader = replaceMethod(
        Partition.prototype,
        'whenDeleted',
        () =>
          function (this: Partition, _offset, waiter) {
            waiter(undefined, this.log.logStartOffset)
            return undefined
          },
      )
      return () => {
        leader()
        followers()
      }
    },
  },
  {
    name: 'too-much-deleted',
    mistake: 'DeleteRecords deletes some records behind those that it was asked to delete',
    faults: [],
    apply: () =>
      replaceMethod(
        PartitionLog.prototype,
        'deleteRecordsBefore',
        (original) =>
          function (this: PartitionLog, offset) {
            return original.call(this, Math.min(offset + 4, this.highWatermark))
          },
      ),
  },
]
