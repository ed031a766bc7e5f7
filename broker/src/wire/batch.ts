/**
 * The header of a record batch, format v2 (KIP-98), read and patched where it lies. Callers make sure that a
 * whole header is there (`holdsBatch`). Base offset and leader epoch lie outside the CRC, so a broker may set
 * them without touching it.
 */
import { crc32c as nativeCrc32c } from '@node-rs/crc32'
import { int8, int16, int32, roundedInt64 } from './numbers.ts'

/** Bytes before the first record. */
export const BATCH_HEADER_BYTES = 61
/** Bytes before those that `batchLength` counts. */
export const BATCH_PREFIX_BYTES = 12
export const MAGIC_V2 = 2

export const BatchAttribute = {
  COMPRESSION_MASK: 0x07,
  LOG_APPEND_TIME: 0x08,
  TRANSACTIONAL: 0x10,
  CONTROL: 0x20,
  DELETE_HORIZON: 0x40,
} as const

export const Compression = { NONE: 0, GZIP: 1, SNAPPY: 2, LZ4: 3, ZSTD: 4 } as const

const LENGTH_AT = 8
const LEADER_EPOCH_AT = 12
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const BASE_TIMESTAMP_AT = 27
const MAX_TIMESTAMP_AT = 35
const PRODUCER_ID_AT = 43
const PRODUCER_EPOCH_AT = 51
const BASE_SEQUENCE_AT = 53
const RECORDS_COUNT_AT = 57

/** All of a batch header at once, for tools and rare paths; the functions below allocate nothing. */
export interface BatchView {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly sizeInBytes: number
  readonly leaderEpoch: number
  readonly magic: number
  readonly crc: number
  readonly attributes: number
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordsCount: number
}

export function batchAt(buffer: Buffer, at: number): BatchView {
  return {
    baseOffset: baseOffset(buffer, at),
    lastOffset: lastOffset(buffer, at),
    sizeInBytes: sizeInBytes(buffer, at),
    leaderEpoch: leaderEpoch(buffer, at),
    magic: magic(buffer, at),
    crc: crc(buffer, at),
    attributes: attributes(buffer, at),
    lastOffsetDelta: lastOffsetDelta(buffer, at),
    baseTimestamp: baseTimestamp(buffer, at),
    maxTimestamp: maxTimestamp(buffer, at),
    producerId: producerId(buffer, at),
    producerEpoch: producerEpoch(buffer, at),
    baseSequence: baseSequence(buffer, at),
    recordsCount: recordsCount(buffer, at),
  }
}

/** Whether a batch header and all bytes that it announces are there. */
export function holdsBatch(buffer: Buffer, at: number): boolean {
  if (buffer.length - at < BATCH_HEADER_BYTES) return false
  const total = sizeInBytes(buffer, at)
  return total >= BATCH_HEADER_BYTES && total <= buffer.length - at
}

export function baseOffset(buffer: Buffer, at: number): number {
  return roundedInt64(buffer, at)
}

export function lastOffset(buffer: Buffer, at: number): number {
  return baseOffset(buffer, at) + lastOffsetDelta(buffer, at)
}

export function batchLength(buffer: Buffer, at: number): number {
  return int32(buffer, at + LENGTH_AT)
}

export function sizeInBytes(buffer: Buffer, at: number): number {
  return BATCH_PREFIX_BYTES + batchLength(buffer, at)
}

export function leaderEpoch(buffer: Buffer, at: number): number {
  return int32(buffer, at + LEADER_EPOCH_AT)
}

export function magic(buffer: Buffer, at: number): number {
  return int8(buffer, at + MAGIC_AT)
}

export function crc(buffer: Buffer, at: number): number {
  return int32(buffer, at + CRC_AT) >>> 0
}

export function attributes(buffer: Buffer, at: number): number {
  return int16(buffer, at + ATTRIBUTES_AT)
}

export function compression(buffer: Buffer, at: number): number {
  return attributes(buffer, at) & BatchAttribute.COMPRESSION_MASK
}

export function lastOffsetDelta(buffer: Buffer, at: number): number {
  return int32(buffer, at + LAST_OFFSET_DELTA_AT)
}

/** Rounded where a client set nonsense that no JavaScript number can hold. */
export function baseTimestamp(buffer: Buffer, at: number): number {
  return roundedInt64(buffer, at + BASE_TIMESTAMP_AT)
}

export function maxTimestamp(buffer: Buffer, at: number): number {
  return roundedInt64(buffer, at + MAX_TIMESTAMP_AT)
}

export function producerId(buffer: Buffer, at: number): number {
  return roundedInt64(buffer, at + PRODUCER_ID_AT)
}

export function producerEpoch(buffer: Buffer, at: number): number {
  return int16(buffer, at + PRODUCER_EPOCH_AT)
}

export function baseSequence(buffer: Buffer, at: number): number {
  return int32(buffer, at + BASE_SEQUENCE_AT)
}

export function recordsCount(buffer: Buffer, at: number): number {
  return int32(buffer, at + RECORDS_COUNT_AT)
}

export function setBaseOffset(buffer: Buffer, at: number, offset: number): void {
  writeInt64(buffer, at, offset)
}

export function setLeaderEpoch(buffer: Buffer, at: number, epoch: number): void {
  buffer.writeInt32BE(epoch, at + LEADER_EPOCH_AT)
}

/** Inside the CRC: call `recomputeCrc` after. */
export function setAttributes(buffer: Buffer, at: number, value: number): void {
  buffer.writeInt16BE(value, at + ATTRIBUTES_AT)
}

/** Inside the CRC: call `recomputeCrc` after. */
export function setMaxTimestamp(buffer: Buffer, at: number, timestampMs: number): void {
  writeInt64(buffer, at + MAX_TIMESTAMP_AT, timestampMs)
}

/** Inside the CRC: call `recomputeCrc` after. */
export function setBaseTimestamp(buffer: Buffer, at: number, timestampMs: number): void {
  writeInt64(buffer, at + BASE_TIMESTAMP_AT, timestampMs)
}

/** Inside the CRC: call `recomputeCrc` after. */
export function setRecordsCount(buffer: Buffer, at: number, count: number): void {
  buffer.writeInt32BE(count, at + RECORDS_COUNT_AT)
}

export function setSizeInBytes(buffer: Buffer, at: number, sizeBytes: number): void {
  buffer.writeInt32BE(sizeBytes - BATCH_PREFIX_BYTES, at + LENGTH_AT)
}

/** The leader's clock becomes the timestamp of every record: `message.timestamp.type=LogAppendTime`. */
export function setLogAppendTime(buffer: Buffer, at: number, timestampMs: number): void {
  setAttributes(buffer, at, attributes(buffer, at) | BatchAttribute.LOG_APPEND_TIME)
  setMaxTimestamp(buffer, at, timestampMs)
  recomputeCrc(buffer, at)
}

export function recomputeCrc(buffer: Buffer, at: number): void {
  buffer.writeUInt32BE(computeCrc(buffer, at), at + CRC_AT)
}

/** False also when the batch is not there as a whole. */
export function isValidCrc(buffer: Buffer, at: number): boolean {
  return holdsBatch(buffer, at) && computeCrc(buffer, at) === crc(buffer, at)
}

export function crc32c(bytes: Uint8Array): number {
  return nativeCrc32c(bytes)
}

function computeCrc(buffer: Buffer, at: number): number {
  return nativeCrc32c(buffer.subarray(at + ATTRIBUTES_AT, at + sizeInBytes(buffer, at)))
}

function writeInt64(buffer: Buffer, at: number, value: number): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a valid int64`)
  buffer.writeInt32BE(Math.floor(value / 4294967296), at)
  buffer.writeUInt32BE(value >>> 0, at + 4)
}
