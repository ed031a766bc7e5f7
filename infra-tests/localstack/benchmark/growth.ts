/** Three brokers with data become six while somebody produces: how long it takes, and what the producer feels of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { produceLoad, type Route } from '../../benchmark/load/raw-load.ts'
import { mustRun } from '../../support/programs.ts'
import { awaitTopic, parseAddress, RawClient } from '../../support/raw-client.ts'
import { updateBrokerCount } from '../deployment/clusters.ts'
import type { Deployed } from '../deployment/lab.ts'
import { docker } from '../docker.ts'
import { CPU_SHARES } from '../machines/containers.ts'
import { type Acknowledged, ClientContainer } from './client-container.ts'

export interface GrowthOptions {
  /** Of all replicas together. */
  readonly gigabytes: number
  /** So long what does not change is measured. */
  readonly quietMs: number
}

export interface Growth {
  readonly seconds: number
  readonly producedWhile: Readonly<Record<'quiet' | 'started' | 'growing' | 'grown', Produced>>
}

export interface Produced {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly requests: readonly Acknowledged[]
}

interface Span {
  readonly fromMs: number
  readonly toMs: number
}

export const TOPIC = 'events'
const PARTITIONS = 30
export const REPLICAS = 3
const RECORD_BYTES = 1_000
export const REQUESTS_PER_SECOND = 300
const WARM_UP_MS = 5_000
const TOPIC_OPENS_MS = 2_000

export async function measureGrowth(
  service: Deployed,
  cluster: { readonly arn: string; readonly bootstrap: string },
  { gigabytes, quietMs }: GrowthOptions,
): Promise<Growth> {
  const { bootstrap } = cluster
  await fill(bootstrap, (gigabytes * 1e9) / REPLICAS)
  const producer = new ClientContainer(service.clients, {
    ...{ bootstrap, topic: TOPIC, partitions: PARTITIONS },
    ...{ requestsPerSecond: REQUESTS_PER_SECOND, recordBytes: RECORD_BYTES },
  })
  let spans: Record<keyof Growth['producedWhile'], Span>
  try {
    await sleep(WARM_UP_MS)
    const quiet = await spanOf(() => sleep(quietMs))
    const started = await spanOf(() => startBrokers(service, quietMs / 2))
    await sleep(WARM_UP_MS)
    const growing = await spanOf(() => updateBrokerCount(service, cluster.arn, 6))
    const grown = await spanOf(() => sleep(quietMs))
    spans = { quiet, started, growing, grown }
  } finally {
    await producer.stop()
  }
  return {
    seconds: (spans.growing.toMs - spans.growing.fromMs) / 1_000,
    producedWhile: {
      quiet: producedIn(producer, spans.quiet),
      started: producedIn(producer, spans.started),
      growing: producedIn(producer, spans.growing),
      grown: producedIn(producer, spans.grown),
    },
  }
}

async function spanOf(work: () => Promise<unknown>): Promise<Span> {
  const fromMs = Date.now()
  await work()
  return { fromMs, toMs: Date.now() }
}

/** The same bytes in each partition, by one connection to each leader. */
async function fill(bootstrap: string, bytes: number): Promise<void> {
  const [address] = bootstrap.split(',').map(parseAddress)
  const client = await RawClient.connect(address!)
  await client.createTopic({ topic: TOPIC, partitions: PARTITIONS, replicationFactor: REPLICAS })
  client.close()
  const { brokers, partitions } = await awaitTopic(address!, TOPIC)
  // A partition is announced before its leader has opened it.
  await sleep(TOPIC_OPENS_MS)
  const routes = [...brokers].map(
    ([id, leader]): Route => ({
      address: leader,
      partitions: partitions.filter((each) => each.leader === id).map(({ partition }) => partition),
    }),
  )
  const load = { topic: TOPIC, depth: 4, recordBytes: RECORD_BYTES, recordsPerBatch: 256, acks: -1 }
  const span = { warmUpMs: 0, measureMs: 600_000, bytesMax: bytes, onMeasure: () => {} }
  await produceLoad(routes, load, span)
  // What the system still has to write would be felt by what is measured next.
  await mustRun('sync', [], { timeoutMs: 300_000 })
}

/** What three more processes of this kind cost on this machine, when nothing is to move: they boot as instances do. */
async function startBrokers({ clients }: Deployed, forMs: number): Promise<void> {
  const run = ['run', '--detach', '--rm', '--no-healthcheck', '--cpu-shares', CPU_SHARES.booting]
  const where = ['--network', clients.network, clients.image]
  const containers = await Promise.all([1, 2, 3].map(() => docker(...run, ...where)))
  await sleep(forMs)
  await docker('rm', '--force', '--volumes', ...containers)
}

function producedIn(producer: ClientContainer, { fromMs, toMs }: Span): Produced {
  const requests = producer.between(fromMs, toMs)
  const latenciesMs = requests.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b)
  const at = (share: number) => latenciesMs[Math.floor(latenciesMs.length * share)] ?? Number.NaN
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: latenciesMs.at(-1) ?? Number.NaN, requests }
}
