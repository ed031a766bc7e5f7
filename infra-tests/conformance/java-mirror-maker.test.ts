/** MirrorMaker 2 between two clusters: records, configs and positions of groups one way, records the other way too. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Child, startChild, stopChild } from '../support/child.ts'
import { type KafkaTool, kafkaTool, kafkaToolCommand } from '../support/java.ts'
import { mustRun } from '../support/programs.ts'
import { suite } from '../support/requirements.ts'
import { waitFor } from '../support/wait.ts'
import { propertiesText } from './brokers.ts'
import {
  type ClusterUnderTest,
  type Flavor,
  flavorFromEnvironment,
  startCluster,
} from './cluster-under-test.ts'

const PARTITIONS = 3
const RECORDS = 300
const LIMIT_MS = 120_000

suite('MirrorMaker 2', ['java', 'kcat'], () => {
  test('between two clusters', () => mirrored(flavorFromEnvironment()), 400_000)

  test('from Apache Kafka, and back', () => mirrored('apache'), 400_000)
})

/** Mirrors a cluster of the given kind, A, and one under test, B, into each other. */
async function mirrored(from: Flavor): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-mirror-'))
  const started: (() => Promise<unknown>)[] = []
  try {
    const source = await startCluster({ brokers: 1 }, from)
    started.push(source.stop)
    const target = await startCluster({ brokers: 1 })
    started.push(target.stop)
    await prepare(source, 'orders')
    await prepare(target, 'returns')
    const mirror = startMirror(folder, source, target)
    started.unshift(() => stopChild(mirror))
    await compare(source, target, mirror)
  } finally {
    for (const stop of started) await stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A topic with records and configs of its own. */
async function prepare(cluster: ClusterUnderTest, topic: string): Promise<void> {
  const configs = ['retention.ms=172800000', 'cleanup.policy=compact,delete'].flatMap((c) => ['--config', c])
  const create = ['--create', '--topic', topic, '--partitions', String(PARTITIONS), ...configs]
  await tool(cluster, 'kafka-topics', create)
  await produce(cluster, topic, 0)
}

function startMirror(folder: string, source: ClusterUnderTest, target: ClusterUnderTest): Child {
  const file = join(folder, 'mm2.properties')
  const seconds = ['refresh.topics', 'refresh.groups', 'sync.topic.configs', 'emit.checkpoints']
  const properties = {
    clusters: 'A,B',
    'A.bootstrap.servers': source.bootstrap,
    'B.bootstrap.servers': target.bootstrap,
    'A->B.enabled': 'true',
    'A->B.topics': 'orders',
    'B->A.enabled': 'true',
    'B->A.topics': 'returns',
    'A->B.sync.group.offsets.enabled': 'true',
    'sync.group.offsets.interval.seconds': '1',
    ...Object.fromEntries(seconds.map((name) => [`${name}.interval.seconds`, '1'])),
    'offset.lag.max': '0',
    'replication.factor': '1',
    'checkpoints.topic.replication.factor': '1',
    'heartbeats.topic.replication.factor': '1',
    'offset-syncs.topic.replication.factor': '1',
    'offset.storage.replication.factor': '1',
    'status.storage.replication.factor': '1',
    'config.storage.replication.factor': '1',
  }
  writeFileSync(file, propertiesText(properties))
  const [program = '', ...args] = kafkaToolCommand('connect-mirror-maker', [file])
  return startChild(program, args, join(folder, 'log'))
}

async function compare(source: ClusterUnderTest, target: ClusterUnderTest, mirror: Child): Promise<void> {
  await mirroredRecords(source, 'orders', target, 'A.orders', mirror)
  await mirroredRecords(target, 'returns', source, 'B.returns', mirror)
  // Records that come while it runs, and a config that changes.
  await produce(source, 'orders', RECORDS)
  const entity = ['--entity-type', 'topics', '--entity-name']
  const change = ['--alter', ...entity, 'orders', '--add-config', 'retention.ms=86400000']
  await tool(source, 'kafka-configs', change)
  await mirroredRecords(source, 'orders', target, 'A.orders', mirror)
  await waitFor('the configs of A.orders', LIMIT_MS, async () => {
    const shown = await tool(target, 'kafka-configs', ['--describe', ...entity, 'A.orders'])
    return shown.includes('retention.ms=86400000') && shown.includes('cleanup.policy=compact,delete')
  })
  // A group that has read everything goes on there at the same record.
  const reset = ['--reset-offsets', '--group', 'billing', '--topic', 'orders', '--execute', '--to-latest']
  await tool(source, 'kafka-consumer-groups', reset)
  const position = (2 * RECORDS) / PARTITIONS
  await waitFor('the offsets of the group', LIMIT_MS, async () => {
    const args = ['--describe', '--group', 'billing']
    const shown = await tool(target, 'kafka-consumer-groups', args)
    const row = (partition: number) => `billing +A\\.orders +${partition} +${position} +${position} +0 `
    return [0, 1, 2].every((partition) => new RegExp(row(partition)).test(shown))
  })
  const onTarget = (await tool(target, 'kafka-topics', ['--list'])).split('\n')
  for (const name of ['A.orders', 'A.checkpoints.internal', 'heartbeats', 'A.heartbeats'])
    expect(onTarget).toContain(name)
  expect((await tool(source, 'kafka-topics', ['--list'])).split('\n')).toContain(
    'mm2-offset-syncs.B.internal',
  )
  expect(await stopChild(mirror)).toBe(143)
}

async function mirroredRecords(
  source: ClusterUnderTest,
  topic: string,
  target: ClusterUnderTest,
  copy: string,
  mirror: Child,
): Promise<void> {
  const expected = await read(source, topic)
  await waitFor(
    `the records in ${copy}`,
    LIMIT_MS,
    async () => {
      if (!mirror.isRunning()) throw new Error(mirror.log())
      return (await read(target, copy)).length >= expected.length
    },
    500,
  )
  expect(await read(target, copy)).toEqual(expected)
}

/** As many records with key, value, header and timestamp to each partition, from the given number on. */
async function produce(cluster: ClusterUnderTest, topic: string, first: number): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const numbers = Array.from({ length: RECORDS / PARTITIONS }, (_, index) => first + index)
    const lines = numbers.map((n) => `key ${n}:value ${partition} ${n}`)
    const args = ['-P', '-t', topic, '-p', String(partition), '-K', ':', '-H', 'origin=test']
    await mustRun('kcat', ['-b', cluster.bootstrap, ...args], { input: `${lines.join('\n')}\n` })
  }
}

/** All that a record is made of, partition by partition. */
async function read(cluster: ClusterUnderTest, topic: string): Promise<string[]> {
  const format = ['-f', '%p %o %T %h %k %s\\n']
  const args = ['-C', '-t', topic, '-o', 'beginning', '-e', '-q', ...format]
  const { stdout } = await mustRun('kcat', ['-b', cluster.bootstrap, ...args])
  return stdout
    .split('\n')
    .slice(0, -1)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

async function tool(cluster: ClusterUnderTest, name: KafkaTool, args: readonly string[]): Promise<string> {
  const outcome = await kafkaTool(name, ['--bootstrap-server', cluster.bootstrap, ...args])
  expect(outcome.exitCode, outcome.output).toBe(0)
  return outcome.stdout
}
