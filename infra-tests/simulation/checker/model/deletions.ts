/** DeleteRecords: what was asked to go, and what was acknowledged. */
import { type Acknowledgement, type DeleteRecordsCall, HistoryError } from '../history.ts'
import type { Operation, Partition } from './types.ts'

/** Whatever becomes of the request: from now on the records may be gone. */
export function invokeDeletion(partition: Partition, { offset }: DeleteRecordsCall): void {
  partition.deletedUpTo = Math.max(partition.deletedUpTo, offset)
}

export function addDeletion(
  partition: Partition,
  operation: Operation,
  { offset }: DeleteRecordsCall,
  { offset: startOffset }: Acknowledgement,
  at: number,
): void {
  if (startOffset === undefined)
    throw new HistoryError(`event ${at} completes deleteRecords without an offset`)
  partition.deletions.push({ operation, offset, startOffset })
}
