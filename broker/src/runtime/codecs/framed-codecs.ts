/** Kafka's four compressions, as its clients write and read them, on top of the libraries. */
import type { CodecName, Codecs } from '../types.ts'
import { CodecError } from './codec-error.ts'
import { lz4SizeBytesMax } from './lz4-frame.ts'
import type { CodecPrimitives } from './primitives.ts'
import { compressSnappy, uncompressSnappy } from './xerial.ts'

export class FramedCodecs implements Codecs {
  readonly #primitives: CodecPrimitives

  constructor(primitives: CodecPrimitives) {
    this.#primitives = primitives
  }

  compress(codec: CodecName, bytes: Buffer, level?: number): Promise<Buffer> {
    switch (codec) {
      case 'gzip':
        return this.#primitives.gzip(bytes, level)
      case 'zstd':
        return this.#primitives.zstdCompress(bytes, level)
      case 'lz4':
        return this.#primitives.lz4CompressFrame(bytes)
      case 'snappy':
        return compressSnappy(this.#primitives, bytes)
    }
  }

  async decompress(codec: CodecName, bytes: Buffer, sizeBytesMax: number): Promise<Buffer> {
    try {
      return await this.#decompress(codec, bytes, sizeBytesMax)
    } catch (error) {
      if (error instanceof CodecError) throw error
      throw new CodecError(`the ${codec} data cannot be decompressed`, error)
    }
  }

  #decompress(codec: CodecName, bytes: Buffer, sizeBytesMax: number): Promise<Buffer> {
    switch (codec) {
      case 'gzip':
        return this.#primitives.gunzip(bytes, sizeBytesMax)
      case 'zstd':
        return this.#primitives.zstdDecompress(bytes, sizeBytesMax)
      case 'lz4':
        if (lz4SizeBytesMax(bytes) > sizeBytesMax) throw new CodecError('the lz4 frame is too large')
        return this.#primitives.lz4DecompressFrame(bytes)
      case 'snappy':
        return uncompressSnappy(this.#primitives, bytes, sizeBytesMax)
    }
  }
}
