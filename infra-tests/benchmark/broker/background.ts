/** What a steady producer notices of the broker's own work: compaction, and batches that it compresses anew. */
import { RawClient } from '../../support/raw-client.ts'
import { atMost, noGoal } from '../goals.ts'
import { type PacedLoad, pacedProduceLoad } from '../load/raw-load.ts'
import { withBystander } from './bystander.ts'
import { type Case, type Metrics, routesTo, spanOf, type Target, withTopics } from './case.ts'
import { p99OfSteadyProducer } from './steady-producer.ts'

const COMPRESSED = ['gzip', 'snappy', 'lz4', 'zstd'].map((codec) => ({ 'compression.type': codec }))
/** 2.5 MB/s for each codec, and 13 MB/s to be compacted. */
const TO_COMPRESS = { recordBytes: 1000, recordsPerBatch: 250, acks: 1, requestsPerSecond: 10, timers: true }
const TO_COMPACT = {
  recordBytes: 1000,
  recordsPerBatch: 16,
  acks: 1,
  requestsPerSecond: 800,
  timers: true,
  keyed: true,
}
const COMPACTED = {
  'cleanup.policy': 'compact',
  'segment.bytes': String(1 << 20),
  'min.cleanable.dirty.ratio': '0.01',
}

export const backgroundCase: Case = {
  name: 'compaction-and-codecs',
  title: '1000 records/s of 1 KB, acks=1, beside compaction and four topics that compress',
  goals: { timesQuietP99: atMost(1.5), quietP99Ms: noGoal, p99Ms: noGoal, bystanderP99Ms: noGoal },
  ownBroker: { 'log.cleaner.backoff.ms': '100' },
  run: (target, quick) =>
    withBystander(quick, (bystandersP99) =>
      withTopics(target, [{}, COMPACTED, ...COMPRESSED], (topics) =>
        besideOwnWork(target, topics, quick, bystandersP99),
      ),
    ),
}

async function besideOwnWork(
  target: Target,
  [topic, compacted, ...compressed]: readonly string[],
  quick: boolean,
  bystandersP99: () => Promise<number>,
): Promise<Metrics> {
  const quietP99Ms = await p99OfSteadyProducer(target, topic!, quick)
  const load = (own: Omit<PacedLoad, 'topic'>, loaded: string) =>
    pacedProduceLoad(routesTo(target.address, 1), { ...own, topic: loaded }, spanOf(quick))
  const [p99Ms, bystanderP99Ms] = await Promise.all([
    p99OfSteadyProducer(target, topic!, quick),
    bystandersP99(),
    load(TO_COMPACT, compacted!),
    ...compressed.map((each) => load(TO_COMPRESS, each)),
  ])
  if ((await firstOffset(target, compacted!)) === 0) throw new Error('nothing was compacted')
  return { quietP99Ms, p99Ms, bystanderP99Ms, timesQuietP99: p99Ms / quietP99Ms }
}

async function firstOffset({ address }: Target, topic: string): Promise<number> {
  const client = await RawClient.connect(address)
  try {
    const { records } = await client.fetch({ topic, partition: 0, offset: 0, maxBytes: 1 << 16 })
    return Number(records.readBigInt64BE(0))
  } finally {
    client.close()
  }
}
