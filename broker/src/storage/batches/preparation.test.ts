import { describe, expect, test } from 'vitest'
import { memoryCodecs } from '../../runtime/codecs/memory-codecs.ts'
import type { CodecName } from '../../runtime/types.ts'
import { decodeRecords, ErrorCode, encodeBatch, KafkaError, type RecordDraft } from '../../wire/index.ts'
import { RecordValidationError } from '../errors.ts'
import { defaultLogConfig, type LogConfig } from '../log/log-config.ts'
import { codecOf } from '../records/open-batch.ts'
import { rebuildBatch } from '../records/rebuild-batch.ts'
import { compressed, uncompressed } from '../testing/cleaning.ts'
import { START_MS } from '../testing/harness.ts'
import {
  BATCH_HEADER_BYTES,
  isValidCrc,
  lastOffsetDeltaOf,
  producerIdOf,
  recomputeCrc,
  sizeOf,
} from './batch.ts'
import { needsPreparation, prepareBatch } from './preparation.ts'
import { PreparationQueue } from './preparation-queue.ts'

const CODECS: (CodecName | undefined)[] = [undefined, 'gzip', 'snappy', 'lz4', 'zstd']
const COMPACT: Partial<LogConfig> = { cleanupPolicy: { compact: true, delete: false } }
const config = (changes: Partial<LogConfig> = {}): LogConfig => ({ ...defaultLogConfig, ...changes })
const record = (value: string, changes: Partial<RecordDraft> = {}): RecordDraft => ({
  timestamp: START_MS,
  key: Buffer.from('k'),
  value: Buffer.from(value.repeat(50)),
  headers: [{ key: 'h', value: null }],
  ...changes,
})

async function batch(codec: CodecName | undefined, records = [record('a'), record('b')]): Promise<Buffer> {
  const plain = encodeBatch({ records, producerId: 5, producerEpoch: 1, baseSequence: 3 })
  return codec === undefined ? plain : await compressed(plain, codec)
}

async function refusalOf(bytes: Buffer, changes: Partial<LogConfig>): Promise<KafkaError> {
  const outcome = await prepareBatch(memoryCodecs, bytes, config(changes), START_MS).catch((error) => error)
  if (outcome instanceof KafkaError) return outcome
  throw new Error('the batch was not refused')
}

describe.each(CODECS)('a batch compressed with %s', (source) => {
  test.each(CODECS)('is stored as compression.type=%s asks', async (target) => {
    const bytes = await batch(source)
    const asked = config({ compressionType: target ?? 'uncompressed' })
    expect(needsPreparation(bytes, asked)).toBe(source !== target)
    const prepared = await prepareBatch(memoryCodecs, bytes, asked, START_MS)
    expect(codecOf(prepared)).toBe(target)
    expect(isValidCrc(prepared, 0)).toBe(true)
    expect(sizeOf(prepared, 0)).toBe(prepared.length)
    expect([producerIdOf(prepared, 0), lastOffsetDeltaOf(prepared, 0)]).toEqual([5, 1])
    expect(decodeRecords(await uncompressed(prepared), 0)).toEqual(decodeRecords(await batch(undefined), 0))
  })

  test('compression.type=producer leaves it alone', async () => {
    expect(needsPreparation(await batch(source), config())).toBe(false)
  })

  test('every record of a compacted topic needs a key', async () => {
    const bytes = await batch(source, [record('a'), record('b', { key: null }), record('c', { key: null })])
    expect(needsPreparation(bytes, config(COMPACT))).toBe(source !== undefined)
    const refusal = await refusalOf(bytes, COMPACT)
    expect(refusal.code).toBe(ErrorCode.INVALID_RECORD)
    expect(
      refusal instanceof RecordValidationError && refusal.recordErrors.map(({ batchIndex }) => batchIndex),
    ).toEqual([1, 2])
  })

  test('no record may be older than message.timestamp.before.max.ms', async () => {
    const bytes = await batch(source, [record('a'), record('b', { timestamp: START_MS - 1001 }), record('c')])
    const refusal = await refusalOf(bytes, { timestampBeforeMaxMs: 1000 })
    expect(refusal.code).toBe(ErrorCode.INVALID_TIMESTAMP)
    const kept = await prepareBatch(memoryCodecs, bytes, config({ timestampBeforeMaxMs: 1001 }), START_MS)
    expect(kept).toBe(bytes)
  })
})

test('a level is asked of the library', async () => {
  const text = Array.from({ length: 3000 }, (_, index) => `${(index * 7919) % 1000},`).join('')
  const bytes = await batch(undefined, [record(text)])
  const size = async (compressionLevel: number) =>
    (
      await prepareBatch(
        memoryCodecs,
        bytes,
        config({ maxMessageBytes: 1e9, compressionType: 'gzip', compressionLevel }),
        START_MS,
      )
    ).length
  expect(await size(9)).toBeLessThan(await size(1))
})

test('what cannot be decompressed, or lies about its records, is refused', async () => {
  const good = await batch('gzip')
  const body = (bytes: Buffer, recordsCount = 2) =>
    rebuildBatch(memoryCodecs, good, { records: [bytes], recordsCount, codec: 'gzip' })
  const spoiled = await rebuildBatch(memoryCodecs, good, {
    records: [Buffer.from('no gzip')],
    codec: undefined,
  })
  spoiled[22] = 1
  recomputeCrc(spoiled, 0)
  expect((await refusalOf(spoiled, COMPACT)).code).toBe(ErrorCode.INVALID_RECORD)
  const records = (await batch(undefined)).subarray(BATCH_HEADER_BYTES)
  expect((await refusalOf(await body(records.subarray(1)), COMPACT)).code).toBe(ErrorCode.INVALID_RECORD)
  expect((await refusalOf(await body(Buffer.concat([records, records])), COMPACT)).code).toBe(
    ErrorCode.INVALID_RECORD,
  )
})

test('a batch whose checksum is wrong is not even opened', async () => {
  const bytes = await batch('zstd')
  bytes[bytes.length - 1]! ^= 1
  expect((await refusalOf(bytes, COMPACT)).code).toBe(ErrorCode.CORRUPT_MESSAGE)
})

test('batches that are prepared at once come out in the order in which they came', async () => {
  const queue = new PreparationQueue()
  const order: string[] = []
  const resolvers: (() => void)[] = []
  for (const name of ['first', 'second', 'third']) {
    const work = new Promise<string>((resolve, reject) =>
      resolvers.push(() => (name === 'second' ? reject(new Error(name)) : resolve(name))),
    )
    queue.add(work, (outcome) => order.push(outcome.status === 'fulfilled' ? outcome.value : 'failed'))
  }
  expect(queue.isBusy).toBe(true)
  for (const resolve of resolvers.reverse()) resolve()
  await new Promise((resolve) => setImmediate(resolve))
  expect(order).toEqual(['first', 'failed', 'third'])
  expect(queue.isBusy).toBe(false)
})
