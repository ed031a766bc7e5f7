/**
 * How much an LZ4 frame can come to, told from its headers alone: the library allocates whatever a frame asks for.
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
import { CodecError } from './codec-error.ts'

const MAGIC = 0x184d2204
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const DICTIONARY_ID = 0x01
const UNCOMPRESSED = 0x80000000
/** No byte of a compressed block stands for more bytes than this. */
const EXPANSION_MAX = 255

export function lz4SizeBytesMax(bytes: Buffer): number {
  let sizeBytes = 0
  let at = 0
  // Frames may follow one another.
  while (at < bytes.length) {
    const frame = scanFrame(bytes, at)
    sizeBytes += frame.sizeBytesMax
    at = frame.end
  }
  return sizeBytes
}

function scanFrame(bytes: Buffer, start: number): { sizeBytesMax: number; end: number } {
  if (bytes.length - start < 7 || bytes.readUInt32LE(start) !== MAGIC) {
    throw new CodecError('the lz4 data has no frame')
  }
  const flags = bytes[start + 4]!
  const blockBytesMax = 2 ** (8 + 2 * ((bytes[start + 5]! >> 4) & 7))
  const hasContentChecksum = (flags & 0x04) !== 0
  let at = start + 7 + ((flags & CONTENT_SIZE) === 0 ? 0 : 8) + ((flags & DICTIONARY_ID) === 0 ? 0 : 4)
  let sizeBytesMax = 0
  for (;;) {
    if (at + 4 > bytes.length) throw new CodecError('the lz4 frame has no end')
    const word = bytes.readUInt32LE(at)
    at += 4
    if (word === 0) break
    const storedBytes = word & ~UNCOMPRESSED
    const isCompressed = word < UNCOMPRESSED
    sizeBytesMax += isCompressed ? Math.min(blockBytesMax, storedBytes * EXPANSION_MAX) : storedBytes
    at += storedBytes + ((flags & BLOCK_CHECKSUM) === 0 ? 0 : 4)
  }
  return { sizeBytesMax, end: at + (hasContentChecksum ? 4 : 0) }
}
