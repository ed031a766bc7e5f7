/** For tests of the cleaner: a compacted log that is written record by record and cleaned at will. */
import { memoryCodecs } from '../../runtime/codecs/memory-codecs.ts'
import type { CodecName } from '../../runtime/types.ts'
import { type BatchDraft, encodeBatch, recordsCount } from '../../wire/index.ts'
import { BATCH_HEADER_BYTES, decodeRecords } from '../batches/batch.ts'
import { CleanerBuffers } from '../cleaner/buffers.ts'
import { Pace } from '../cleaner/pace.ts'
import { type CleanerSettings, defaultCleanerSettings } from '../cleaner/settings.ts'
import type { LogConfig } from '../log/log-config.ts'
import { openBatch } from '../records/open-batch.ts'
import { rebuildBatch } from '../records/rebuild-batch.ts'
import { batchesOf, TestLog } from './harness.ts'

export interface KeyedRecord {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
}

export type Put = readonly [key: string, value: string | null]

export class CompactedLog extends TestLog {
  settings: CleanerSettings = defaultCleanerSettings

  constructor(config: Partial<LogConfig> = {}) {
    super({ cleanupPolicy: { compact: true, delete: false }, minCleanableDirtyRatio: 0, ...config })
  }

  async put(
    puts: readonly Put[],
    options: Partial<BatchDraft> & { codec?: CodecName } = {},
  ): Promise<number> {
    const { codec, ...draft } = options
    const records = puts.map(([key, value]) => ({
      timestamp: this.clock.nowMs,
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    }))
    const plain = encodeBatch({ records, ...draft })
    const bytes = codec === undefined ? plain : await compressed(plain, codec)
    const staged = this.stage(bytes)
    this.log.commit()
    this.log.highWatermark = this.log.logEndOffset
    return staged.baseOffset
  }

  /** Ends the active segment, so that cleaning reaches all that there is. */
  roll(): void {
    const { config } = this
    const tick = encodeBatch({
      records: [{ timestamp: this.clock.nowMs, key: Buffer.from('tick'), value: Buffer.of(1) }],
    })
    this.log.updateConfig({ ...config, segmentMs: -1 })
    this.stage(tick)
    this.log.commit()
    this.log.highWatermark = this.log.logEndOffset
    this.log.updateConfig(config)
  }

  async clean(): Promise<void> {
    const pace = new Pace(this.clock, Infinity)
    let isDone = false
    const cleaning = this.log
      .clean({ settings: this.settings, pace, buffers: new CleanerBuffers() })
      .finally(() => {
        isDone = true
      })
    const resuming = async () => {
      while (!isDone) {
        pace.resume()
        await Promise.resolve()
      }
    }
    await Promise.all([cleaning, resuming()])
  }

  /** All records that are in the log, in their order. */
  async contents(): Promise<KeyedRecord[]> {
    const found: KeyedRecord[] = []
    for (const batch of batchesOf(this.log)) {
      const plain = await uncompressed(batch)
      for (const { offset, key, value, timestamp } of decodeRecords(plain, 0)) {
        found.push({ offset, key: text(key), value: text(value), timestamp })
      }
    }
    return found.filter(({ key }) => key !== 'tick')
  }
}

export async function compressed(plain: Buffer, codec: CodecName): Promise<Buffer> {
  const records = [plain.subarray(BATCH_HEADER_BYTES)]
  return await rebuildBatch(memoryCodecs, plain, { records, recordsCount: recordsCount(plain, 0), codec })
}

export async function uncompressed(batch: Buffer): Promise<Buffer> {
  const { bytes, at } = await openBatch(memoryCodecs, batch)
  const change = { records: [bytes.subarray(at)], recordsCount: recordsCount(batch, 0), codec: undefined }
  return await rebuildBatch(memoryCodecs, batch, change)
}

function text(bytes: Buffer | null): string | null {
  return bytes === null ? null : String(bytes)
}
