import type { BrokerSettings } from '../cluster/index.ts'
import type { CleanerSettings } from '../storage/index.ts'

/** The `log.cleaner.*` configurations as the storage has them. */
export function cleanerSettings(settings: BrokerSettings): CleanerSettings {
  return {
    isEnabled: settings['log.cleaner.enable'],
    backoffMs: settings['log.cleaner.backoff.ms'],
    dedupeBufferBytes: settings['log.cleaner.dedupe.buffer.size'],
    loadFactor: settings['log.cleaner.io.buffer.load.factor'],
    ioBufferBytes: settings['log.cleaner.io.buffer.size'],
    ioBytesPerSecond: settings['log.cleaner.io.max.bytes.per.second'],
  }
}
