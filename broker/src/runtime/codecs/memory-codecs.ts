import * as zlib from 'node:zlib'
import lz4 from 'lz4-napi'
import snappy from 'snappy'
import type { Codecs } from '../types.ts'
import { FramedCodecs } from './framed-codecs.ts'
import { asBuffer, decompressionOptions, gzipOptions, zstdOptions } from './library-options.ts'

/** The libraries on the caller's own thread, so that a simulation does everything in the same order each time. */
export const memoryCodecs: Codecs = new FramedCodecs({
  gzip: async (bytes, level) => zlib.gzipSync(bytes, gzipOptions(bytes, level)),
  gunzip: async (bytes, maxOutputLength) =>
    zlib.gunzipSync(bytes, decompressionOptions(bytes, maxOutputLength)),
  zstdCompress: async (bytes, level) => zlib.zstdCompressSync(bytes, zstdOptions(bytes, level)),
  zstdDecompress: async (bytes, maxOutputLength) =>
    zlib.zstdDecompressSync(bytes, decompressionOptions(bytes, maxOutputLength)),
  snappyCompress: async (bytes) => snappy.compressSync(bytes),
  snappyUncompress: async (block) => asBuffer(snappy.uncompressSync(block)),
  lz4CompressFrame: async (bytes) => lz4.compressFrameSync(bytes),
  lz4DecompressFrame: async (frame) => lz4.decompressFrameSync(frame),
})
