/** Record batch v2 (KIP-98) written and read by hand, uncompressed, for the programs that judge the broker. */
export interface PlainRecord {
  readonly value: string | Buffer
  readonly key?: string
}

export interface StoredRecord {
  readonly offset: number
  readonly key: string | null
  readonly value: string
}

export const batchHeaderBytes = 61

export function encodeBatch(records: readonly PlainRecord[], timestampMs = Date.now()): Buffer {
  const body = Buffer.concat(records.map(encodeRecord))
  const batch = Buffer.alloc(batchHeaderBytes + body.length)
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt32BE(-1, 12)
  batch.writeInt8(2, 16)
  batch.writeInt32BE(records.length - 1, 23)
  batch.writeBigInt64BE(BigInt(timestampMs), 27)
  batch.writeBigInt64BE(BigInt(timestampMs), 35)
  batch.writeBigInt64BE(-1n, 43)
  batch.writeInt16BE(-1, 51)
  batch.writeInt32BE(-1, 53)
  batch.writeInt32BE(records.length, 57)
  body.copy(batch, batchHeaderBytes)
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}

/** The offset after the last whole batch in `records`, or undefined when there is none. */
export function nextOffsetOf(records: Buffer): number | undefined {
  let next: number | undefined
  for (let at = 0; at + batchHeaderBytes <= records.length; ) {
    const end = at + 12 + records.readInt32BE(at + 8)
    if (end > records.length) break
    next = Number(records.readBigInt64BE(at)) + records.readInt32BE(at + 23) + 1
    at = end
  }
  return next
}

export function decodeBatches(records: Buffer): StoredRecord[] {
  const found: StoredRecord[] = []
  for (let at = 0; at + batchHeaderBytes <= records.length; ) {
    const end = at + 12 + records.readInt32BE(at + 8)
    if (end > records.length) break
    const batch = records.subarray(at, end)
    if (crc32c(batch.subarray(21)) !== batch.readUInt32BE(17))
      throw new Error('a fetched batch has a wrong CRC')
    const control = (batch.readInt16BE(21) & 0x20) !== 0
    if (!control) found.push(...decodeRecords(batch))
    at = end
  }
  return found
}

export function crc32c(data: Buffer): number {
  let crc = 0xffffffff
  for (let i = 0; i < data.length; i++) crc = (crcTable[(crc ^ data[i]!) & 0xff]! ^ (crc >>> 8)) >>> 0
  return (crc ^ 0xffffffff) >>> 0
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc >>> 0
})

function encodeRecord(record: PlainRecord, offsetDelta: number): Buffer {
  const value = Buffer.isBuffer(record.value) ? record.value : Buffer.from(record.value)
  const key = record.key === undefined ? undefined : Buffer.from(record.key)
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(0),
    varint(offsetDelta),
    key === undefined ? varint(-1) : Buffer.concat([varint(key.length), key]),
    varint(value.length),
    value,
    varint(0),
  ])
  return Buffer.concat([varint(body.length), body])
}

/** Zigzag, as protobuf's sint32. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}

function decodeRecords(batch: Buffer): StoredRecord[] {
  if ((batch.readInt16BE(21) & 0x07) !== 0) throw new Error('a compressed batch: read it with a client')
  const baseOffset = Number(batch.readBigInt64BE(0))
  const cursor = { at: batchHeaderBytes }
  return Array.from({ length: batch.readInt32BE(57) }, () => {
    const end = readVarint(batch, cursor) + cursor.at
    cursor.at += 1
    readVarint(batch, cursor)
    const offset = baseOffset + readVarint(batch, cursor)
    const key = readText(batch, cursor)
    const value = readText(batch, cursor) ?? ''
    cursor.at = end
    return { offset, key, value }
  })
}

function readText(batch: Buffer, cursor: { at: number }): string | null {
  const length = readVarint(batch, cursor)
  if (length < 0) return null
  cursor.at += length
  return batch.toString('utf8', cursor.at - length, cursor.at)
}

/** Timestamps' deltas may be longer than 32 bits; the multiplication keeps them whole. */
function readVarint(batch: Buffer, cursor: { at: number }): number {
  let raw = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = batch.readUInt8(cursor.at++)
    raw += (byte & 0x7f) * scale
    if (byte < 0x80) break
  }
  return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
}
