/**
 * Reads entries of a zip file (a jar is one) by its central directory, APPNOTE 4.3.12 and 4.3.16. No zip64.
 */
import { readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

const END_SIGNATURE = 0x06054b50
const ENTRY_SIGNATURE = 0x02014b50
const END_BYTES = 22
const ENTRY_BYTES = 46
const LOCAL_HEADER_BYTES = 30
const STORED = 0
const DEFLATED = 8

/** Content of all entries whose name the filter accepts. */
export function readZip(path: string, accept: (name: string) => boolean): Map<string, Buffer> {
  const zip = readFileSync(path)
  const end = endOfDirectory(zip)
  let at = zip.readUInt32LE(end + 16)
  const contents = new Map<string, Buffer>()
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    if (zip.readUInt32LE(at) !== ENTRY_SIGNATURE) throw new Error(`${path}: broken central directory`)
    const nameLength = zip.readUInt16LE(at + 28)
    const name = zip.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameLength)
    if (accept(name)) contents.set(name, content(zip, at))
    at += ENTRY_BYTES + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return contents
}

function endOfDirectory(zip: Buffer): number {
  for (let at = zip.length - END_BYTES; at >= 0; at--) {
    if (zip.readUInt32LE(at) === END_SIGNATURE) return at
  }
  throw new Error('not a zip file')
}

function content(zip: Buffer, entryAt: number): Buffer {
  const method = zip.readUInt16LE(entryAt + 10)
  const sizeBytes = zip.readUInt32LE(entryAt + 20)
  const localAt = zip.readUInt32LE(entryAt + 42)
  const start = localAt + LOCAL_HEADER_BYTES + zip.readUInt16LE(localAt + 26) + zip.readUInt16LE(localAt + 28)
  const bytes = zip.subarray(start, start + sizeBytes)
  if (method === STORED) return bytes
  if (method === DEFLATED) return inflateRawSync(bytes)
  throw new Error(`zip method ${method} is not supported`)
}
