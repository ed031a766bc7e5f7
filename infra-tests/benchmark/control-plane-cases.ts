/**
 * The control plane with up to a thousand clusters and the agents of all their hosts: `npm run bench:control-plane`, which
 * writes its section of docs/benchmarks.md.
 * One cluster is created through the API; its document is then copied, so that what is measured is not the creation.
 * The agents have a process of their own: what they do keeps nobody who measures waiting.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateClusterV2Command,
  DescribeClusterV2Command,
  KafkaClient,
  ListClustersV2Command,
} from '@aws-sdk/client-kafka'
import { openSqliteStore } from '@freshet/coordination'
import { type Child, startChild, stopChild } from '../support/child.ts'
import { freePorts } from '../support/ports.ts'
import { waitFor } from '../support/wait.ts'
import { writeSection } from './page.ts'
import { residentMegabytesOf } from './process-usage.ts'

interface ControlPlaneFigures {
  readonly clusters: number
  readonly hosts: number
  readonly leadsAfterMs: number
  readonly reconcileMs: number
  readonly residentMegabytes: number
  readonly describeP50Ms: number
  readonly describeP99Ms: number
  readonly listP50Ms: number
  readonly listP99Ms: number
}

const SIZES = [250, 500, 1_000]
const UNITS_PER_HOST = 20
const WARM_UP = 200
const ZONES = ['a', 'b', 'c']
const TOKEN = 'bench'
const AGENTS = join(import.meta.dirname, 'simulated-agents.ts')
const ROWS: readonly (readonly [
  what: string,
  target: string,
  (of: ControlPlaneFigures) => string | number,
])[] = [
  ['hosts', '', ({ hosts }) => hosts],
  ['spawn → it leads and has looked at every cluster, ms', '', ({ leadsAfterMs }) => leadsAfterMs],
  ['one look at all clusters, ms', '≤ 1,000', ({ reconcileMs }) => (reconcileMs === 0 ? '< 1' : reconcileMs)],
  ['RSS, MB', '≤ 300', ({ residentMegabytes }) => residentMegabytes],
  ['DescribeClusterV2, median / p99, ms', 'p99 ≤ 10', (of) => `${of.describeP50Ms} / ${of.describeP99Ms}`],
  ['ListClustersV2 of 100, median / p99, ms', 'p99 ≤ 30', (of) => `${of.listP50Ms} / ${of.listP99Ms}`],
]
const program = join(import.meta.dirname, '..', '..', 'dist', 'control-plane.mjs')

const figures: ControlPlaneFigures[] = []
for (const size of SIZES) figures.push(await measureControlPlane(size))
console.table(figures)
writeSection('controlPlane', linesOf(figures))

function linesOf(measured: readonly ControlPlaneFigures[]): string[] {
  return [
    'Clusters of three brokers on shared hosts, and an agent that polls for each host, in a process of its own on the same',
    'two cores. 5,000 and 1,000 requests one after the other, with the time that the AWS SDK needs for them.',
    '',
    `| | target with 1,000 clusters |${measured.map(({ clusters }) => ` ${clusters} clusters |`).join('')}`,
    `|---|---|${measured.map(() => '---|').join('')}`,
    ...ROWS.map(
      ([what, target, value]) =>
        `| ${what} | ${target} |${measured.map((each) => ` ${value(each)} |`).join('')}`,
    ),
  ]
}

async function measureControlPlane(clusterCount: number): Promise<ControlPlaneFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-bench-'))
  writeFileSync(join(folder, 'agent-token'), TOKEN)
  const [port = 0] = await freePorts(1)
  const endpoint = `http://127.0.0.1:${port}`
  try {
    const template = await withControlPlane(folder, port, () => createTemplate(endpoint))
    await copyClusters(folder, template, clusterCount)
    const startedMs = performance.now()
    return await withControlPlane(folder, port, async (child) => {
      const leadsAfterMs = await leading(endpoint, clusterCount, startedMs)
      return {
        clusters: clusterCount,
        leadsAfterMs,
        ...(await measure(folder, endpoint, child, clusterCount)),
      }
    })
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}

async function withControlPlane<T>(
  folder: string,
  port: number,
  task: (child: Child) => Promise<T>,
): Promise<T> {
  const args = [program, '--data', folder, '--port', String(port)]
  const child = startChild(process.execPath, args, join(folder, 'control-plane.log'))
  try {
    await waitFor('the control plane', 15_000, async () => {
      return (await fetch(`http://127.0.0.1:${port}/health`)).ok
    })
    return await task(child)
  } finally {
    await stopChild(child)
  }
}

async function createTemplate(endpoint: string): Promise<string> {
  const vpcConfigs = [{ SubnetIds: ['subnet-a', 'subnet-b'] }]
  const command = new CreateClusterV2Command({
    ClusterName: 'template',
    Serverless: { VpcConfigs: vpcConfigs },
  })
  await client(endpoint).send(command)
  return 'template'
}

interface ClusterDocument {
  readonly clusterArn: string
  readonly clusterName: string
  readonly clusterUuid: string
  readonly brokers: readonly { readonly brokerId: number }[]
}

/** ACTIVE, with brokers packed onto shared hosts. */
async function copyClusters(folder: string, name: string, clusterCount: number): Promise<void> {
  const store = openSqliteStore({ path: join(folder, 'control.db') })
  const template = await store.documents.get<ClusterDocument>(`clusters/${name}`)
  if (!template) throw new Error('the template was not kept')
  const text = JSON.stringify(template.value)
  for (let index = 0; index < clusterCount; index++) {
    const clusterName = `c${String(index).padStart(4, '0')}`
    const clusterUuid = `${crypto.randomUUID()}-s1`
    const renamed = text
      .replaceAll(template.value.clusterUuid, clusterUuid)
      .replaceAll(`/${name}/`, `/${clusterName}/`)
    const { activeOperation: _created, ...cluster } = JSON.parse(renamed)
    await store.documents.put(`clusters/${clusterName}`, {
      ...cluster,
      clusterName,
      state: 'ACTIVE',
      brokers: cluster.brokers.map((broker: object, at: number) => ({
        ...broker,
        hostId: hostId(at, Math.floor(index / UNITS_PER_HOST)),
        address: '127.0.0.1',
        port: 20_000 + index * ZONES.length + at,
        desired: 'RUNNING',
      })),
    })
  }
  for (const host of hostIds(clusterCount)) {
    const hostFolder = join(folder, 'hosts', host)
    mkdirSync(hostFolder, { recursive: true })
    writeFileSync(join(hostFolder, 'host.json'), JSON.stringify({ hostId: host, zone: 'us-east-1a' }))
  }
  await store.documents.delete(`clusters/${name}`)
  await store.close()
}

function hostIds(clusterCount: number): string[] {
  const count = Math.ceil(clusterCount / UNITS_PER_HOST)
  return ZONES.flatMap((_zone, zone) => Array.from({ length: count }, (_, at) => hostId(zone, at)))
}

function hostId(zone: number, number: number): string {
  return `shared-us-east-1${ZONES[zone]}-${number + 1}`
}

/** Until it leads, and has looked at every cluster. */
async function leading(endpoint: string, clusterCount: number, startedMs: number): Promise<number> {
  await waitFor('the control plane to lead', 30_000, async () => {
    const { parts, clusters } = (await (await fetch(`${endpoint}/health`)).json()) as Health
    return parts.reconciler.leader && parts.reconciler.status === 'ok' && clusters.length === clusterCount
  })
  return Math.round(performance.now() - startedMs)
}

type Measured = Omit<ControlPlaneFigures, 'clusters' | 'leadsAfterMs'>

async function measure(
  folder: string,
  endpoint: string,
  child: Child,
  clusterCount: number,
): Promise<Measured> {
  const hosts = hostIds(clusterCount)
  const agents = startChild(process.execPath, [AGENTS, endpoint, TOKEN, ...hosts], join(folder, 'agents.log'))
  try {
    return await measureWith(endpoint, hosts, child)
  } finally {
    await stopChild(agents)
  }
}

async function measureWith(endpoint: string, hosts: readonly string[], child: Child): Promise<Measured> {
  await waitFor('every agent to have reported', 30_000, async () => {
    const { parts } = (await (await fetch(`${endpoint}/health`)).json()) as Health
    return parts.agents.status === 'ok' && parts.reconciler.status === 'ok'
  })
  const kafka = client(endpoint)
  const listed = await kafka.send(new ListClustersV2Command({ MaxResults: 100 }))
  const arns = (listed.ClusterInfoList ?? []).map(({ ClusterArn }) => ClusterArn!)
  const describe = (at: number) =>
    kafka.send(new DescribeClusterV2Command({ ClusterArn: arns[at % arns.length]! }))
  const list = () => kafka.send(new ListClustersV2Command({ MaxResults: 100 }))
  // What compilers learn from, the client's among them, is not what a service is measured by.
  await timed(WARM_UP, describe)
  await timed(WARM_UP, list)
  const describeMs = await timed(5_000, describe)
  const listMs = await timed(1_000, list)
  const { parts } = (await (await fetch(`${endpoint}/health`)).json()) as Health
  const residentMegabytes = Math.round(residentMegabytesOf(child.pid))
  return {
    hosts: hosts.length,
    reconcileMs: parts.reconciler.passMs,
    residentMegabytes,
    describeP50Ms: quantile(describeMs, 0.5),
    describeP99Ms: quantile(describeMs, 0.99),
    listP50Ms: quantile(listMs, 0.5),
    listP99Ms: quantile(listMs, 0.99),
  }
}

interface Health {
  readonly parts: {
    readonly agents: { readonly status: string }
    readonly reconciler: { readonly status: string; readonly leader: boolean; readonly passMs: number }
  }
  readonly clusters: readonly unknown[]
}

async function timed(count: number, task: (at: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let at = 0; at < count; at++) {
    const beganMs = performance.now()
    await task(at)
    times.push(performance.now() - beganMs)
  }
  return times
}

function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  return Number(sorted[Math.floor(sorted.length * share)]!.toFixed(1))
}

function client(endpoint: string): KafkaClient {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  return new KafkaClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
}
