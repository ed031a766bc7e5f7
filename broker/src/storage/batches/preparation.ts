/**
 * What a topic asks for that a batch's header does not tell: another compression (`compression.type`), keys for
 * compaction, timestamps that are not too old. Then the records are decompressed, off the event loop, before the batch
 * is staged. Most topics ask for nothing of that kind, and their batches stay the bytes that they are.
 */
import type { CodecName, Codecs } from '../../runtime/types.ts'
import type { LogConfig } from '../log/log-config.ts'
import { codecOf, compressionCode, openBatch } from '../records/open-batch.ts'
import { rebuildBatch } from '../records/rebuild-batch.ts'
import { Compression, compressionOf } from './batch.ts'
import { checkRecords } from './record-checks.ts'
import { recordRules, validateBatch } from './validation.ts'

/** For a batch that has a whole header. */
export function needsPreparation(batch: Buffer, config: LogConfig): boolean {
  const { compressionType, messageTimestampType, timestampBeforeMaxMs, cleanupPolicy } = config
  const compression = compressionOf(batch, 0)
  if (compressionType !== 'producer' && compressionCode(targetCodec(batch, config)) !== compression)
    return true
  // Plain records are looked at when they are staged.
  if (compression === Compression.NONE) return false
  return cleanupPolicy.compact || (timestampBeforeMaxMs !== Infinity && messageTimestampType === 'CreateTime')
}

/** The batch as it is to be staged; throws the KafkaError with which it is refused. */
export async function prepareBatch(
  codecs: Codecs,
  batch: Buffer,
  config: LogConfig,
  nowMs: number,
): Promise<Buffer> {
  validateBatch(batch, 'client', config, nowMs)
  const opened = await openBatch(codecs, batch)
  if (codecOf(batch) !== undefined) checkRecords(batch, opened, recordRules(config, nowMs))
  const codec = targetCodec(batch, config)
  if (codec === codecOf(batch)) return batch
  return await rebuildBatch(codecs, batch, {
    records: [opened.bytes.subarray(opened.at)],
    codec,
    level: config.compressionLevel,
  })
}

function targetCodec(batch: Buffer, { compressionType }: LogConfig): CodecName | undefined {
  if (compressionType === 'producer') return codecOf(batch)
  return compressionType === 'uncompressed' ? undefined : compressionType
}
