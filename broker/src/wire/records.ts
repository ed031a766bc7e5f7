/**
 * Records of a batch, format v2 (KIP-98), uncompressed: what brokers write themselves (offsets, markers,
 * tests) and read back. A client's batch stays the bytes that it is.
 */
import {
  attributes,
  BATCH_HEADER_BYTES,
  BATCH_PREFIX_BYTES,
  BatchAttribute,
  baseOffset,
  baseTimestamp,
  Compression,
  compression,
  holdsBatch,
  MAGIC_V2,
  magic,
  maxTimestamp,
  recomputeCrc,
  recordsCount,
  setAttributes,
  setMaxTimestamp,
  sizeInBytes,
} from './batch.ts'
import { ErrorCode, KafkaError } from './errors.ts'
import { putInt8, putInt16, putInt32, putInt64 } from './numbers.ts'
import { readVarint, readVarlong, varintSize, varlongSize, writeVarint, writeVarlong } from './varints.ts'

export interface RecordHeader {
  key: string
  value: Buffer | null
}

export interface RecordData {
  timestamp: number
  key: Buffer | null
  value: Buffer | null
  headers: RecordHeader[]
}

export interface DecodedRecord extends RecordData {
  offset: number
}

export interface RecordDraft {
  readonly timestamp: number
  readonly key?: Buffer | null
  readonly value?: Buffer | null
  readonly headers?: readonly Readonly<RecordHeader>[]
}

export interface BatchDraft {
  readonly baseOffset?: number
  readonly leaderEpoch?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly transactional?: boolean
  readonly control?: boolean
  /** The time of the append, where that counts for every record. */
  readonly logAppendTime?: number
  /** Their offsets follow one another from the base offset. */
  readonly records: readonly RecordDraft[]
}

/** The smallest record: its length and six single-byte fields. */
const LEAST_RECORD_BYTES = 7

export function encodeBatch(draft: BatchDraft): Buffer {
  const { records } = draft
  const first = records[0]?.timestamp ?? 0
  const sizes = records.map((record, index) => recordBodySize(record, record.timestamp - first, index))
  const recordsBytes = sizes.reduce((total, size) => total + varintSize(size) + size, 0)
  const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + recordsBytes)
  writeHeader(batch, draft, first)
  let at = BATCH_HEADER_BYTES
  for (const [index, record] of records.entries()) {
    at = writeVarint(batch, at, sizes[index]!)
    at = writeRecordBody(batch, at, record, record.timestamp - first, index)
  }
  recomputeCrc(batch, 0)
  return batch
}

/** Keys and values are views into `buffer`. Throws a KafkaError where the batch is not what it says. */
export function decodeRecords(buffer: Buffer, at: number): DecodedRecord[] {
  if (!holdsBatch(buffer, at)) throw corrupt('an incomplete batch')
  if (magic(buffer, at) !== MAGIC_V2) throw corrupt(`a batch of format ${magic(buffer, at)}`)
  if (compression(buffer, at) !== Compression.NONE) {
    throw new KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, 'the batch is compressed')
  }
  const count = recordsCount(buffer, at)
  const end = at + sizeInBytes(buffer, at)
  const start = at + BATCH_HEADER_BYTES
  if (count < 0 || count * LEAST_RECORD_BYTES > end - start) throw corrupt(`a count of ${count} records`)
  const cursor = new RecordCursor(buffer, start, end)
  const records: DecodedRecord[] = []
  const base = { offset: baseOffset(buffer, at), timestamp: baseTimestamp(buffer, at) }
  const isAppendTime = (attributes(buffer, at) & BatchAttribute.LOG_APPEND_TIME) !== 0
  const appendTime = isAppendTime ? maxTimestamp(buffer, at) : undefined
  for (let i = 0; i < count; i++) records.push(cursor.record(base, appendTime))
  if (cursor.at !== end) throw corrupt('bytes after the last record')
  return records
}

function writeHeader(batch: Buffer, draft: BatchDraft, firstTimestamp: number): void {
  const { records, logAppendTime } = draft
  const view = new DataView(batch.buffer, batch.byteOffset, BATCH_HEADER_BYTES)
  const latest = records.reduce((max, record) => Math.max(max, record.timestamp), -1)
  putInt64(view, 0, draft.baseOffset ?? 0)
  putInt32(view, 8, batch.length - BATCH_PREFIX_BYTES)
  putInt32(view, 12, draft.leaderEpoch ?? -1)
  putInt8(view, 16, MAGIC_V2)
  putInt32(view, 23, Math.max(records.length - 1, 0))
  putInt64(view, 27, firstTimestamp)
  putInt64(view, 43, draft.producerId ?? -1)
  putInt16(view, 51, draft.producerEpoch ?? -1)
  putInt32(view, 53, draft.baseSequence ?? -1)
  putInt32(view, 57, records.length)
  setMaxTimestamp(batch, 0, logAppendTime ?? latest)
  setAttributes(
    batch,
    0,
    (logAppendTime === undefined ? 0 : BatchAttribute.LOG_APPEND_TIME) |
      (draft.transactional ? BatchAttribute.TRANSACTIONAL : 0) |
      (draft.control ? BatchAttribute.CONTROL : 0),
  )
}

function recordBodySize(record: RecordDraft, timestampDelta: number, offsetDelta: number): number {
  const { key = null, value = null, headers = [] } = record
  let size = 1 + varlongSize(timestampDelta) + varintSize(offsetDelta)
  size += bytesSize(key) + bytesSize(value) + varintSize(headers.length)
  for (const header of headers) {
    const keyBytes = Buffer.byteLength(header.key)
    size += varintSize(keyBytes) + keyBytes + bytesSize(header.value)
  }
  return size
}

function writeRecordBody(
  batch: Buffer,
  at: number,
  record: RecordDraft,
  timestampDelta: number,
  offsetDelta: number,
): number {
  const { key = null, value = null, headers = [] } = record
  batch[at++] = 0
  at = writeVarlong(batch, at, timestampDelta)
  at = writeVarint(batch, at, offsetDelta)
  at = writeBytes(batch, at, key)
  at = writeBytes(batch, at, value)
  at = writeVarint(batch, at, headers.length)
  for (const header of headers) {
    at = writeBytes(batch, at, Buffer.from(header.key))
    at = writeBytes(batch, at, header.value)
  }
  return at
}

function bytesSize(value: Buffer | null): number {
  return value === null ? varintSize(-1) : varintSize(value.length) + value.length
}

function writeBytes(batch: Buffer, at: number, value: Buffer | null): number {
  if (value === null) return writeVarint(batch, at, -1)
  at = writeVarint(batch, at, value.length)
  value.copy(batch, at)
  return at + value.length
}

/** Walks over the records of a batch and never leaves it. */
class RecordCursor {
  at: number
  private readonly buffer: Buffer
  private readonly end: number

  constructor(buffer: Buffer, at: number, end: number) {
    this.buffer = buffer
    this.at = at
    this.end = end
  }

  record(base: { offset: number; timestamp: number }, appendTime: number | undefined): DecodedRecord {
    const length = this.varint()
    const recordEnd = this.at + length
    if (length < 0 || recordEnd > this.end) throw corrupt(`a record of ${length} bytes`)
    this.skip(1)
    const timestamp = base.timestamp + this.varlong()
    const offset = base.offset + this.varint()
    const key = this.bytes()
    const value = this.bytes()
    const headersCount = this.varint()
    // A header takes two bytes at least.
    if (headersCount < 0 || headersCount * 2 > recordEnd - this.at) {
      throw corrupt(`a record with ${headersCount} headers`)
    }
    const headers: RecordHeader[] = []
    for (let i = 0; i < headersCount; i++) headers.push(this.header())
    if (this.at !== recordEnd) throw corrupt('a record that does not end where it should')
    return { offset, timestamp: appendTime ?? timestamp, key, value, headers }
  }

  private header(): RecordHeader {
    const key = this.bytes()
    if (key === null) throw corrupt('a record header without a key')
    return { key: key.toString('utf8'), value: this.bytes() }
  }

  private bytes(): Buffer | null {
    const length = this.varint()
    if (length === -1) return null
    if (length < 0) throw corrupt(`a length of ${length}`)
    const start = this.at
    this.skip(length)
    return this.buffer.subarray(start, this.at)
  }

  private varint(): number {
    const { value, sizeBytes } = readVarint(this.buffer, this.at)
    this.skip(sizeBytes)
    return value
  }

  private varlong(): number {
    const { value, sizeBytes } = readVarlong(this.buffer, this.at)
    this.skip(sizeBytes)
    return value
  }

  private skip(sizeBytes: number): void {
    if (sizeBytes > this.end - this.at) throw corrupt('a record that ends beyond its batch')
    this.at += sizeBytes
  }
}

function corrupt(what: string): KafkaError {
  return new KafkaError(ErrorCode.CORRUPT_MESSAGE, `malformed records: ${what}`)
}
