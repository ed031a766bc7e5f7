/** Walks over the record batches of a `.log` file, by their headers alone or with every byte checked. */
import {
  BATCH_HEADER_BYTES,
  baseOffsetOf,
  isValidCrc,
  lastOffsetOf,
  MAGIC_V2,
  magicOf,
  sizeOf,
} from '../batches/batch.ts'
import { BATCHES_PER_SLICE, BYTES_PER_SLICE, type Sliced } from '../slices.ts'
import type { PooledFile } from './file-pool.ts'

/**
 * Gets the buffer and the place in it where a batch begins, and its file position. Returning false ends the
 * walk.
 */
export type BatchVisitor = (buffer: Buffer, at: number, position: number) => boolean

export const CONTINUE = true
export const STOP = false

const NO_CHUNK: Buffer = Buffer.alloc(0)
const HEADER_CHUNK_BYTES_MIN = 4096
const HEADER_CHUNK_BYTES_MAX = 64 * 1024
const BATCH_CHUNK_BYTES = 1024 * 1024

/**
 * Visits the header of each batch in [from, to). Returns the position of the batch at which the visitor
 * stopped,
 * or that of the first bytes that are not a whole batch, or `to`.
 */
export function scanHeaders(file: PooledFile, from: number, to: number, visit: BatchVisitor): number {
  let chunk = NO_CHUNK
  let chunkStart = from
  let chunkEnd = from
  let position = from
  while (to - position >= BATCH_HEADER_BYTES) {
    if (position + BATCH_HEADER_BYTES > chunkEnd) {
      const skipped = position > chunkEnd
      const next = skipped ? HEADER_CHUNK_BYTES_MIN : chunk.length * 2
      const wanted = Math.min(Math.max(next, HEADER_CHUNK_BYTES_MIN), HEADER_CHUNK_BYTES_MAX)
      if (wanted > chunk.length) chunk = Buffer.allocUnsafe(wanted)
      const target = chunk.subarray(0, Math.min(wanted, to - position))
      chunkStart = position
      chunkEnd = position + file.read(target, position)
      if (chunkEnd - position < BATCH_HEADER_BYTES) return position
    }
    const at = position - chunkStart
    if (!looksLikeBatch(chunk, at, to - position)) return position
    if (!visit(chunk, at, position)) return position
    position += sizeOf(chunk, at)
  }
  return position
}

export type HeaderVisitor = (buffer: Buffer, at: number, position: number) => void

/** As scanHeaders, all of them, with pauses. */
export function* scanHeadersInSlices(
  file: PooledFile,
  from: number,
  to: number,
  visit: HeaderVisitor,
): Sliced<void> {
  for (let position = from; ; ) {
    const start = position
    let count = 0
    let isFull = false
    position = scanHeaders(file, start, to, (buffer, at, positionOfBatch) => {
      isFull = count++ === BATCHES_PER_SLICE || positionOfBatch - start >= BYTES_PER_SLICE
      if (!isFull) visit(buffer, at, positionOfBatch)
      return isFull ? STOP : CONTINUE
    })
    if (!isFull) return
    yield
  }
}

/**
 * As scanHeaders, but reads whole batches. A batch must have a good CRC (unless it ends before `checkedFrom`,
 * which is known to be on the disk) and offsets above those before it.
 */
export function scanBatches(
  file: PooledFile,
  range: { from: number; to: number; nextOffset: number; checkedFrom: number },
  visit: BatchVisitor,
): number {
  const { from, to, checkedFrom } = range
  let { nextOffset } = range
  let chunk: Buffer = Buffer.allocUnsafe(Math.min(BATCH_CHUNK_BYTES, to - from))
  let chunkStart = from
  let chunkEnd = from
  let position = from
  const load = (sizeBytes: number) => {
    if (position + sizeBytes <= chunkEnd) return true
    if (sizeBytes > chunk.length) chunk = Buffer.allocUnsafe(sizeBytes)
    const target = chunk.subarray(0, Math.min(chunk.length, to - position))
    chunkStart = position
    chunkEnd = position + file.read(target, position)
    return position + sizeBytes <= chunkEnd
  }
  while (to - position >= BATCH_HEADER_BYTES && load(BATCH_HEADER_BYTES)) {
    if (!looksLikeBatch(chunk, position - chunkStart, to - position)) break
    if (!load(sizeOf(chunk, position - chunkStart))) break
    const at = position - chunkStart
    const last = lastOffsetOf(chunk, at)
    if (last >= checkedFrom && !isValidCrc(chunk, at)) break
    if (baseOffsetOf(chunk, at) < nextOffset || last < baseOffsetOf(chunk, at)) break
    if (!visit(chunk, at, position)) break
    nextOffset = last + 1
    position += sizeOf(chunk, at)
  }
  return position
}

/** Whether the bytes from `from` to the end at `to` are the beginning of a batch, and no more than that. */
export function isTornBatch(file: PooledFile, from: number, to: number): boolean {
  if (to - from < BATCH_HEADER_BYTES) return true
  const header = Buffer.allocUnsafe(BATCH_HEADER_BYTES)
  if (file.read(header, from) < BATCH_HEADER_BYTES) return false
  return magicOf(header, 0) === MAGIC_V2 && sizeOf(header, 0) > to - from
}

function looksLikeBatch(buffer: Buffer, at: number, available: number): boolean {
  if (magicOf(buffer, at) !== MAGIC_V2) return false
  const sizeBytes = sizeOf(buffer, at)
  return sizeBytes >= BATCH_HEADER_BYTES && sizeBytes <= available
}
