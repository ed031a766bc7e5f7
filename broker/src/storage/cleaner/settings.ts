/** The broker's `log.cleaner.*` configurations. */
export interface CleanerSettings {
  /** `log.cleaner.enable` */
  readonly isEnabled: boolean
  /** `log.cleaner.backoff.ms` */
  readonly backoffMs: number
  /** `log.cleaner.dedupe.buffer.size` */
  readonly dedupeBufferBytes: number
  /** `log.cleaner.io.buffer.load.factor` */
  readonly loadFactor: number
  /** `log.cleaner.io.buffer.size` */
  readonly ioBufferBytes: number
  /** `log.cleaner.io.max.bytes.per.second` */
  readonly ioBytesPerSecond: number
}

export const defaultCleanerSettings: CleanerSettings = {
  isEnabled: true,
  backoffMs: 15_000,
  dedupeBufferBytes: 128 << 20,
  loadFactor: 0.9,
  ioBufferBytes: 512 << 10,
  ioBytesPerSecond: Infinity,
}
