/** What the libraries do, on a thread of their own or here; Kafka's framings are made of it. */
export interface CodecPrimitives {
  gzip(bytes: Buffer, level: number | undefined): Promise<Buffer>
  /** Rejects as soon as there is more than `sizeBytesMax`. */
  gunzip(bytes: Buffer, sizeBytesMax: number): Promise<Buffer>
  zstdCompress(bytes: Buffer, level: number | undefined): Promise<Buffer>
  zstdDecompress(bytes: Buffer, sizeBytesMax: number): Promise<Buffer>
  /** One raw block. */
  snappyCompress(bytes: Buffer): Promise<Buffer>
  snappyUncompress(block: Buffer): Promise<Buffer>
  /** A whole frame of independent blocks. */
  lz4CompressFrame(bytes: Buffer): Promise<Buffer>
  lz4DecompressFrame(frame: Buffer): Promise<Buffer>
}
