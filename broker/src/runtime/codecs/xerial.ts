/**
 * Snappy as Java's clients write it, in the framing of xerial's snappy-java: a header, then raw blocks, each behind its
 * length. Other clients, librdkafka among them, write one raw block and no framing; both are read.
 */
import { CodecError } from './codec-error.ts'
import type { CodecPrimitives } from './primitives.ts'

const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
/** Magic, version and the oldest compatible version. */
const HEADER = Buffer.concat([MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])])
/** SnappyOutputStream's are 32 KiB; each is a way to the thread pool and back, and readers take any length. */
const BLOCK_BYTES = 128 * 1024
const LENGTH_BYTES = 4

export async function compressSnappy(snappy: CodecPrimitives, bytes: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [HEADER]
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = await snappy.snappyCompress(bytes.subarray(at, at + BLOCK_BYTES))
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

export async function uncompressSnappy(
  snappy: CodecPrimitives,
  bytes: Buffer,
  sizeBytesMax: number,
): Promise<Buffer> {
  const isFramed = bytes.length >= HEADER.length && bytes.subarray(0, MAGIC.length).equals(MAGIC)
  const blocks = isFramed ? blocksOf(bytes) : [bytes]
  const total = blocks.reduce((sum, block) => sum + uncompressedLength(block), 0)
  if (total > sizeBytesMax) throw new CodecError(`the snappy data comes to ${total} bytes`)
  const parts: Buffer[] = []
  for (const block of blocks) parts.push(await snappy.snappyUncompress(block))
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, total)
}

function blocksOf(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  for (let at = HEADER.length; at < bytes.length; ) {
    const start = at + LENGTH_BYTES
    const end = start <= bytes.length ? start + bytes.readInt32BE(at) : -1
    if (end <= start || end > bytes.length) throw new CodecError('a snappy block ends beyond its data')
    blocks.push(bytes.subarray(start, end))
    at = end
  }
  return blocks
}

/** A raw block begins with it, as a varint; the library holds the block to it. */
function uncompressedLength(block: Buffer): number {
  let length = 0
  for (let index = 0; index < 5; index++) {
    const byte = block[index]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return length
  }
  throw new CodecError('a snappy block does not say its length')
}
