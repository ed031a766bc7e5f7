/** Produce to topics that ask for more than a look at the header. */
import { beforeEach, expect, test } from 'vitest'
import { memoryCodecs } from '../../runtime/codecs/memory-codecs.ts'
import { TestCluster } from '../../server/test-cluster.ts'
import { batchOf, createTopic, fetch, produce, produceBody } from '../../server/test-requests.ts'
import { Compression, compression, decodeRecords, ErrorCode, encodeBatch } from '../../wire/index.ts'
import { ProduceApi } from '../00-produce.ts'

let cluster: TestCluster

beforeEach(async () => {
  cluster = await TestCluster.start(1)
})

async function topic(name: string, configs: Record<string, string>): Promise<void> {
  await createTopic(cluster, 1, { name, configs })
}

test('compression.type: what is stored and fetched is compressed anew', async () => {
  await topic('squeezed', { 'compression.type': 'gzip' })
  const result = await produce(cluster, 1, {
    topic: 'squeezed',
    records: batchOf(['a', 'b'], cluster.clock.now()),
  })
  expect(result).toMatchObject({ errorCode: 0, baseOffset: 0 })
  const { records } = await fetch(cluster, 1, { topic: 'squeezed' })
  expect(compression(records!, 0)).toBe(Compression.GZIP)
  const plain = await memoryCodecs.decompress('gzip', records!.subarray(61), 1000)
  expect(plain.includes('a') && plain.includes('b')).toBe(true)
})

test('an idempotent producer may have several batches on their way', async () => {
  await topic('ordered', { 'compression.type': 'zstd' })
  const client = cluster.connect(1)
  const sent = [0, 1, 2, 3].map((baseSequence) => {
    const records = batchOf([`${baseSequence}`], cluster.clock.now(), {
      producerId: 7,
      producerEpoch: 0,
      baseSequence,
    })
    return client.send(ProduceApi, 9, produceBody({ topic: 'ordered', records }))
  })
  const answers = await cluster.settle(Promise.all(sent))
  expect(answers.map(({ responses }) => responses[0]?.partitionResponses[0])).toMatchObject(
    [0, 1, 2, 3].map((baseOffset) => ({ errorCode: 0, baseOffset })),
  )
})

test('a record without a key in a compacted topic: the error names the record (KIP-467)', async () => {
  await topic('keyed', { 'cleanup.policy': 'compact' })
  const timestamp = cluster.clock.now()
  const records = encodeBatch({ records: [{ timestamp, key: Buffer.of(1) }, { timestamp }] })
  const result = await produce(cluster, 1, { topic: 'keyed', records })
  expect(result).toMatchObject({
    errorCode: ErrorCode.INVALID_RECORD,
    recordErrors: [
      { batchIndex: 1, batchIndexErrorMessage: 'Compacted topic cannot accept message without key.' },
    ],
  })
})

test('each compression.type, and none', async () => {
  for (const [index, type] of ['snappy', 'uncompressed', 'lz4'].entries()) {
    await topic(`as-${type}`, { 'compression.type': type })
    const records = batchOf([type], cluster.clock.now())
    expect(await produce(cluster, 1, { topic: `as-${type}`, records })).toMatchObject({ baseOffset: 0 })
    const stored = (await fetch(cluster, 1, { topic: `as-${type}` })).records!
    expect(compression(stored, 0)).toBe([Compression.SNAPPY, Compression.NONE, Compression.LZ4][index])
    if (type === 'uncompressed') expect(String(decodeRecords(stored, 0)[0]?.value)).toBe(type)
  }
})
