/** Control records of transactions (KIP-98): the marker that ends what a producer wrote to a partition. */
import { attributes, BatchAttribute } from './batch.ts'
import { ErrorCode, KafkaError } from './errors.ts'
import { decodeRecords, encodeBatch } from './records.ts'

export const MarkerType = { ABORT: 0, COMMIT: 1 }

export interface MarkerDraft {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly isCommit: boolean
}

/** What a control record says; other types than markers are not for partitions of topics. */
export interface EndTransactionMarker {
  readonly isCommit: boolean
  readonly coordinatorEpoch: number
}

/** A batch with one marker, as a leader appends it. */
export function encodeMarker(marker: MarkerDraft, timestampMs: number): Buffer {
  const { producerId, producerEpoch, coordinatorEpoch, isCommit } = marker
  const key = Buffer.alloc(4)
  key.writeInt16BE(isCommit ? MarkerType.COMMIT : MarkerType.ABORT, 2)
  const value = Buffer.alloc(6)
  value.writeInt32BE(coordinatorEpoch, 2)
  const records = [{ timestamp: timestampMs, key, value }]
  return encodeBatch({ producerId, producerEpoch, transactional: true, control: true, records })
}

export function isControlBatch(buffer: Buffer, at: number): boolean {
  return (attributes(buffer, at) & BatchAttribute.CONTROL) !== 0
}

export function isTransactionalBatch(buffer: Buffer, at: number): boolean {
  return (attributes(buffer, at) & BatchAttribute.TRANSACTIONAL) !== 0
}

/** Undefined if a control batch is no end of a transaction. Throws KafkaError CORRUPT_MESSAGE where it says nothing. */
export function decodeMarker(buffer: Buffer, at: number): EndTransactionMarker | undefined {
  const record = decodeRecords(buffer, at)[0]
  // Compaction may leave a control batch without its record.
  if (record === undefined) return undefined
  const { key, value } = record
  if (key === null || key.length < 4) throw malformed('key')
  const type = key.readInt16BE(2)
  if (type !== MarkerType.ABORT && type !== MarkerType.COMMIT) return undefined
  if (value === null || value.length < 6) throw malformed('value')
  return { isCommit: type === MarkerType.COMMIT, coordinatorEpoch: value.readInt32BE(2) }
}

function malformed(part: string): KafkaError {
  return new KafkaError(ErrorCode.CORRUPT_MESSAGE, `malformed records: a control record with a short ${part}`)
}
