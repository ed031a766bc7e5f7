/**
 * `npm run bench:localstack`: what a deployment on LocalStack takes, from nothing, written into docs/benchmarks.md.
 *   --gigabytes N      in the cluster that grows, all replicas together   (10)
 *   --without-suite    leaves out how long the whole suite takes
 */
import { spawnSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { atMost, noGoal } from '../../benchmark/goals.ts'
import { keepMemory } from '../../benchmark/memory.ts'
import { writeSection } from '../../benchmark/page.ts'
import { Service } from '../../support/service.ts'
import { createCluster, serving } from '../deployment/clusters.ts'
import { keepLogs } from '../deployment/kept-logs.ts'
import { CONTEXT, connect, type Deployed, type Lab, openLab } from '../deployment/lab.ts'
import { containersFirst } from './containers-first.ts'
import { type Figure, figure, printFigures, tableOf } from './figures.ts'
import { type Growth, measureGrowth, type Produced, REQUESTS_PER_SECOND } from './growth.ts'
import { measureHealing } from './healing.ts'

const SUITE_LIMIT_MS = 900_000
const QUIET_MS = 20_000
const QUIET_MULTIPLE = 'p99, as a multiple of the lower one of before and afterwards'
const root = resolve(import.meta.dirname, '../../..')
const { values: options } = parseArgs({
  options: {
    gigabytes: { type: 'string', default: '10' },
    'without-suite': { type: 'boolean', default: false },
  },
})

const [loadBefore = 0] = loadavg()
keepMemory()
const figures = [await laptop(), ...(options['without-suite'] ? [] : [suite()])]
figures.push(...(await deployment(Number(options.gigabytes))))
printFigures(figures)
writeSection('localstack', [
  'Control planes, brokers and clients are containers; they, LocalStack and its DynamoDB share two cores. In EC2 an instance',
  'that boots has processors of its own: here it goes behind the others until its programs have started, then all weigh the',
  'same. All containers together go before LocalStack, which stands for machines of AWS. Memory is warm, as on a machine',
  'that has been up for long. It is one run: how far such runs lie apart is in [performance.md](performance.md#a-copy-beside-clients).',
  `Before it began, other work of the machine made a load of ${loadBefore.toFixed(1)}.`,
  '',
  ...tableOf(figures),
])

/** Without containers: the whole service, and its brokers, as processes. */
async function laptop(): Promise<Figure> {
  const service = await Service.start()
  try {
    const startedMs = performance.now()
    await service.awaitActive(await service.createCluster('laptop'))
    return figure(
      'three brokers as processes (`npm start`), created → ACTIVE',
      'seconds',
      secondsSince(startedMs),
      atMost(3, 's'),
    )
  } finally {
    await service.stop()
  }
}

function suite(): Figure {
  const startedMs = performance.now()
  const args = ['run', '--project', 'localstack']
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: root,
    stdio: 'inherit',
    timeout: SUITE_LIMIT_MS,
  })
  if (status !== 0) throw new Error(`the suite ended with ${status}`)
  return figure('the whole suite', 'minutes', secondsSince(startedMs) / 60, atMost(10, 'min'))
}

async function deployment(gigabytes: number): Promise<Figure[]> {
  const startedMs = performance.now()
  const lab = await openLab('freshet-bench')
  let service: Deployed | undefined
  let takeBack = () => {}
  try {
    await lab.cdk.bootstrap()
    service = await connect(lab, (await lab.cdk.deploy(CONTEXT)).outputs)
    takeBack = containersFirst()
    const deployed = figure(
      'LocalStack, cdk bootstrap and deploy, until the control planes serve',
      'seconds',
      secondsSince(startedMs),
      noGoal,
    )
    return [deployed, ...(await clusterFigures(lab, service, gigabytes))]
  } catch (error) {
    console.error(`Logs of all machines: ${await keepLogs(lab, 'benchmark')}`)
    throw error
  } finally {
    takeBack()
    service?.api.destroy()
    await lab.stop()
  }
}

async function clusterFigures(lab: Lab, service: Deployed, gigabytes: number): Promise<Figure[]> {
  const startedMs = performance.now()
  const cluster = await serving(service, await createCluster(service, 'provisioned'))
  const created = figure(
    'three brokers, created → ACTIVE and serving',
    'seconds',
    secondsSince(startedMs),
    atMost(20, 's'),
  )
  const growth = await measureGrowth(service, cluster, { gigabytes, quietMs: QUIET_MS })
  const { bootstrap } = await serving(service, cluster.arn)
  const healed = figure(
    'an instance is terminated → another one has its volume, and all replicas are in sync',
    'seconds',
    await measureHealing(lab, bootstrap),
    noGoal,
  )
  return [created, ...growthFigures(growth, gigabytes), healed]
}

function growthFigures({ seconds, producedWhile }: Growth, gigabytes: number): Figure[] {
  const { quiet, started, growing, grown } = producedWhile
  const work = `3 → 6 brokers with ${gigabytes} GB of replicas, until all is rebalanced`
  const load = `${REQUESTS_PER_SECOND} records/s of 1 KB, acks=all`
  // Either may have been disturbed by what else goes on in the machine, which makes nobody faster.
  const quietP99Ms = Math.min(quiet.p99Ms, grown.p99Ms)
  const p99 = (when: string, { p99Ms }: Produced) => figure(`${load}, ${when}`, 'p99, ms', p99Ms, noGoal)
  return [
    figure(work, 'seconds', seconds, atMost(60, 's')),
    p99('before', quiet),
    p99('while three more containers of the image start, and nothing moves', started),
    p99('during 3 → 6', growing),
    figure(`${load}, during 3 → 6`, QUIET_MULTIPLE, growing.p99Ms / quietP99Ms, atMost(2)),
    figure(`${load}, during 3 → 6`, 'longest, ms', growing.maxMs, noGoal),
    p99('afterwards', grown),
  ]
}

function secondsSince(startedMs: number): number {
  return (performance.now() - startedMs) / 1_000
}
