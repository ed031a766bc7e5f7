import type { fetchV17, RecordsBatch } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { recordsOf } from './records.ts'

type FetchedPartition = fetchV17.FetchResponse['responses'][number]['partitions'][number]

const TRANSACTIONAL = 0x10
const CONTROL = 0x20
const ABORT_MARKER = Buffer.from([0, 0, 0, 0])
const COMMIT_MARKER = Buffer.from([0, 0, 0, 1])

function batch(
  firstOffset: number,
  values: readonly string[],
  changes: Partial<RecordsBatch> = {},
): RecordsBatch {
  const records = values.map((value, at) => ({
    length: 0,
    attributes: 0,
    timestampDelta: BigInt(at),
    offsetDelta: at,
    key: null,
    value: Buffer.from(value),
    headers: [],
  }))
  return {
    ...{
      firstOffset: BigInt(firstOffset),
      length: 0,
      partitionLeaderEpoch: 5,
      magic: 2,
      crc: 0,
      attributes: 0,
    },
    ...{ lastOffsetDelta: values.length - 1, firstTimestamp: 100n, maxTimestamp: 900n },
    ...{ producerId: -1n, producerEpoch: -1, firstSequence: -1, records },
    ...changes,
  }
}

function marker(offset: number, producerId: bigint, key: Buffer): RecordsBatch {
  const made = batch(offset, ['marker'], { producerId, attributes: TRANSACTIONAL | CONTROL })
  return { ...made, records: made.records.map((record) => ({ ...record, key })) }
}

function fetched(
  records: RecordsBatch[],
  abortedTransactions: { producerId: bigint; firstOffset: bigint }[] | null = null,
): FetchedPartition {
  return {
    ...{ partitionIndex: 1, errorCode: 0, highWatermark: 0n, lastStableOffset: 0n, logStartOffset: 0n },
    ...{ preferredReadReplica: -1, abortedTransactions, records },
  }
}

const values = (partition: FetchedPartition, from: bigint, readsCommitted = false) =>
  recordsOf('t', partition, from, readsCommitted).records.map(({ value }) => value?.toString())

test('records before the offset that was asked for are left out', () => {
  const { records, next } = recordsOf('t', fetched([batch(10, ['a', 'b', 'c'])]), 11n, false)
  expect(records.map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
    [11n, 101n],
    [12n, 102n],
  ])
  expect(next).toBe(13n)
})

test('a broker that sets the time sets it for the whole batch', () => {
  const [record] = recordsOf('t', fetched([batch(0, ['a'], { attributes: 0x08 })]), 0n, false).records
  expect(record).toMatchObject({ timestamp: 900n, isLogAppendTime: true })
})

test('what was compacted away still moves on', () => {
  const empty = batch(4, [], { lastOffsetDelta: 5 })
  expect(recordsOf('t', fetched([empty]), 4n, false)).toEqual({ records: [], next: 10n })
  expect(recordsOf('t', fetched([]), 4n, false)).toEqual({ records: [], next: 4n })
})

test('markers are no records, and aborted ones are only seen by those who read everything', () => {
  const log = [
    batch(0, ['aborted'], { producerId: 1n, attributes: TRANSACTIONAL }),
    batch(1, ['other'], { producerId: 2n, attributes: TRANSACTIONAL }),
    marker(2, 1n, ABORT_MARKER),
    batch(3, ['later'], { producerId: 1n, attributes: TRANSACTIONAL }),
    marker(4, 1n, COMMIT_MARKER),
    batch(5, ['plain'], { producerId: 1n }),
  ]
  const partition = fetched(log, [{ producerId: 1n, firstOffset: 0n }])
  expect(values(partition, 0n)).toEqual(['aborted', 'other', 'later', 'plain'])
  expect(values(partition, 0n, true)).toEqual(['other', 'later', 'plain'])
})
