/**
 * Opens the folder of a partition: finds the segments, recovers what a crash may have harmed, restores the
 * rest.
 */
import { momentOf } from '../../runtime/moment.ts'
import { decodeMarker, isControlBatch, lastOffsetOf, sizeOf } from '../batches/batch.ts'
import { finishSwaps } from '../cleaner/swap.ts'
import { epochsOfBatches, readEpochs } from '../epochs/epoch-file.ts'
import { type EpochEntry, LeaderEpochs } from '../epochs/leader-epochs.ts'
import type { LogConfig } from '../log/log-config.ts'
import type { LogContext, LogStart } from '../log/log-context.ts'
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  offsetFilePath,
  offsetOfFileName,
  SNAPSHOT_SUFFIX,
  SWAP_SUFFIX,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
} from '../names.ts'
import type { AbortedTransaction } from '../producers/aborted-transactions.ts'
import type { ProducerStates } from '../producers/producer-states.ts'
import { ProducerStore } from '../producers/producer-store.ts'
import { Segment } from '../segment/segment.ts'
import { createSegment, SegmentList, segmentTimes } from '../segment/segment-list.ts'
import type { Sliced } from '../slices.ts'
import { recoverSegments } from './recovery.ts'

export interface LoadedLog {
  readonly segments: SegmentList
  readonly epochs: LeaderEpochs
  /** What the checkpoint of them says; undefined if there is none, or a torn one. */
  readonly storedEpochs: readonly EpochEntry[] | undefined
  readonly producers: ProducerStore
  /** What they were loaded from: markers before it are not looked at again. */
  readonly producersFrom: number
  readonly logStartOffset: number
  readonly logEndOffset: number
}

const INDEX_SUFFIXES = [OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX]

export function* loadLog(
  context: LogContext,
  folder: string,
  config: LogConfig,
  start: LogStart,
): Sliced<LoadedLog> {
  const before = start.names ?? context.disk.list(folder)
  const names = (yield* finishSwaps(context, folder, before)) ? context.disk.list(folder) : before
  const found = findSegments(context, folder, config, names)
  if (found.length === 0) found.push(createSegment(context, folder, start.logStartOffset, config))
  const storedEpochs = readEpochs(context.disk, folder, names)
  const epochs = new LeaderEpochs(storedEpochs ?? [])
  if (storedEpochs === undefined) yield* epochsOfBatches(found, epochs)
  let logEndOffset = yield* recoverSegments(context, folder, found, start, config, epochs)
  const segments = new SegmentList(context, folder, found)
  const logStartOffset = Math.max(start.logStartOffset, segments.oldest.baseOffset)
  if (logEndOffset < logStartOffset) {
    segments.restartAt(logStartOffset, config, context.clock.monotonic())
    logEndOffset = logStartOffset
  }
  epochs.truncateFromEnd(logEndOffset)
  epochs.truncateFromStart(logStartOffset)
  const producers = new ProducerStore(context, folder, offsetsOf(names, SNAPSHOT_SUFFIX))
  const producersFrom = yield* loadProducers({ producers, segments }, logEndOffset, {
    // After a power loss an index may lack what a snapshot has: only what was synced is to be trusted in both.
    provenOffset: start.shutdown === 'unknown' ? start.recoveryPoint : logEndOffset,
    stableOffset: start.highWatermark,
    expire: (states) => states.expire(momentOf(context.clock), config.producerIdExpirationMs),
  })
  segments.release()
  return { segments, epochs, storedEpochs, producers, producersFrom, logStartOffset, logEndOffset }
}

export interface ProducersAt {
  readonly states: ProducerStates
  /** As LoadedLog's `producersFrom`. */
  readonly from: number
}

interface SnapshotBounds {
  /** A snapshot behind it may know of transactions that the index does not. */
  readonly provenOffset: number
  /** Behind it, markers may not be replicated: a snapshot at or below it is taken if there is one. */
  readonly stableOffset: number
  /** Of what a snapshot has: records behind it may have old timestamps, and have come a moment before the process ended. */
  readonly expire: (states: ProducerStates) => void
}

/**
 * A snapshot, then the batches after it; without any snapshot, the whole log. What the snapshot is older than is also
 * indexed anew. Returns the offset of what was loaded.
 */
export function* loadProducers(
  { producers, segments }: Pick<LoadedLog, 'producers' | 'segments'>,
  logEndOffset: number,
  { provenOffset, stableOffset, expire }: SnapshotBounds,
): Sliced<number> {
  const snapshot = producers.load(Math.min(provenOffset, logEndOffset), stableOffset)
  expire(producers.states)
  const from = Math.max(snapshot ?? 0, segments.oldest.baseOffset)
  for (const segment of segments.all.slice(segments.floor(from))) yield* segment.transactions.recover(from)
  for (let index = segments.floor(from); index < segments.all.length && from < logEndOffset; index++) {
    const segment = segments.all[index]!
    yield* replaySegment(producers.states, segment, { from, to: segment.sizeBytes }, (aborted) =>
      segment.transactions.append([aborted]),
    )
  }
  return from
}

/** The producers of a log that is in use as they were at `endOffset`, and what they were loaded from. Nothing changes. */
export function* producersAt(
  { producers, segments }: Pick<LoadedLog, 'producers' | 'segments'>,
  endOffset: number,
  stableOffset: number,
): Sliced<ProducersAt> {
  const { states, snapshotOffset } = producers.look(endOffset, stableOffset)
  const from = Math.max(snapshotOffset ?? 0, segments.oldest.baseOffset)
  for (const segment of segments.all.slice(segments.floor(from), segments.floor(endOffset) + 1)) {
    const end = segment.locate(endOffset)
    const to = end < 0 ? segment.sizeBytes : end
    yield* replaySegment(states, segment, { from, to }, () => {})
  }
  return { states, from }
}

function* replaySegment(
  states: ProducerStates,
  segment: Segment,
  { from, to }: { readonly from: number; readonly to: number },
  onAborted: (aborted: AbortedTransaction) => void,
): Sliced<void> {
  const position = segment.locate(from)
  if (position < 0) return
  const visit = (buffer: Buffer, at: number, position: number) => {
    if (lastOffsetOf(buffer, at) < from) return
    if (!isControlBatch(buffer, at)) return states.update(buffer, at)
    const aborted = replayMarker(states, segment, position, sizeOf(buffer, at))
    if (aborted !== undefined) onAborted(aborted)
  }
  yield* segment.scanInSlices(position, visit, to)
}

function replayMarker(
  states: ProducerStates,
  segment: Segment,
  position: number,
  sizeBytes: number,
): AbortedTransaction | undefined {
  const batch = Buffer.allocUnsafe(sizeBytes)
  segment.read(batch, position)
  const marker = decodeMarker(batch, 0)
  return marker && states.end(batch, 0, marker)
}

function findSegments(
  context: LogContext,
  folder: string,
  config: LogConfig,
  names: readonly string[],
): Segment[] {
  const indexed = new Set(INDEX_SUFFIXES.flatMap((suffix) => offsetsOf(names, suffix)))
  const baseOffsets = offsetsOf(names, LOG_SUFFIX)
  const known = new Set(baseOffsets)
  for (const name of names) {
    if (isLeftover(name, known)) context.disk.remove(`${folder}/${name}`)
  }
  return baseOffsets.map((baseOffset) => {
    const { sizeBytes } = context.disk.stat(offsetFilePath(folder, baseOffset, LOG_SUFFIX))
    const mayHaveIndexFiles = indexed.has(baseOffset)
    const times = segmentTimes(context, config)
    return new Segment(context.pool, { folder, baseOffset, sizeBytes, mayHaveIndexFiles, ...times })
  })
}

/** Files that an interrupted deletion or compaction left behind, and indexes of a log that is no more. */
function isLeftover(name: string, baseOffsets: ReadonlySet<number>): boolean {
  if (name.endsWith(DELETED_SUFFIX) || name.endsWith(CLEANED_SUFFIX)) return true
  // A log that counts has become a segment by now.
  if (name.endsWith(SWAP_SUFFIX)) return true
  for (const suffix of INDEX_SUFFIXES) {
    const offset = offsetOfFileName(name, suffix)
    if (offset !== undefined && !baseOffsets.has(offset)) return true
  }
  return false
}

function offsetsOf(names: readonly string[], suffix: string): number[] {
  return names.map((name) => offsetOfFileName(name, suffix)).filter((offset) => offset !== undefined)
}
