/**
 * `<offset>.snapshot`, version 1: the producer states as they were at an offset; a batch queue shrinks to
 * its last.
 */
import { crc32c } from '../../wire/index.ts'
import type { ProducerEntry } from './producer-entry.ts'

const VERSION = 1
const CRC_AT = 2
const COUNT_AT = 6
const ENTRIES_AT = 10
const ENTRY_BYTES = 46

export function encodeSnapshot(entries: readonly ProducerEntry[]): Buffer {
  const bytes = Buffer.alloc(ENTRIES_AT + entries.length * ENTRY_BYTES)
  bytes.writeInt16BE(VERSION, 0)
  bytes.writeInt32BE(entries.length, COUNT_AT)
  for (const [index, entry] of entries.entries()) writeEntry(bytes, ENTRIES_AT + index * ENTRY_BYTES, entry)
  bytes.writeUInt32BE(crc32c(bytes.subarray(COUNT_AT)), CRC_AT)
  return bytes
}

/** Undefined if the bytes are not a whole, intact snapshot. */
export function decodeSnapshot(bytes: Buffer): ProducerEntry[] | undefined {
  if (bytes.length < ENTRIES_AT || bytes.readInt16BE(0) !== VERSION) return undefined
  if (bytes.readUInt32BE(CRC_AT) !== crc32c(bytes.subarray(COUNT_AT))) return undefined
  const count = bytes.readInt32BE(COUNT_AT)
  if (bytes.length !== ENTRIES_AT + count * ENTRY_BYTES) return undefined
  return Array.from({ length: count }, (_, index) => readEntry(bytes, ENTRIES_AT + index * ENTRY_BYTES))
}

function writeEntry(bytes: Buffer, at: number, entry: ProducerEntry): void {
  const last = entry.batches.at(-1)
  bytes.writeBigInt64BE(BigInt(entry.producerId), at)
  bytes.writeInt16BE(entry.producerEpoch, at + 8)
  bytes.writeInt32BE(last?.lastSequence ?? -1, at + 10)
  bytes.writeBigInt64BE(BigInt(last?.lastOffset ?? -1), at + 14)
  bytes.writeInt32BE(last?.offsetDelta ?? 0, at + 22)
  bytes.writeBigInt64BE(BigInt(entry.lastTimestampMs), at + 26)
  bytes.writeInt32BE(entry.coordinatorEpoch, at + 34)
  bytes.writeBigInt64BE(BigInt(entry.currentTransactionFirstOffset), at + 38)
}

function readEntry(bytes: Buffer, at: number): ProducerEntry {
  const lastOffset = Number(bytes.readBigInt64BE(at + 14))
  const lastTimestampMs = Number(bytes.readBigInt64BE(at + 26))
  const batch = {
    lastSequence: bytes.readInt32BE(at + 10),
    lastOffset,
    offsetDelta: bytes.readInt32BE(at + 22),
    timestampMs: lastTimestampMs,
  }
  return {
    producerId: Number(bytes.readBigInt64BE(at)),
    producerEpoch: bytes.readInt16BE(at + 8),
    lastTimestampMs,
    coordinatorEpoch: bytes.readInt32BE(at + 34),
    currentTransactionFirstOffset: Number(bytes.readBigInt64BE(at + 38)),
    batches: lastOffset < 0 ? [] : [batch],
  }
}
