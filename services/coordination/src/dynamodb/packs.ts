/** Many small entries in one item: [length, payload]... A write unit pays for a kilobyte, a transaction for an item. */
import type { LogEntry } from '../types.ts'

/** An item holds 400 KB; the largest payload fits with its length. */
export const PACK_BYTES = 300 * 1024
const LENGTH_BYTES = 4

export interface Pack {
  readonly firstIndex: number
  readonly bytes: Uint8Array
}

export function encodePacks(at: number, payloads: readonly Uint8Array[]): Pack[] {
  const packs: Pack[] = []
  let firstIndex = at
  let parts: Uint8Array[] = []
  let sizeBytes = 0
  const flush = (nextIndex: number) => {
    if (parts.length > 0) packs.push({ firstIndex, bytes: join(firstIndex, parts) })
    firstIndex = nextIndex
    parts = []
    sizeBytes = 0
  }
  payloads.forEach((payload, offset) => {
    const size = payload.byteLength + LENGTH_BYTES
    if (sizeBytes + size > PACK_BYTES) flush(at + offset)
    parts.push(payload)
    sizeBytes += size
  })
  flush(at + payloads.length)
  return packs
}

export function decodePack(bytes: Uint8Array): LogEntry[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries: LogEntry[] = []
  let index = Number(buffer.readBigUInt64BE(0))
  for (let at = 8; at < buffer.length; index++) {
    const end = at + LENGTH_BYTES + buffer.readUInt32BE(at)
    if (end > buffer.length) throw new Error(`a pack ends within entry ${index}`)
    entries.push({ index, payload: new Uint8Array(buffer.subarray(at + LENGTH_BYTES, end)) })
    at = end
  }
  return entries
}

function join(firstIndex: number, parts: readonly Uint8Array[]): Uint8Array {
  const head = Buffer.alloc(8)
  head.writeBigUInt64BE(BigInt(firstIndex))
  const pieces: Uint8Array[] = [head]
  for (const part of parts) {
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeUInt32BE(part.byteLength)
    pieces.push(length, part)
  }
  return Buffer.concat(pieces)
}
