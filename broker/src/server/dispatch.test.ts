import { beforeEach, expect, test } from 'vitest'
import { ProduceApi } from '../apis/00-produce.ts'
import { FetchApi } from '../apis/01-fetch.ts'
import { MetadataApi } from '../apis/03-metadata.ts'
import { ApiVersionsApi } from '../apis/18-api-versions.ts'
import { CreateTopicsApi } from '../apis/19-create-topics.ts'
import { EnvelopeApi } from '../apis/58-envelope.ts'
import { type Api, decodeResponse, ErrorCode, encodeRequestFrame } from '../wire/index.ts'
import type { TestClient } from './test-client.ts'
import { TestCluster } from './test-cluster.ts'
import { batchOf, createTopic, fetchBody, produceBody, valuesOf } from './test-requests.ts'

let cluster: TestCluster
let client: TestClient

beforeEach(async () => {
  cluster = await TestCluster.start(1)
  client = cluster.connect(1)
})

function frame(hex: string): Buffer {
  const body = Buffer.from(hex.replaceAll(' ', ''), 'hex')
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length, 0)
  return Buffer.concat([size, body])
}

function envelope(
  api: Api,
  version: number,
  body: object,
): Promise<{ errorCode: number; responseData: Buffer | null }> {
  const inner = encodeRequestFrame(api, version, { correlationId: 77, clientId: 'inner' }, body as never)
  return cluster.request(1, EnvelopeApi, 0, {
    requestData: inner.subarray(4),
    requestPrincipal: null,
    clientHostAddress: Buffer.from('10.0.0.1'),
  })
}

test('ApiVersions in a version that is too new is answered in version 0 with the range of ApiVersions', async () => {
  for (const version of ['0005', '7fff']) {
    const answer = await cluster.settle(client.sendFrame(frame(`0012 ${version} 0000002a ffff 00 61`), 42))
    expect(answer.toString('hex')).toBe('0000002a002300000001001200000004')
  }
  expect(client.isClosed).toBe(false)
})

test('ApiVersions tells what is served, and nothing of what brokers ask each other', async () => {
  const body = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
  const { apiKeys, errorCode } = await cluster.settle(client.send(ApiVersionsApi, 4, body))
  expect(errorCode).toBe(ErrorCode.NONE)
  expect(apiKeys.find((each) => each.apiKey === 0)).toEqual({ apiKey: 0, minVersion: 0, maxVersion: 13 })
  expect(apiKeys.map((each) => each.apiKey)).not.toContain(58)
  expect(apiKeys.map((each) => each.apiKey)).not.toContain(63)
  const unnamed = { clientSoftwareName: '', clientSoftwareVersion: '1' }
  expect((await cluster.settle(client.send(ApiVersionsApi, 3, unnamed))).errorCode).toBe(
    ErrorCode.INVALID_REQUEST,
  )
})

test.each([
  ['an unknown API', '7777 0000 00000001 ffff'],
  ['a version that is too new', '0003 0063 00000001 ffff'],
  ['a version that is no longer served', '0000 0002 00000001 ffff'],
  ['a negative version', '0003 ffff 00000001 ffff'],
  ['a header that is cut off', '0003 00'],
  ['an empty frame', ''],
  ['a body that is cut off', '0003 0001 00000001 ffff 0000'],
  ['an array that is longer than the frame', '0003 0001 00000001 ffff 7fffffff'],
])('%s closes its connection and no other', async (_, hex) => {
  const other = cluster.connect(1)
  client.sendFrame(frame(hex), 1)
  await cluster.advance(100)
  expect([client.isClosed, other.isClosed]).toEqual([true, false])
  expect((await cluster.settle(other.send(MetadataApi, 12, { topics: [] }))).brokers).toHaveLength(1)
  expect(cluster.errors).toEqual([])
})

test('bytes after a request are ignored: librdkafka 2.15 asks for all topics with three of them', async () => {
  await createTopic(cluster, 1, { name: 'orders' })
  // Metadata 13 of client "a": no list of topics, three flags and no tags, which the last three bytes repeat.
  const answer = await cluster.settle(
    client.sendFrame(frame('0003 000d 0000002a 0001 61 00 00 00 00 00 00 00 00'), 42),
  )
  const { body } = decodeResponse(MetadataApi, 13, answer)
  expect(body.topics.map((topic) => topic.name)).toEqual(['orders'])
})

test('an envelope serves what belongs to the controller and refuses everything else', async () => {
  const created = await envelope(CreateTopicsApi, 7, {
    topics: [{ name: 'a', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
  })
  expect(created.errorCode).toBe(ErrorCode.NONE)
  const { correlationId, body } = decodeResponse(CreateTopicsApi, 7, created.responseData as Buffer)
  expect([correlationId, body.topics[0]?.errorCode]).toEqual([77, ErrorCode.NONE])
  const refused = await envelope(MetadataApi, 12, { topics: [] })
  expect(refused).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST, responseData: null })
  const nested = await envelope(EnvelopeApi, 0, {
    requestData: Buffer.alloc(10),
    requestPrincipal: null,
    clientHostAddress: Buffer.alloc(0),
  })
  expect(nested.errorCode).toBe(ErrorCode.INVALID_REQUEST)
})

test('a broker that is not the controller refuses envelopes', async () => {
  const three = await TestCluster.start(3)
  const follower = three.brokerIds.find((id) => !three.broker(id).isController) as number
  const body = { requestData: Buffer.alloc(10), requestPrincipal: null, clientHostAddress: Buffer.alloc(0) }
  expect((await three.request(follower, EnvelopeApi, 0, body)).errorCode).toBe(ErrorCode.NOT_CONTROLLER)
})

test('a fetch sees what the same connection sent to be produced just before', async () => {
  await createTopic(cluster, 1, { name: 'orders' })
  const body = produceBody({ topic: 'orders', records: batchOf(['a'], cluster.clock.now()) })
  client.send(ProduceApi, 9, body)
  const fetched = await cluster.settle(client.send(FetchApi, 12, fetchBody({ topic: 'orders' })))
  expect(valuesOf(fetched.responses[0]?.partitions[0]?.records ?? null)).toEqual(['a'])
  expect(client.answered).toEqual([1, 2])
})

test('requests in tiny pieces and a client that reads slowly get the same answers', async () => {
  await createTopic(cluster, 1, { name: 'orders' })
  Object.assign(cluster.network.conditions, { chunkBytesMax: 7, windowBytes: 50 })
  const sent = Array.from({ length: 30 }, (_, index) =>
    index % 2 === 0
      ? client.send(MetadataApi, 12, { topics: null }).then((answer) => answer.topics[0]?.name)
      : client
          .send(ProduceApi, 9, produceBody({ topic: 'orders', records: batchOf(['x'], cluster.clock.now()) }))
          .then((answer) => answer.responses[0]?.partitionResponses[0]?.baseOffset),
  )
  const answers = await cluster.settle(Promise.all(sent), 600_000)
  expect(answers).toEqual(sent.map((_, index) => (index % 2 === 0 ? 'orders' : (index - 1) / 2)))
})

test('an idle connection is closed after connections.max.idle.ms, one that waits for an answer is not', async () => {
  const short = await TestCluster.start(1, { 'connections.max.idle.ms': '30000' })
  await createTopic(short, 1, { name: 'orders' })
  const [idle, waiting] = [short.connect(1), short.connect(1)]
  waiting.send(FetchApi, 12, fetchBody({ topic: 'orders', maxWaitMs: 60_000 }))
  await short.advance(29_000)
  expect([idle.isClosed, waiting.isClosed]).toEqual([false, false])
  await short.advance(15_000)
  expect([idle.isClosed, waiting.isClosed]).toEqual([true, false])
})
