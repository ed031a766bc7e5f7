/** Reads the dirty part of a log into an offset map, as far as the map's memory goes. */
import { attributesOf, BatchAttribute, baseOffsetOf, lastOffsetOf, recordsCountOf } from '../batches/batch.ts'
import type { LogState } from '../log/log-state.ts'
import { openBatch } from '../records/open-batch.ts'
import { RecordWalker } from '../records/record-walker.ts'
import { whenBroughtIn } from '../segment/cold-read.ts'
import type { Segment } from '../segment/segment.ts'
import { BatchReader } from './batch-reader.ts'
import type { Cleanable } from './cleanable.ts'
import type { CleaningMeans } from './cleaning.ts'
import { markerKindOf } from './marker-kind.ts'
import { ENTRY_BYTES, OffsetMap } from './offset-map.ts'
import type { CleanerSettings } from './settings.ts'
import type { CleanedTransactions } from './transactions.ts'

export interface DirtyKeys {
  readonly map: OffsetMap
  /** The first offset that the map says nothing of. */
  readonly endOffset: number
}

const SLOTS_MIN = 16

export async function readDirtyKeys(
  { log, settings, pace, readBuffer }: CleaningMeans,
  segments: readonly Segment[],
  cleanable: Cleanable,
  transactions: CleanedTransactions,
): Promise<DirtyKeys> {
  const { firstDirtyOffset, firstUncleanableOffset } = cleanable
  const map = new OffsetMap(
    slotsFor(cleanable, settings),
    settings.loadFactor,
    log.context.random.below(2 ** 31),
  )
  for (const [index, segment] of segments.entries()) {
    const end = segments[index + 1]?.baseOffset ?? firstUncleanableOffset
    if (end <= firstDirtyOffset) continue
    const position = await whenBroughtIn(log.context.pool, () => segment.locate(firstDirtyOffset))
    if (position < 0) continue
    const reader = new BatchReader(segment, position, readBuffer)
    for (;;) {
      const broughtIn = reader.bringIn()
      if (broughtIn !== undefined) await broughtIn
      const batch = reader.next()
      if (batch === undefined) break
      if (!(await addBatch(log, map, batch, firstDirtyOffset, transactions))) {
        return { map, endOffset: endOf(map, firstDirtyOffset, log) }
      }
      const pause = pace.spend(batch.length)
      if (pause !== undefined) await pause
    }
  }
  map.latestOffset = Math.max(map.latestOffset, firstUncleanableOffset - 1)
  return { map, endOffset: firstUncleanableOffset }
}

/** As many as there may be keys, so that a small topic costs little; never more than the buffer allows. */
function slotsFor(
  { firstDirtyOffset, firstUncleanableOffset }: Cleanable,
  settings: CleanerSettings,
): number {
  const wanted = Math.ceil((firstUncleanableOffset - firstDirtyOffset + 1) / settings.loadFactor) + 1
  const allowed = Math.floor(settings.dedupeBufferBytes / ENTRY_BYTES)
  return Math.max(SLOTS_MIN, Math.min(wanted, allowed))
}

function endOf(map: OffsetMap, firstDirtyOffset: number, { folder }: LogState): number {
  if (map.latestOffset >= firstDirtyOffset) return map.latestOffset + 1
  throw new Error(`a batch of ${folder} has more keys than log.cleaner.dedupe.buffer.size has room for`)
}

/** False if the map has no room for all that the batch might bring: it then says nothing of the batch. */
async function addBatch(
  log: LogState,
  map: OffsetMap,
  batch: Buffer,
  firstDirtyOffset: number,
  transactions: CleanedTransactions,
): Promise<boolean> {
  const lastOffset = lastOffsetOf(batch, 0)
  if ((attributesOf(batch, 0) & BatchAttribute.CONTROL) !== 0) {
    transactions.sawMarker(batch, markerKindOf(batch))
  } else if (!transactions.sawRecords(batch)) {
    if (recordsCountOf(batch, 0) > map.room) return false
    const opened = await openBatch(log.context.codecs, batch)
    const walker = new RecordWalker(opened.bytes, opened.at)
    for (let left = recordsCountOf(batch, 0); left > 0; left--) {
      walker.next()
      const offset = baseOffsetOf(batch, 0) + walker.offsetDelta
      if (walker.keyBytes >= 0 && offset >= firstDirtyOffset) {
        map.put(walker.bytes, walker.keyAt, walker.keyBytes, offset)
      }
    }
  }
  map.latestOffset = Math.max(map.latestOffset, lastOffset)
  return true
}
