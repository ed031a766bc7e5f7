/** A cluster under load grows by itself, and CloudWatch hears of it: control plane, agent and brokers as processes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateClusterV2Command,
  DescribeClusterV2Command,
  GetBootstrapBrokersCommand,
  KafkaClient,
  ListNodesCommand,
  TagResourceCommand,
} from '@aws-sdk/client-kafka'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Child, startChild, stopChild } from '../support/child.ts'
import { freePorts } from '../support/ports.ts'
import { suite } from '../support/requirements.ts'
import { PATIENCE_MS, waitFor } from '../support/wait.ts'
import { type FakeCloudWatch, startFakeCloudWatch } from './fake-cloudwatch.ts'

const NAMESPACE = 'Freshet/Kafka'
const programs = join(import.meta.dirname, '..', '..', 'dist')
/** Its network carries 16 MB/s: a laptop can fill three of them. */
const SMALL = 'kafka.t3.small'

suite('a cluster that scales itself', ['freshet'], () => {
  let cloudWatch: FakeCloudWatch
  let folder: string
  let controlPlane: Child
  let agent: Child
  let api: KafkaClient
  let ClusterArn: string

  beforeAll(async () => {
    cloudWatch = await startFakeCloudWatch()
    folder = mkdtempSync(join(tmpdir(), 'freshet-scaling-'))
    mkdirSync(join(folder, 'hosts'))
    const tokenFile = join(folder, 'agent-token')
    writeFileSync(tokenFile, 'scaling-secret\n')
    const [port] = await freePorts(1)
    const endpoint = `http://127.0.0.1:${port}`
    const flags = [
      '--data',
      folder,
      '--port',
      String(port),
      '--metrics-period',
      '1',
      '--cloudwatch',
      NAMESPACE,
    ]
    const env = { AWS_ENDPOINT_URL: cloudWatch.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }
    controlPlane = startChild(
      process.execPath,
      [join(programs, 'control-plane.mjs'), ...flags],
      join(folder, 'control-plane.log'),
      { env },
    )
    agent = startChild(
      process.execPath,
      [
        ...[join(programs, 'host-agent.mjs'), '--hosts-dir', join(folder, 'hosts')],
        ...['--control-plane', endpoint, '--broker-bundle', join(programs, 'broker.mjs')],
      ],
      join(folder, 'agent.log'),
      { env: { FRESHET_AGENT_TOKEN_FILE: tokenFile } },
    )
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    api = new KafkaClient({ endpoint, region: 'us-east-1', credentials })
    await waitFor('the control plane', PATIENCE_MS, async () => (await fetch(`${endpoint}/health`)).ok)
    ClusterArn = await createCluster(api)
    await active(api, ClusterArn)
  })

  afterAll(async () => {
    agent?.process.kill('SIGINT')
    await agent?.ended
    if (controlPlane) await stopChild(controlPlane)
    api?.destroy()
    cloudWatch?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('grows when its brokers are more used than they should be, once it is told to act', async () => {
    const { BootstrapBrokerString = '' } = await api.send(new GetBootstrapBrokersCommand({ ClusterArn }))
    const load = await startLoad(BootstrapBrokerString.split(','))
    try {
      await waitFor(
        'traffic to be measured',
        PATIENCE_MS,
        async () => told(cloudWatch, 'BytesInPerSec').length > 0,
      )
      expect(await brokerCount(api, ClusterArn)).toBe(3)
      const Tags = { 'freshet:autoscaling': 'act', 'freshet:autoscaling-max-brokers': '6' }
      await api.send(new TagResourceCommand({ ResourceArn: ClusterArn, Tags }))
      await waitFor(
        `three more brokers; ${controlPlane.log()}`,
        PATIENCE_MS,
        async () => (await brokerCount(api, ClusterArn)) === 6,
      )
      await active(api, ClusterArn)
    } finally {
      await load.stop()
    }
  }, 240_000)

  test("tells CloudWatch under MSK's names, of the new brokers too", async () => {
    await waitFor(
      'all brokers to be told of',
      PATIENCE_MS,
      async () => brokersIn(told(cloudWatch, 'CpuUser')).size === 6,
    )
    const [bytesIn] = told(cloudWatch, 'BytesInPerSec')
    expect(bytesIn).toMatchObject({
      namespace: NAMESPACE,
      unit: 'Bytes/Second',
      dimensions: { 'Cluster Name': 'busy', 'Broker ID': expect.stringMatching(/^[123]$/), Topic: 'load' },
    })
    const controllers = told(cloudWatch, 'ActiveControllerCount').slice(-5)
    expect(controllers.map(({ value }) => value)).toContain(1)
    expect(told(cloudWatch, 'MetricsDropped').every(({ value }) => value === 0)).toBe(true)
  })
})

async function createCluster(api: KafkaClient): Promise<string> {
  const ClientSubnets = ['subnet-0000000a', 'subnet-0000000b', 'subnet-0000000c']
  const { ClusterArn = '' } = await api.send(
    new CreateClusterV2Command({
      ClusterName: 'busy',
      Provisioned: {
        BrokerNodeGroupInfo: { ClientSubnets, InstanceType: SMALL },
        KafkaVersion: '4.1.x',
        NumberOfBrokerNodes: 3,
      },
    }),
  )
  return ClusterArn
}

async function active(api: KafkaClient, ClusterArn: string): Promise<void> {
  await waitFor('the cluster to be ACTIVE', PATIENCE_MS, async () => {
    const { ClusterInfo } = await api.send(new DescribeClusterV2Command({ ClusterArn }))
    return ClusterInfo?.State === 'ACTIVE'
  })
}

async function brokerCount(api: KafkaClient, ClusterArn: string): Promise<number> {
  const { NodeInfoList = [] } = await api.send(new ListNodesCommand({ ClusterArn }))
  return NodeInfoList.length
}

function told({ metrics }: FakeCloudWatch, name: string) {
  return metrics.filter((metric) => metric.name === name)
}

function brokersIn(metrics: ReturnType<typeof told>): Set<string | undefined> {
  return new Set(metrics.map(({ dimensions }) => dimensions['Broker ID']))
}

/** More than three small brokers should carry, and little enough for a busy machine. */
async function startLoad(brokers: string[]) {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({
    topics: [{ topic: 'load', numPartitions: 6, replicationFactor: 3 }],
    waitForLeaders: true,
  })
  await admin.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  let isStopped = false
  const value = Buffer.alloc(VALUE_BYTES, 'x')
  const messages = Array.from({ length: 20 }, (_, index) => ({ partition: index % 6, value }))
  const writers = Array.from({ length: 3 }, async () => {
    // What is lost while partitions move is no matter here: only that there is load.
    while (!isStopped) await producer.send({ topic: 'load', messages, acks: 1 }).catch(() => undefined)
  })
  return {
    async stop() {
      isStopped = true
      await Promise.all(writers)
      await producer.disconnect()
    },
  }
}

const VALUE_BYTES = 50_000
