import { constants, type ZlibOptions, type ZstdOptions } from 'node:zlib'

/** -1 is zlib's word for its own default. */
export function gzipOptions(level: number | undefined): ZlibOptions {
  return level === undefined ? {} : { level }
}

export function zstdOptions(level: number | undefined): ZstdOptions {
  return level === undefined ? {} : { params: { [constants.ZSTD_c_compressionLevel]: level } }
}

/** The snappy library gives text where it is asked for it, which nobody does here. */
export function asBuffer(bytes: string | Buffer): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes) : bytes
}
