import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import lz4 from 'lz4-napi'
import snappy from 'snappy'
import type { Codecs } from '../types.ts'
import { FramedCodecs } from './framed-codecs.ts'
import { Gate } from './gate.ts'
import { asBuffer, decompressionOptions, gzipOptions, zstdOptions } from './library-options.ts'

const gzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip)
const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip)
const zstdCompress = promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdCompress)
const zstdDecompress = promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress)

/** One thread stays for what else the pool does, fsync above all; it also bounds the memory of large batches. */
const AT_ONCE = 3
const gate = new Gate(AT_ONCE)

/** The libraries on Node's thread pool. */
export const nodeCodecs: Codecs = new FramedCodecs({
  gzip: (bytes, level) => gate.run(() => gzip(bytes, gzipOptions(bytes, level))),
  gunzip: (bytes, maxOutputLength) =>
    gate.run(() => gunzip(bytes, decompressionOptions(bytes, maxOutputLength))),
  zstdCompress: (bytes, level) => gate.run(() => zstdCompress(bytes, zstdOptions(bytes, level))),
  zstdDecompress: (bytes, maxOutputLength) =>
    gate.run(() => zstdDecompress(bytes, decompressionOptions(bytes, maxOutputLength))),
  snappyCompress: (bytes) => gate.run(() => snappy.compress(bytes)),
  snappyUncompress: (block) => gate.run(async () => asBuffer(await snappy.uncompress(block))),
  lz4CompressFrame: (bytes) => gate.run(() => lz4.compressFrame(bytes)),
  lz4DecompressFrame: (frame) => gate.run(() => lz4.decompressFrame(frame)),
})
