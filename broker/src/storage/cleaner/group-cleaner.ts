/** Writes one cleaned segment from a group of old ones. */
import {
  attributesOf,
  BatchAttribute,
  lastOffsetOf,
  producerEpochOf,
  producerIdOf,
  recordsCountOf,
} from '../batches/batch.ts'
import type { LogState } from '../log/log-state.ts'
import { CLEANED_SUFFIX } from '../names.ts'
import { NO_PRODUCER_ID } from '../producers/producer-states.ts'
import { openBatch } from '../records/open-batch.ts'
import type { RecordWalker } from '../records/record-walker.ts'
import { whenBroughtIn } from '../segment/cold-read.ts'
import { Segment } from '../segment/segment.ts'
import { deleteHorizonOf, filterBatch } from './batch-filter.ts'
import { BatchReader } from './batch-reader.ts'
import type { Cleaning, CleaningMeans } from './cleaning.ts'
import { markerKindOf } from './marker-kind.ts'
import type { OffsetMap } from './offset-map.ts'
import { discardCleaned } from './swap.ts'
import type { CleanedTransactions } from './transactions.ts'

/** The cleaned segment is on the disk when this resolves, under names that end in `.cleaned`. */
export async function cleanGroup(cleaning: Cleaning, group: readonly Segment[]): Promise<Segment> {
  const { pace, readBuffer } = cleaning
  const last = group.findLast(({ sizeBytes }) => sizeBytes > 0)
  const endOffset = await whenBroughtIn(cleaning.log.context.pool, () => last?.findEndOffset())
  const writer = new CleanedWriter(cleaning, group[0]!.baseOffset)
  for (const segment of group) {
    const reader = new BatchReader(segment, 0, readBuffer)
    for (;;) {
      const broughtIn = reader.bringIn()
      if (broughtIn !== undefined) await broughtIn
      const batch = reader.next()
      if (batch === undefined) break
      const cleaned = await cleanBatch(cleaning, batch, lastOffsetOf(batch, 0) + 1 === endOffset)
      if (cleaned !== undefined) writer.add(cleaned)
      const pause = pace.spend(batch.length + (cleaned?.length ?? 0))
      if (pause !== undefined) await pause
    }
  }
  const hadTransactions = group[0]!.transactions.count > 0
  await writer.finish(cleaning.transactions, hadTransactions)
  return writer.segment
}

class CleanedWriter {
  readonly segment: Segment
  readonly #log: LogState
  readonly #buffer: Buffer
  /** In the buffer, one behind the other. */
  #gathered: Buffer[] = []
  #gatheredBytes = 0

  constructor({ log, writeBuffer }: CleaningMeans, baseOffset: number) {
    const { context, folder } = log
    discardCleaned(context, folder, baseOffset)
    this.#log = log
    this.#buffer = writeBuffer
    this.segment = Segment.create(context.pool, {
      folder,
      baseOffset,
      createdMs: context.clock.now(),
      jitterMs: 0,
      suffix: CLEANED_SUFFIX,
    })
    this.segment.indexes.createFiles()
  }

  /** Of the batch itself nothing is kept. */
  add(batch: Buffer): void {
    if (this.#gatheredBytes + batch.length > this.#buffer.length) this.#write()
    if (batch.length > this.#buffer.length) {
      this.#append([batch], batch.length)
      return
    }
    const start = this.#gatheredBytes
    this.#gatheredBytes += batch.copy(this.#buffer, start)
    this.#gathered.push(this.#buffer.subarray(start, this.#gatheredBytes))
  }

  async finish(transactions: CleanedTransactions, hadTransactions: boolean): Promise<void> {
    this.#write()
    // An empty index too takes the place of the old one, which a crash would otherwise leave to this segment.
    if (hadTransactions) this.segment.transactions.createFile()
    this.segment.transactions.append(transactions.retained.splice(0))
    this.segment.seal()
    await this.segment.sync(true)
  }

  #write(): void {
    if (this.#gatheredBytes > 0) this.#append(this.#gathered, this.#gatheredBytes)
    this.#gathered = []
    this.#gatheredBytes = 0
  }

  #append(batches: readonly Buffer[], sizeBytes: number): void {
    this.segment.append(batches, sizeBytes, this.#log.config.indexIntervalBytes)
  }
}

/** The last batch of a segment stays, if only as an empty one: it tells that the segment is whole. */
async function cleanBatch(cleaning: Cleaning, batch: Buffer, isLast: boolean): Promise<Buffer | undefined> {
  const { log, pace, nowMs, transactions } = cleaning
  const isControl = (attributesOf(batch, 0) & BatchAttribute.CONTROL) !== 0
  const isSpent = isControl
    ? transactions.sawMarker(batch, markerKindOf(batch))
    : transactions.sawRecords(batch)
  const horizonMs = deleteHorizonOf(batch)
  // A marker outlives its records by the time that a consumer may need to have seen it.
  const isDropped = isSpent && (!isControl || (horizonMs !== undefined && horizonMs <= nowMs))
  const keepsEmpty =
    isLast ||
    isLastOfProducer(cleaning, batch, isControl) ||
    lastOffsetOf(batch, 0) + 1 === cleaning.endOffset
  if (!keepsEmpty && (isDropped || recordsCountOf(batch, 0) === 0)) return undefined
  const { codecs } = log.context
  const opened = await openBatch(codecs, batch)
  pace.resumedElsewhere()
  const keepsTombstones = nowMs < (horizonMs ?? Infinity)
  return await filterBatch(codecs, batch, opened, {
    keeps: (record, offset) =>
      !isDropped && (isControl || isNewest(cleaning.map, record, offset, keepsTombstones)),
    keepsEmpty,
    horizonMs: nowMs + log.config.deleteRetentionMs,
    isSpentMarker: isSpent && isControl,
  })
}

/** A record without a key has no place in a compacted log. */
function isNewest(map: OffsetMap, record: RecordWalker, offset: number, keepsTombstones: boolean): boolean {
  if (offset > map.latestOffset) return true
  if (record.keyBytes < 0) return false
  if (offset < map.get(record.bytes, record.keyAt, record.keyBytes)) return false
  return record.valueBytes >= 0 || keepsTombstones
}

function isLastOfProducer({ lastWrites }: Cleaning, batch: Buffer, isControl: boolean): boolean {
  const producerId = producerIdOf(batch, 0)
  if (producerId === NO_PRODUCER_ID) return false
  const last = lastWrites.get(producerId)
  if (last === undefined) return false
  if (last.dataOffset !== undefined) return lastOffsetOf(batch, 0) === last.dataOffset
  return isControl && producerEpochOf(batch, 0) === last.epoch
}
