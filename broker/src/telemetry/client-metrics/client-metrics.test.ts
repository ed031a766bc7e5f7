import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { ClusterImage } from '../../cluster/index.ts'
import { memoryCodecs } from '../../runtime/codecs/memory-codecs.ts'
import { MemoryClock } from '../../runtime/memory-clock.ts'
import { seededRandom } from '../../runtime/seeded-random.ts'
import type { CodecName } from '../../runtime/types.ts'
import { ErrorCode, KafkaError, ZERO_UUID } from '../../wire/index.ts'
import { ClientMetrics, type PushedMetrics, type TelemetryClient } from './client-metrics.ts'
import { ClientSeries } from './client-series.ts'
import { metricPoints, OtlpError } from './otlp.ts'
import { metricsData } from './testing-otlp.ts'

const CLIENT_METRICS = 16
const NOBODY = new Map<string, string>()
const CLIENT: TelemetryClient = {
  clientId: 'app-1',
  softwareName: 'apache-kafka-java',
  softwareVersion: '4.3.1',
  address: '10.0.0.7',
  port: 40123,
}

let clock: MemoryClock
let image: ClusterImage
let metrics: ClientMetrics

beforeEach(() => {
  clock = new MemoryClock()
  image = new ClusterImage()
  const runtime = { clock, timers: clock, codecs: memoryCodecs, random: seededRandom(1) }
  metrics = new ClientMetrics({ cluster: image, runtime, pushBytesMax: 100_000 })
})

function subscribe(resourceName: string, configs: Readonly<Record<string, string | null>>) {
  const records = Object.entries(configs).map(
    ([name, value]) => ({ type: 'Config', resourceType: CLIENT_METRICS, resourceName, name, value }) as const,
  )
  image.apply(image.offset + 1, records)
  metrics.subscriptionsChanged()
}

async function push(changes: Partial<PushedMetrics> & Pick<PushedMetrics, 'clientInstanceId'>) {
  const { clientInstanceId } = changes
  const request = { subscriptionId: 0, terminating: false, compressionType: 0, metrics: Buffer.alloc(0) }
  await clock.settle(metrics.push({ ...request, ...changes, clientInstanceId }, CLIENT), 1000)
}

/** The error of what is refused; NONE for what is not. */
async function codeOf(work: () => unknown): Promise<number> {
  try {
    await work()
    return ErrorCode.NONE
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
}

test('a client is told the subscriptions that match it, together, under an id that every broker would give', () => {
  subscribe('one', {
    metrics: 'org.apache.kafka.producer.',
    'interval.ms': '20000',
    match: 'client_id=app-.*',
  })
  subscribe('two', {
    metrics: 'org.apache.kafka.consumer.,a',
    match: 'client_software_name=apache-kafka-java',
  })
  subscribe('other', { metrics: '*', 'interval.ms': '100', match: 'client_id=app' })
  subscribe('both', { metrics: '*', 'interval.ms': '100', match: 'client_id=app-1,client_source_port=1' })
  const asked = metrics.ask(ZERO_UUID, CLIENT)
  expect(asked.clientInstanceId).not.toBe(ZERO_UUID)
  expect(asked.metrics).toEqual(['a', 'org.apache.kafka.consumer.', 'org.apache.kafka.producer.'])
  expect(asked.intervalMs).toBe(20_000)
  const runtime = { clock, timers: clock, codecs: memoryCodecs, random: seededRandom(2) }
  const elsewhere = new ClientMetrics({ cluster: image, runtime, pushBytesMax: 1 })
  expect(elsewhere.ask(asked.clientInstanceId, { ...CLIENT, port: 3 }).subscriptionId).toBe(
    asked.subscriptionId,
  )
  expect(elsewhere.ask(ZERO_UUID, CLIENT).subscriptionId).not.toBe(asked.subscriptionId)
})

test('all metrics is one star, and without a subscription nothing is wanted every five minutes', () => {
  expect(metrics.ask(ZERO_UUID, CLIENT)).toMatchObject({ metrics: [], intervalMs: 300_000 })
  subscribe('all', { metrics: '*' })
  subscribe('some', { metrics: 'a,b' })
  expect(metrics.ask(ZERO_UUID, CLIENT)).toMatchObject({ metrics: ['*'], intervalMs: 300_000 })
})

test('a client asks and pushes once per interval; after an answer it chooses its moment', async () => {
  subscribe('all', { metrics: '*', 'interval.ms': '1000' })
  const { clientInstanceId, subscriptionId } = metrics.ask(ZERO_UUID, CLIENT)
  const early = await codeOf(() => metrics.ask(clientInstanceId, CLIENT))
  expect(early).toBe(ErrorCode.THROTTLING_QUOTA_EXCEEDED)
  await clock.advance(500)
  await push({ clientInstanceId, subscriptionId })
  await clock.advance(999)
  const again = () => push({ clientInstanceId, subscriptionId })
  expect(await codeOf(again)).toBe(ErrorCode.THROTTLING_QUOTA_EXCEEDED)
  await clock.advance(1)
  expect(await codeOf(again)).toBe(ErrorCode.NONE)
  expect(
    Object.fromEntries([...metrics.samples()].map(({ keys, value }) => [keys.name, value])),
  ).toMatchObject({
    'instance-count': 1,
    'throttle-count': 2,
  })
})

test('a client that terminates may push at once, and then no more', async () => {
  subscribe('all', { metrics: '*', 'interval.ms': '1000' })
  const { clientInstanceId, subscriptionId } = metrics.ask(ZERO_UUID, CLIENT)
  await push({ clientInstanceId, subscriptionId })
  await push({ clientInstanceId, subscriptionId, terminating: true })
  await clock.advance(5000)
  const after = await codeOf(() => push({ clientInstanceId, subscriptionId, terminating: true }))
  expect(after).toBe(ErrorCode.INVALID_REQUEST)
})

test('who pushes for a subscription that has changed is told so, and may ask at once', async () => {
  subscribe('all', { metrics: 'a', 'interval.ms': '1000' })
  const { clientInstanceId, subscriptionId } = metrics.ask(ZERO_UUID, CLIENT)
  subscribe('all', { metrics: 'b' })
  const refused = await codeOf(() => push({ clientInstanceId, subscriptionId }))
  expect(refused).toBe(ErrorCode.UNKNOWN_SUBSCRIPTION_ID)
  expect(metrics.ask(clientInstanceId, CLIENT).metrics).toEqual(['b'])
  subscribe('all', { metrics: null, 'interval.ms': null })
  expect(metrics.ask(clientInstanceId, CLIENT)).toMatchObject({ metrics: [], intervalMs: 300_000 })
})

test.each([
  ['an id of nobody', { clientInstanceId: ZERO_UUID }, ErrorCode.INVALID_REQUEST],
  ['a compression that nobody knows', { compressionType: 5 }, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE],
  ['more than telemetry.max.bytes', { metrics: Buffer.alloc(100_001) }, ErrorCode.TELEMETRY_TOO_LARGE],
  ['what is no OTLP', { metrics: Buffer.from('metrics') }, ErrorCode.INVALID_RECORD],
  [
    'what is not compressed',
    { compressionType: 4, metrics: Buffer.from('metrics') },
    ErrorCode.INVALID_RECORD,
  ],
])('a push with %s is refused', async (_, changes, code) => {
  const { clientInstanceId, subscriptionId } = metrics.ask(ZERO_UUID, CLIENT)
  expect(await codeOf(() => push({ clientInstanceId, subscriptionId, ...changes }))).toBe(code)
})

test('a bomb is refused before it goes off', async () => {
  const { clientInstanceId, subscriptionId } = metrics.ask(ZERO_UUID, CLIENT)
  const bomb = await memoryCodecs.compress('zstd', Buffer.alloc(800_001))
  const outcome = await codeOf(() =>
    push({ clientInstanceId, subscriptionId, compressionType: 4, metrics: bomb }),
  )
  expect(outcome).toBe(ErrorCode.INVALID_RECORD)
})

test.each<[number, CodecName | undefined]>([
  [0, undefined],
  [1, 'gzip'],
  [2, 'snappy'],
  [3, 'lz4'],
  [4, 'zstd'],
])(
  'metrics that come with compression %i are served with what the client is',
  async (compressionType, codec) => {
    const data = metricsData(
      [
        { name: 'org.apache.kafka.producer.record.send.rate', value: 2.5, attributes: { topic: 'say "hi"' } },
        { name: 'org.apache.kafka.producer.record.send.total', value: -7, temporality: 2 },
      ],
      { client_rack: 'zone-a', client_id: 'somebody else' },
    )
    const bytes = codec === undefined ? data : await memoryCodecs.compress(codec, data)
    const { clientInstanceId, subscriptionId } = metrics.ask(ZERO_UUID, CLIENT)
    await push({ clientInstanceId, subscriptionId, compressionType, metrics: bytes })
    const labels =
      `client_instance_id="${clientInstanceId}",client_software_name="apache-kafka-java",` +
      'client_software_version="4.3.1",client_source_address="10.0.0.7"'
    expect(await metrics.text()).toBe(
      [
        '# TYPE org_apache_kafka_producer_record_send_rate untyped',
        `org_apache_kafka_producer_record_send_rate{client_rack="zone-a",client_id="app-1",topic="say \\"hi\\"",${labels}} 2.5`,
        '# TYPE org_apache_kafka_producer_record_send_total untyped',
        `org_apache_kafka_producer_record_send_total{client_rack="zone-a",client_id="app-1",${labels}} -7`,
        '',
      ].join('\n'),
    )
  },
)

test('a push takes the place of the one before, and expires three intervals after it', async () => {
  subscribe('all', { metrics: '*', 'interval.ms': '60000' })
  const { clientInstanceId, subscriptionId } = metrics.ask(ZERO_UUID, CLIENT)
  await push({ clientInstanceId, subscriptionId, metrics: metricsData([{ name: 'before', value: 1 }]) })
  await clock.advance(60_000)
  await push({ clientInstanceId, subscriptionId, metrics: metricsData([{ name: 'after', value: 1 }]) })
  metrics.disconnected(clientInstanceId)
  await clock.advance(179_999)
  metrics.expire()
  expect(await metrics.text()).toContain('after{')
  expect(await metrics.text()).not.toContain('before{')
  await clock.advance(1)
  metrics.expire()
  expect(await metrics.text()).not.toContain('after{')
})

test('deltas add up, whoever sends them', () => {
  const series = new ClientSeries()
  for (const value of [3, 4]) {
    const pushed = series.begin('me', NOBODY)
    pushed.add({ name: 'sent', attributes: NOBODY, value, isDelta: true })
    series.keep('me', pushed, Number.POSITIVE_INFINITY)
  }
  expect([...series.all()]).toEqual([{ name: 'sent', labels: '', value: 7 }])
})

test('what is over the share of a client is dropped and counted, and the oldest clients go first', () => {
  const series = new ClientSeries({ clientBytes: 1000, totalBytes: 2500 })
  for (const client of ['a', 'b', 'c']) {
    const pushed = series.begin(client, new Map([['client_id', client]]))
    for (let index = 0; index < 10; index++) {
      pushed.add({ name: `metric_${index}`, attributes: NOBODY, value: index, isDelta: false })
    }
    pushed.add({ name: 'long', attributes: new Map([['x', 'y'.repeat(5000)]]), value: 1, isDelta: false })
    expect(pushed.sizeBytes).toBeLessThanOrEqual(1000)
    expect(pushed.dropped).toBe(11 - pushed.series.size)
    series.keep(client, pushed, Number.POSITIVE_INFINITY)
  }
  const clients = new Set([...series.all()].map(({ labels }) => labels))
  expect(clients).toEqual(new Set(['{client_id="b"}', '{client_id="c"}']))
})

test('whatever the bytes are, they are points or an error of OTLP, in short steps', () => {
  const whole = metricsData([{ name: 'a', value: 1, attributes: { b: 'c' } }], { d: 'e' })
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.nat(whole.length - 1), fc.nat(255))
      .map(([at, byte]) =>
        Buffer.concat([whole.subarray(0, at), Buffer.from([byte]), whole.subarray(at + 1)]),
      ),
  )
  fc.assert(
    fc.property(bytes, (data) => {
      try {
        for (const point of metricPoints(Buffer.from(data)))
          if (point) expect(point.value).toBeTypeOf('number')
      } catch (error) {
        expect(error).toBeInstanceOf(OtlpError)
      }
    }),
    { seed: 714, numRuns: 2000 },
  )
})

test.each([
  ['a group, however deep', Buffer.alloc(1000, 0x0b)],
  ['a field that ends in its middle', Buffer.from([0x0a, 0x05, 0x00])],
  ['a length of two gigabytes', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x07])],
  ['a number without end', Buffer.alloc(20, 0xff)],
])('%s is an error', (_, bytes) => {
  expect(() => [...metricPoints(bytes)]).toThrow(OtlpError)
})

test('a field of another type than it should have is passed over', () => {
  expect([...metricPoints(Buffer.from([0x08, 0x01]))]).toEqual([])
})

test('a long list of nothing gives others their turn', () => {
  const empty = Buffer.alloc(100_000, Buffer.from([0x0a, 0x00]))
  expect([...metricPoints(empty)].length).toBeGreaterThan(50)
})
