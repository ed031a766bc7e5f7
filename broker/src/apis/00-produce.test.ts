import { beforeEach, expect, test } from 'vitest'
import { TestCluster } from '../server/test-cluster.ts'
import {
  batchOf,
  createTopic,
  fetch,
  fetchValues,
  produce,
  produceBody,
  produceValues,
  valuesOf,
} from '../server/test-requests.ts'
import {
  BatchAttribute,
  Compression,
  decodeRecords,
  ErrorCode,
  encodeBatch,
  recomputeCrc,
  setAttributes,
  ZERO_UUID,
} from '../wire/index.ts'
import { ProduceApi } from './00-produce.ts'
import { DeleteTopicsApi } from './20-delete-topics.ts'

const TOPIC = 'orders'
let cluster: TestCluster
let topicId: string

beforeEach(async () => {
  cluster = await TestCluster.start(1)
  topicId = (await createTopic(cluster, 1, { name: TOPIC })).topicId
})

const batch = (...values: string[]) => batchOf(values, cluster.clock.now())

function idempotent(value: string, baseSequence: number, producerEpoch = 0): Buffer {
  return batchOf([value], cluster.clock.now(), { producerId: 7, producerEpoch, baseSequence })
}

test('acks=1 and acks=all tell the base offset; what was acknowledged can be read', async () => {
  for (const { acks, offset } of [
    { acks: 1, offset: 0 },
    { acks: -1, offset: 2 },
  ]) {
    const result = await produce(cluster, 1, { topic: TOPIC, acks, records: batch('a', 'b') })
    expect(result).toMatchObject({ errorCode: 0, baseOffset: offset, logAppendTimeMs: -1, logStartOffset: 0 })
  }
  expect(await fetchValues(cluster, 1, TOPIC)).toEqual(['a', 'b', 'a', 'b'])
})

test('acks=0 gets no answer, and the next request is answered as if it were the first', async () => {
  const client = cluster.connect(1)
  client.post(ProduceApi, 9, produceBody({ topic: TOPIC, acks: 0, records: batch('quiet') }))
  await cluster.settle(client.send(ProduceApi, 9, produceBody({ topic: TOPIC, records: batch('loud') })))
  expect(client.answered).toEqual([2])
  expect(await fetchValues(cluster, 1, TOPIC)).toEqual(['quiet', 'loud'])
})

test('a failure with acks=0 closes that connection and no other', async () => {
  const [guilty, innocent] = [cluster.connect(1), cluster.connect(1)]
  guilty.post(ProduceApi, 9, produceBody({ topic: 'unknown', acks: 0, records: batch('x') }))
  await cluster.advance(50)
  expect([guilty.isClosed, innocent.isClosed]).toEqual([true, false])
  await cluster.settle(innocent.send(ProduceApi, 9, produceBody({ topic: TOPIC, records: batch('y') })))
})

test('a batch that an idempotent producer sends again is answered with its first offset and kept once', async () => {
  const first = await produce(cluster, 1, { topic: TOPIC, records: idempotent('a', 0) })
  await produce(cluster, 1, { topic: TOPIC, records: idempotent('b', 1) })
  const again = await produce(cluster, 1, { topic: TOPIC, records: idempotent('a', 0) })
  expect(again).toMatchObject({ errorCode: 0, baseOffset: first.baseOffset })
  expect(await fetchValues(cluster, 1, TOPIC)).toEqual(['a', 'b'])
})

test('a batch and its copy in one turn are kept once, and both are answered', async () => {
  const client = cluster.connect(1)
  const sent = [0, 0].map(() =>
    client.send(ProduceApi, 9, produceBody({ topic: TOPIC, records: idempotent('a', 0) })),
  )
  const answers = await cluster.settle(Promise.all(sent))
  expect(answers.map((each) => each.responses[0]?.partitionResponses[0]?.baseOffset)).toEqual([0, 0])
  expect(await fetchValues(cluster, 1, TOPIC)).toEqual(['a'])
})

test('a gap in the sequence is refused, before and after a restart', async () => {
  await produce(cluster, 1, { topic: TOPIC, records: idempotent('a', 0) })
  const gap = () => produce(cluster, 1, { topic: TOPIC, records: idempotent('c', 2) })
  expect((await gap()).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
  cluster.crash(1)
  await cluster.startBroker(1)
  await cluster.until(() => cluster.isMember(1))
  expect((await gap()).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
  expect((await produce(cluster, 1, { topic: TOPIC, records: idempotent('b', 1) })).baseOffset).toBe(1)
})

test('an older epoch of a producer is refused', async () => {
  await produce(cluster, 1, { topic: TOPIC, records: idempotent('a', 0, 3) })
  const old = await produce(cluster, 1, { topic: TOPIC, records: idempotent('b', 1, 2) })
  expect(old.errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
})

test.each([
  ['a damaged byte', () => damaged(batch('a')), ErrorCode.CORRUPT_MESSAGE],
  ['two batches', () => Buffer.concat([batch('a'), batch('b')]), ErrorCode.INVALID_RECORD],
  ['no records', () => null, ErrorCode.INVALID_RECORD],
  ['empty records', () => Buffer.alloc(0), ErrorCode.INVALID_RECORD],
  ['half a batch', () => batch('a').subarray(0, 40), ErrorCode.CORRUPT_MESSAGE],
])('%s is refused and nothing is kept', async (_, records, errorCode) => {
  const result = await produce(cluster, 1, { topic: TOPIC, records: records() })
  expect(result).toMatchObject({ errorCode, baseOffset: -1 })
  expect(await fetchValues(cluster, 1, TOPIC)).toEqual([])
})

function damaged(bytes: Buffer): Buffer {
  const last = bytes.length - 1
  bytes.writeUInt8(bytes.readUInt8(last) ^ 0xff, last)
  return bytes
}

test('one refused partition does not keep the others from being written', async () => {
  await createTopic(cluster, 1, { name: 'many', partitions: 2 })
  const { responses } = await cluster.request(1, ProduceApi, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 1000,
    topicData: [
      {
        name: 'many',
        partitionData: [
          { index: 0, records: damaged(batch('bad')) },
          { index: 1, records: batch('good') },
          { index: 2, records: batch('nowhere') },
        ],
      },
    ],
  })
  expect(responses[0]?.partitionResponses.map((each) => each.errorCode)).toEqual([
    ErrorCode.CORRUPT_MESSAGE,
    ErrorCode.NONE,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ])
  expect(await fetchValues(cluster, 1, 'many', 1)).toEqual(['good'])
})

test('an unknown topic, an internal topic and acks=2 each have their own error', async () => {
  const records = batch('a')
  expect((await produce(cluster, 1, { topic: 'unknown', records })).errorCode).toBe(
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  )
  expect((await produce(cluster, 1, { topic: '__consumer_offsets', records })).errorCode).toBe(
    ErrorCode.INVALID_TOPIC_EXCEPTION,
  )
  expect((await produce(cluster, 1, { topic: TOPIC, acks: 2, records })).errorCode).toBe(
    ErrorCode.INVALID_REQUIRED_ACKS,
  )
})

test('version 13 names topics by id and knows unknown ids', async () => {
  const send = (id: string) =>
    cluster.request(1, ProduceApi, 13, {
      transactionalId: null,
      acks: 1,
      timeoutMs: 1000,
      topicData: [{ topicId: id, partitionData: [{ index: 0, records: batch('a') }] }],
    })
  const known = (await send(topicId)).responses[0]
  expect([known?.topicId, known?.partitionResponses[0]?.errorCode]).toEqual([topicId, ErrorCode.NONE])
  const unknown = (await send(ZERO_UUID)).responses[0]
  expect(unknown?.partitionResponses[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
})

test('with LogAppendTime the answer and every record have the time of the broker', async () => {
  await createTopic(cluster, 1, { name: 'timed', configs: { 'message.timestamp.type': 'LogAppendTime' } })
  const nowMs = cluster.clock.now()
  const result = await produce(cluster, 1, { topic: 'timed', records: batchOf(['a'], 1000) })
  expect(result.logAppendTimeMs).toBeGreaterThanOrEqual(nowMs)
  const { records } = await fetch(cluster, 1, { topic: 'timed' })
  expect(decodeRecords(records ?? Buffer.alloc(0), 0)[0]?.timestamp).toBe(result.logAppendTimeMs)
})

test('a compacted topic wants a key with every record', async () => {
  await createTopic(cluster, 1, { name: 'compacted', configs: { 'cleanup.policy': 'compact' } })
  const without = await produce(cluster, 1, { topic: 'compacted', records: batch('a') })
  expect(without.errorCode).toBe(ErrorCode.INVALID_RECORD)
  const timestamp = cluster.clock.now()
  const records = encodeBatch({ records: [{ timestamp, key: Buffer.from('k'), value: Buffer.from('v') }] })
  expect((await produce(cluster, 1, { topic: 'compacted', records })).errorCode).toBe(ErrorCode.NONE)
})

test('a batch larger than max.message.bytes is refused', async () => {
  await createTopic(cluster, 1, { name: 'small', configs: { 'max.message.bytes': '200' } })
  const result = await produce(cluster, 1, { topic: 'small', records: batch('x'.repeat(300)) })
  expect(result.errorCode).toBe(ErrorCode.MESSAGE_TOO_LARGE)
})

test('zstd is refused before version 7', async () => {
  const records = batch('pretend')
  setAttributes(records, 0, Compression.ZSTD & BatchAttribute.COMPRESSION_MASK)
  recomputeCrc(records, 0)
  const { responses } = await cluster.request(1, ProduceApi, 6, produceBody({ topic: TOPIC, records }))
  expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
  const newer = await cluster.request(1, ProduceApi, 7, produceBody({ topic: TOPIC, records }))
  expect(newer.responses[0]?.partitionResponses[0]?.errorCode).toBe(ErrorCode.NONE)
})

test('large pipelined requests keep their bytes and their order while frames are reused', async () => {
  cluster.network.conditions.chunkBytesMax = 5000
  const client = cluster.connect(1)
  const values = Array.from({ length: 40 }, (_, index) => String(index).repeat(20_000 + index))
  const sent = values.map((value) =>
    client.send(ProduceApi, 9, produceBody({ topic: TOPIC, records: batch(value) })),
  )
  const answers = await cluster.settle(Promise.all(sent), 600_000)
  expect(answers.map((each) => each.responses[0]?.partitionResponses[0]?.baseOffset)).toEqual(
    values.map((_, index) => index),
  )
  cluster.network.conditions.chunkBytesMax = Infinity
  for (const [offset, value] of values.entries()) {
    const { records } = await fetch(cluster, 1, { topic: TOPIC, offset, maxBytes: 1 })
    expect(valuesOf(records)[0] === value).toBe(true)
  }
})

test('a full disk takes the partition offline with a storage error, and the broker lives', async () => {
  await createTopic(cluster, 1, { name: 'other' })
  const heal = cluster.disk(1).fail({ operations: ['write'], code: 'ENOSPC', path: /orders-0.*\.log$/ })
  const result = await produce(cluster, 1, { topic: TOPIC, records: batch('a') })
  expect(result).toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, baseOffset: -1 })
  heal()
  expect((await fetch(cluster, 1, { topic: TOPIC })).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  await produceValues(cluster, 1, 'other', ['fine'])
  expect(await fetchValues(cluster, 1, 'other')).toEqual(['fine'])
})

test('a batch that is written at once because of its size fails with no offset', async () => {
  await createTopic(cluster, 1, { name: 'large', configs: { 'max.message.bytes': '3000000' } })
  cluster.disk(1).fail({ operations: ['write'], code: 'ENOSPC', path: /large-0.*\.log$/ })
  const result = await produce(cluster, 1, { topic: 'large', records: batch('x'.repeat(2_000_000)) })
  expect(result).toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, baseOffset: -1 })
})

test('records on their way into a topic that is being deleted get an answer, and the broker lives', async () => {
  const [producer, admin] = [cluster.connect(1), cluster.connect(1)]
  await cluster.advance(10)
  const codes: number[] = []
  for (let attempt = 0; attempt < 10; attempt++) {
    const sent = [1, 2, 3].map(() =>
      producer.send(ProduceApi, 9, produceBody({ topic: TOPIC, records: batch('x') })),
    )
    const deleted = admin.send(DeleteTopicsApi, 5, { topicNames: [TOPIC], timeoutMs: 1000 })
    for (const answer of await cluster.settle(Promise.all(sent)))
      codes.push(answer.responses[0]?.partitionResponses[0]?.errorCode ?? -1)
    await cluster.settle(deleted)
    await createTopic(cluster, 1, { name: TOPIC })
    expect(await fetchValues(cluster, 1, TOPIC)).toEqual([])
  }
  expect(codes.filter((code) => code !== 0 && code !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)).toEqual([])
  expect(cluster.errors).toEqual([])
})

test('with flush.messages=1 an acknowledged record survives a power loss', async () => {
  await createTopic(cluster, 1, { name: 'safe', configs: { 'flush.messages': '1' } })
  const acknowledged: string[] = []
  for (let index = 0; index < 20; index++) {
    await produceValues(cluster, 1, 'safe', [`v${index}`])
    acknowledged.push(`v${index}`)
  }
  cluster.crash(1, 'losePower')
  await cluster.startBroker(1)
  await cluster.until(() => cluster.isMember(1))
  await cluster.advance(100)
  expect(await fetchValues(cluster, 1, 'safe')).toEqual(acknowledged)
})
