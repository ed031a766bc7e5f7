/** From the batches of a fetch to the records that a consumer is to see. */
import type { fetchV17, RecordsBatch } from '@platformatic/kafka'

export interface ConsumedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly timestamp: bigint
  readonly isLogAppendTime: boolean
  readonly leaderEpoch: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[]
}

type FetchedPartition = fetchV17.FetchResponse['responses'][number]['partitions'][number]

const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20
const ABORT = 0

export interface Fetched {
  readonly records: readonly ConsumedRecord[]
  /** Where to go on. */
  readonly next: bigint
}

/** `from` is the offset that was asked for: a batch may begin before it. */
export function recordsOf(
  topic: string,
  { partitionIndex: partition, records: batches, abortedTransactions }: FetchedPartition,
  from: bigint,
  readsCommitted: boolean,
): Fetched {
  const aborted = new AbortedTransactions(readsCommitted ? (abortedTransactions ?? []) : [])
  const records: ConsumedRecord[] = []
  let next = from
  for (const batch of batches ?? []) {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta)
    if (last + 1n > next) next = last + 1n
    if (aborted.hides(batch) || (batch.attributes & CONTROL) !== 0) continue
    const isLogAppendTime = (batch.attributes & LOG_APPEND_TIME) !== 0
    for (const { offsetDelta, timestampDelta, key, value, headers } of batch.records) {
      const offset = batch.firstOffset + BigInt(offsetDelta)
      if (offset < from) continue
      records.push({
        ...{ topic, partition, offset, isLogAppendTime, key, value },
        timestamp: isLogAppendTime ? batch.maxTimestamp : batch.firstTimestamp + timestampDelta,
        leaderEpoch: batch.partitionLeaderEpoch,
        headers: headers.map(([name, content]) => [name?.toString('utf8') ?? '', content]),
      })
    }
  }
  return { records, next }
}

/** Which batches belong to transactions that were aborted, batch after batch (KIP-98). */
class AbortedTransactions {
  private readonly coming: { readonly producerId: bigint; readonly firstOffset: bigint }[]
  private readonly producers = new Set<bigint>()

  constructor(transactions: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[]) {
    this.coming = [...transactions].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  }

  hides(batch: RecordsBatch): boolean {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta)
    for (let [first] = this.coming; first !== undefined && first.firstOffset <= last; [first] = this.coming) {
      this.producers.add(first.producerId)
      this.coming.shift()
    }
    if ((batch.attributes & TRANSACTIONAL) === 0) return false
    if ((batch.attributes & CONTROL) === 0) return this.producers.has(batch.producerId)
    const [marker] = batch.records
    // The key of a marker: a version, then its kind.
    if (marker?.key?.readInt16BE(2) === ABORT) this.producers.delete(batch.producerId)
    return true
  }
}
