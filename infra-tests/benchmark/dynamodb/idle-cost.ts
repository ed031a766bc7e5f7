/**
 * What an idle service asks of DynamoDB, and what that costs a month: `npm run bench:dynamodb`. Real brokers and control
 * planes work on DynamoDB Local; their requests are counted on the way.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateClusterV2Command, DescribeClusterV2Command, KafkaClient } from '@aws-sdk/client-kafka'
import { startCluster } from '../../conformance/cluster-under-test.ts'
import { startDynamodbLocal } from '../../localstack/dynamodb-local.ts'
import { type Child, startChild, stopChild } from '../../support/child.ts'
import { freePorts } from '../../support/ports.ts'
import { sleep, waitFor } from '../../support/wait.ts'
import { type Meter, startMeter } from './meter.ts'

export interface IdleCost {
  readonly who: string
  readonly callsPerSecond: number
  readonly readUnitsPerSecond: number
  readonly writeUnitsPerSecond: number
  readonly dollarsPerMonth: number
}

/** Of us-east-1, on demand: https://aws.amazon.com/dynamodb/pricing/on-demand/ */
const DOLLARS_PER_READ_UNIT = 0.125e-6
const DOLLARS_PER_WRITE_UNIT = 0.625e-6
const SECONDS_PER_MONTH = 730 * 3600
const TABLE = 'freshet-state'
const DIST = join(import.meta.dirname, '..', '..', '..', 'dist')
const TOKEN = 'idle-cost'
const CONTROL_PLANES = 3
/** Elections, and what is written once. */
const SETTLE_MS = 5_000
const WINDOW_MS = 60_000

if (import.meta.main) {
  const brokers = await withMeteredTable((meter) => costOfBrokers(meter, WINDOW_MS))
  const controlPlanes = await withMeteredTable((meter) => costOfControlPlanes(meter, WINDOW_MS))
  console.table([brokers, controlPlanes])
}

export async function withMeteredTable<T>(task: (meter: Meter) => Promise<T>): Promise<T> {
  const dynamodb = await startDynamodbLocal()
  const meter = await startMeter(dynamodb.endpoint)
  try {
    await dynamodb.createTable(TABLE)
    return await task(meter)
  } finally {
    meter.stop()
    await dynamodb.stop()
  }
}

/** Three brokers that nobody uses. */
export async function costOfBrokers(meter: Meter, windowMs: number): Promise<IdleCost> {
  const properties = { 'freshet.coordination.url': `dynamodb://${TABLE}/cluster` }
  const cluster = await startCluster({ properties, env: environment(meter) }, 'freshet')
  try {
    return await costOf('the three brokers of a cluster', meter, windowMs)
  } finally {
    await cluster.stop()
  }
}

/** Three control planes that have a cluster, whose brokers have their metadata elsewhere. */
export async function costOfControlPlanes(meter: Meter, windowMs: number): Promise<IdleCost> {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-idle-cost-'))
  const hosts = join(folder, 'hosts')
  mkdirSync(hosts)
  writeFileSync(join(folder, 'agent-token'), TOKEN)
  const ports = await freePorts(CONTROL_PLANES)
  const endpoints = ports.map((port) => `http://127.0.0.1:${port}`)
  const children: Child[] = []
  try {
    for (const port of ports) children.push(startControlPlane(folder, port, environment(meter)))
    for (const endpoint of endpoints)
      await waitFor(endpoint, 20_000, async () => (await fetch(`${endpoint}/health`)).ok)
    const agent = [
      join(DIST, 'host-agent.mjs'),
      '--hosts-dir',
      hosts,
      '--broker-bundle',
      join(DIST, 'broker.mjs'),
    ]
    const urls = ['--control-plane', endpoints.join(',')]
    const env = { FRESHET_AGENT_TOKEN_FILE: join(folder, 'agent-token'), FRESHET_STOP_UNITS_ON_EXIT: '1' }
    children.unshift(startChild(process.execPath, [...agent, ...urls], join(folder, 'agent.log'), { env }))
    await createCluster(endpoints[0]!)
    return await costOf('three control planes', meter, windowMs)
  } finally {
    for (const child of children) await stopChild(child, 40_000)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

async function costOf(who: string, meter: Meter, windowMs: number): Promise<IdleCost> {
  await sleep(SETTLE_MS)
  meter.read()
  const beganMs = performance.now()
  await sleep(windowMs)
  const { calls, readUnits, writeUnits } = meter.read()
  const seconds = (performance.now() - beganMs) / 1000
  const callCount = Object.values(calls).reduce((sum, count) => sum + count, 0)
  const dollars = readUnits * DOLLARS_PER_READ_UNIT + writeUnits * DOLLARS_PER_WRITE_UNIT
  return {
    who,
    callsPerSecond: rounded(callCount / seconds),
    readUnitsPerSecond: rounded(readUnits / seconds),
    writeUnitsPerSecond: rounded(writeUnits / seconds),
    dollarsPerMonth: rounded((dollars / seconds) * SECONDS_PER_MONTH),
  }
}

function startControlPlane(folder: string, port: number, env: Record<string, string>): Child {
  const program = join(DIST, 'control-plane.mjs')
  const args = ['--data', folder, '--state', `dynamodb://${TABLE}/control-plane`, '--port', String(port)]
  return startChild(process.execPath, [program, ...args], join(folder, `control-plane-${port}.log`), { env })
}

async function createCluster(endpoint: string): Promise<void> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const api = new KafkaClient({ endpoint, region: 'us-east-1', credentials })
  const Serverless = { VpcConfigs: [{ SubnetIds: ['subnet-a', 'subnet-b', 'subnet-c'] }] }
  const created = await api.send(new CreateClusterV2Command({ ClusterName: 'idle', Serverless }))
  await waitFor('the cluster to be ACTIVE', 60_000, async () => {
    const { ClusterInfo } = await api.send(new DescribeClusterV2Command({ ClusterArn: created.ClusterArn! }))
    return ClusterInfo?.State === 'ACTIVE'
  })
  api.destroy()
}

function environment({ endpoint }: Meter): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(2))
}
