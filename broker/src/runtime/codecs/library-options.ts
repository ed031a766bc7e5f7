import { constants, type ZlibOptions, type ZstdOptions } from 'node:zlib'

/** -1 is zlib's word for its own default. */
export function gzipOptions(bytes: Buffer, level: number | undefined): ZlibOptions {
  const chunkSize = pieceBytes(bytes.length)
  return level === undefined ? { chunkSize } : { chunkSize, level }
}

export function zstdOptions(bytes: Buffer, level: number | undefined): ZstdOptions {
  const chunkSize = pieceBytes(bytes.length)
  return level === undefined
    ? { chunkSize }
    : { chunkSize, params: { [constants.ZSTD_c_compressionLevel]: level } }
}

/** For both. */
export function decompressionOptions(bytes: Buffer, maxOutputLength: number) {
  return { chunkSize: pieceBytes(USUAL_EXPANSION * bytes.length), maxOutputLength }
}

const USUAL_EXPANSION = 4
const PIECE_BYTES_MIN = 1024
const PIECE_BYTES_MAX = 64 * 1024

/**
 * Output comes in pieces, each of which is a way to the thread pool and back, and a buffer as long as it might be: Node's
 * own 16 KiB are many ways for a large batch, and much garbage for a small one.
 */
function pieceBytes(expectedBytes: number): number {
  return Math.min(PIECE_BYTES_MAX, Math.max(PIECE_BYTES_MIN, expectedBytes))
}

/** The snappy library gives text where it is asked for it, which nobody does here. */
export function asBuffer(bytes: string | Buffer): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes) : bytes
}
