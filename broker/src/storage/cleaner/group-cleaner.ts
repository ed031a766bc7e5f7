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
import { Segment } from '../segment/segment.ts'
import { deleteHorizonOf, filterBatch } from './batch-filter.ts'
import { BatchReader } from './batch-reader.ts'
import { markerKindOf } from './marker-kind.ts'
import type { OffsetMap } from './offset-map.ts'
import type { Pace } from './pace.ts'
import type { CleanerSettings } from './settings.ts'
import { discardCleaned } from './swap.ts'
import type { CleanedTransactions } from './transactions.ts'

/** What one cleaning of a log goes by. */
export interface Cleaning {
  readonly log: LogState
  readonly settings: CleanerSettings
  readonly pace: Pace
  /** The newest offset of each key of the dirty part. */
  readonly map: OffsetMap
  /** The first offset behind what is cleaned this time. */
  readonly endOffset: number
  readonly nowMs: number
  readonly transactions: CleanedTransactions
  readonly lastWrites: LastWrites
}

/** Of each producer that may still send: its last batch must stay, if only as an empty one. */
export type LastWrites = ReadonlyMap<
  number,
  { readonly dataOffset: number | undefined; readonly epoch: number }
>

const WRITE_BYTES = 512 << 10

/** The cleaned segment is on the disk when this resolves, under names that end in `.cleaned`. */
export async function cleanGroup(cleaning: Cleaning, group: readonly Segment[]): Promise<Segment> {
  const { log, pace, settings } = cleaning
  const endOffset = group.findLast(({ sizeBytes }) => sizeBytes > 0)?.findEndOffset()
  const writer = new CleanedWriter(log, group[0]!.baseOffset)
  for (const segment of group) {
    const reader = new BatchReader(segment, 0, settings.ioBufferBytes)
    for (let batch = reader.next(); batch !== undefined; batch = reader.next()) {
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
  #pending: Buffer[] = []
  #pendingBytes = 0

  constructor(log: LogState, baseOffset: number) {
    const { context, folder } = log
    discardCleaned(context, folder, baseOffset)
    this.#log = log
    this.segment = Segment.create(context.pool, {
      folder,
      baseOffset,
      createdMs: context.clock.now(),
      jitterMs: 0,
      suffix: CLEANED_SUFFIX,
    })
    this.segment.indexes.createFiles()
  }

  add(batch: Buffer): void {
    this.#pending.push(batch)
    this.#pendingBytes += batch.length
    if (this.#pendingBytes >= WRITE_BYTES) this.#write()
  }

  async finish(transactions: CleanedTransactions, hadTransactions: boolean): Promise<void> {
    if (this.#pendingBytes > 0) this.#write()
    // An empty index too takes the place of the old one, which a crash would otherwise leave to this segment.
    if (hadTransactions) this.segment.transactions.createFile()
    this.segment.transactions.append(transactions.retained.splice(0))
    this.segment.seal()
    await this.segment.sync(true)
  }

  #write(): void {
    this.segment.append(this.#pending, this.#pendingBytes, this.#log.config.indexIntervalBytes)
    this.#pending = []
    this.#pendingBytes = 0
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
