/**
 * The service as `cdk deploy` makes it, from nothing to nothing: control planes and hosts are containers that run what
 * they would run on EC2, and their users are the AWS CLI, kcat and Kafka's own clients.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { AckedLoad } from '../../integration/acked-load.ts'
import { parseAddress, RawClient } from '../../support/raw-client.ts'
import { suite } from '../../support/requirements.ts'
import { PATIENCE_MS, waitFor } from '../../support/wait.ts'
import { kafkaTool, kcat } from '../clients.ts'
import { docker } from '../docker.ts'
import { deleteClientsStack, deployClientsStack } from './clients-stack.ts'
import {
  clusterNames,
  createCluster,
  deleteCluster,
  INSTANCE_TYPE,
  serving,
  updateBrokerCount,
} from './clusters.ts'
import { hostsOf, operateHost } from './hosts.ts'
import { keepLogs } from './kept-logs.ts'
import { CONTEXT, connect, type Deployed, type Lab, openLab, outputOf } from './lab.ts'
import { type InstanceFound, instancesOf, leftovers } from './resources.ts'

const PARTITIONS = 6
/** Hosts to come are larger: a setting that control planes are started with. */
const CHANGED = { ...CONTEXT, hostVolumeGB: '16' }
/** All machines run what our image has, whatever they are said to be made of. */
const OTHER_IMAGE = { ...CHANGED, hostImage: 'ami-0fedcba9876543210' }
/** What EC2 announces, by its path in the metadata service, to one instance each. */
const ANNOUNCED = [
  ['spot/instance-action', { action: 'terminate', time: '2026-11-21T08:22:00Z' }],
  ['events/recommendations/rebalance', { noticeTime: '2026-11-21T08:20:00Z' }],
  ['events/maintenance/scheduled', [{ Code: 'instance-retirement', State: 'active' }]],
] as const
/** Control planes send them once a minute. */
const METRICS_TIMEOUT_MS = 200_000
const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c']

suite('the service, deployed by cdk', ['aws', 'docker', 'freshet', 'java', 'kcat', 'localstack'], () => {
  let lab: Lab
  let service: Deployed
  let serviceToken: string
  const startedAt = new Date()
  let cluster: { arn: string; bootstrap: string }
  /** What goes on beside the tests before the one that awaits it. */
  let serverless: Promise<void>
  let metrics: Promise<number>
  let clientsStack: Promise<string>

  beforeAll(async () => {
    lab = await openLab('freshet-test')
    await lab.cdk.bootstrap()
    const { outputs } = await lab.cdk.deploy(CONTEXT)
    serviceToken = outputOf(outputs, 'ServiceToken')
    service = await connect(lab, outputs).catch(async (error: unknown) => {
      const folder = await keepLogs(lab, 'start')
      throw new Error(`the control planes do not serve; logs of all machines: ${folder}`, { cause: error })
    })
  }, 600_000)
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return
    console.error(`${task.name}: logs of all machines: ${await keepLogs(lab, task.name)}`)
  }, 120_000)
  afterAll(async () => {
    service?.api.destroy()
    await lab?.stop()
    // LocalStack alone is given a minute to end before it is killed.
  }, 240_000)

  test('a provisioned cluster becomes ACTIVE and serves kcat and Kafka’s clients in containers', async () => {
    const startedMs = performance.now()
    cluster = await serving(service, await createCluster(service, 'provisioned'))
    console.log(`created → ACTIVE: ${secondsSince(startedMs)}`)
    const isFair = async () => new Set(await lab.machines.cpuShares()).size === 1
    await waitFor('no instance to go behind others any more', PATIENCE_MS, isFair, 500)
    serverless = beside(useServerlessCluster())
    const { bootstrap } = cluster
    await kcat(service.clients, ['-b', bootstrap, '-P', '-t', 'greetings', '-X', 'acks=all'], 'hello\n')
    expect(await kcat(service.clients, ['-b', bootstrap, '-C', '-t', 'greetings', '-e', '-q'])).toBe(
      'hello\n',
    )
    const server = ['--bootstrap-server', bootstrap]
    const ofThree = ['--partitions', '3', '--replication-factor', '3']
    await kafkaTool(service.clients, 'kafka-topics', [...server, '--create', '--topic', 'java', ...ofThree])
    const greetings = [...server, '--topic', 'greetings']
    await kafkaTool(service.clients, 'kafka-console-producer', greetings, 'from Java\n')
    const read = await kafkaTool(service.clients, 'kafka-console-consumer', [
      ...greetings,
      ...['--from-beginning', '--max-messages', '2', '--timeout-ms', '30000'],
    ])
    expect(read.trimEnd().split('\n').sort()).toEqual(['from Java', 'hello'])
    expect(await brokerZones()).toEqual(ZONES)
  }, 600_000)

  test('a serverless cluster shares hosts that were launched for it', async () => {
    await serverless
    metrics = beside(mostBytesIn())
    clientsStack = beside(deployClientsStack(lab, serviceToken, service.subnetIds))
  }, 600_000)

  test('scales from three brokers to six and back under load, and loses nothing', async () => {
    await underLoad('scaled', async (load) => {
      const before = p99(load.takeLatenciesMs())
      const startedMs = performance.now()
      await updateBrokerCount(service, cluster.arn, 6)
      console.log(
        `3 → 6 brokers: ${secondsSince(startedMs)}; produce p99 ${before.toFixed(1)} ms before, ` +
          `${p99(load.takeLatenciesMs()).toFixed(1)} ms during`,
      )
      expect(await brokerZones()).toEqual([...ZONES, ...ZONES].sort())
      await updateBrokerCount(service, cluster.arn, 3)
      expect(await brokerZones()).toEqual(ZONES)
    })
  }, 600_000)

  test('an instance that is terminated is replaced, with its records, and nothing is lost', async () => {
    await underLoad('healed', async () => {
      const [lost] = (await brokerHosts()).filter(({ zone }) => zone === ZONES[2])
      const startedMs = performance.now()
      await lab.aws('ec2', 'terminate-instances', '--instance-ids', lost!.instanceId)
      await replaced([lost!.instanceId])
      await waitFor('all replicas to be in sync', 120_000, () => isInSync('healed'), 500)
      console.log(`instance terminated → all replicas in sync: ${secondsSince(startedMs)}`)
    })
  }, 600_000)

  test('a host that is drained and given back leaves its replicas elsewhere in its zone', async () => {
    await underLoad('drained', async () => {
      const [host] = await hostsOf(service, cluster.arn)
      const { hostId } = host!
      const [instance] = (await brokerHosts()).filter(({ tags }) => tags['freshet:host'] === hostId)
      expect(await operateHost(service, hostId, 'drain')).toMatchObject({ state: 'CORDONED', brokers: [] })
      expect(await operateHost(service, hostId, 'terminate')).toBeUndefined()
      expect((await instancesOf(lab)).map(({ instanceId }) => instanceId)).not.toContain(instance!.instanceId)
      expect((await hostsOf(service, cluster.arn)).map(({ hostId }) => hostId)).not.toContain(hostId)
      expect(await brokerZones()).toEqual(ZONES)
    })
  }, 600_000)

  test('instances that EC2 will interrupt, may interrupt, or retire are replaced before, one at a time', async () => {
    const before = (await brokerHosts()).map(({ instanceId }) => instanceId)
    expect(before).toHaveLength(ANNOUNCED.length)
    await underLoad('noticed', async () => {
      const startedMs = performance.now()
      for (const [index, [path, announcement]] of ANNOUNCED.entries())
        lab.machines.announce(before[index]!, path, announcement)
      await replaced(before)
      console.log(`three notices → three instances replaced: ${secondsSince(startedMs)}`)
    })
  }, 600_000)

  test('its metrics have arrived in CloudWatch', async () => {
    expect(await metrics).toBeGreaterThan(0)
  }, 300_000)

  test('a stack of others has clusters and topics of its own', async () => {
    const topics = await kcat(service.clients, ['-b', await clientsStack, '-L', '-t', 'orders'])
    expect(topics).toContain('topic "orders" with 4 partitions')
    await deleteClientsStack(lab)
    expect(await clusterNames(service)).toEqual(['provisioned'])
  }, 900_000)

  test('deploying the same again changes nothing', async () => {
    const before = await instancesOf(lab)
    const { said } = await lab.cdk.deploy(CONTEXT)
    expect(said.match(/\(no changes\)/g)).toHaveLength(said.match(/: deploying\.\.\./g)?.length ?? 0)
    expect(await instancesOf(lab)).toEqual(before)
  }, 600_000)

  test('a changed parameter restarts the control planes, at their addresses, and no broker', async () => {
    const [before, started] = [await instancesOf(lab), await bootTimes()]
    const { bootstrap } = await serving(service, cluster.arn)
    const { outputs } = await lab.cdk.deploy(CHANGED)
    expect(await instancesOf(lab)).toEqual(before)
    service = await connect(lab, outputs)
    const restarted = [...(await bootTimes())].filter(([id, time]) => started.get(id) !== time)
    const controlPlanes = before.filter(({ tags }) => tags.Name?.includes('control plane'))
    expect(restarted.map(([id]) => id).sort()).toEqual(
      controlPlanes.map(({ instanceId }) => instanceId).sort(),
    )
    expect((await serving(service, cluster.arn)).bootstrap).toBe(bootstrap)
  }, 900_000)

  test('another image is rolled out, to control planes and to hosts one after the other, and nothing is lost', async () => {
    const before = (await instancesOf(lab)).map(({ instanceId }) => instanceId)
    const hosts = (await brokerHosts()).map(({ instanceId }) => instanceId)
    await underLoad('rolled', async () => {
      const { outputs } = await lab.cdk.deploy(OTHER_IMAGE)
      service.api.destroy()
      service = await connect(lab, outputs)
      const startedMs = performance.now()
      await replaced(hosts)
      console.log(`control planes of another image serve → three hosts are of it: ${secondsSince(startedMs)}`)
    })
    const instances = await instancesOf(lab)
    expect(instances.filter(({ instanceId }) => before.includes(instanceId))).toEqual([])
    expect(new Set(instances.map(({ imageId }) => imageId))).toEqual(new Set([OTHER_IMAGE.hostImage]))
  }, 900_000)

  test('a deleted service leaves nothing', async () => {
    await deleteCluster(service, cluster.arn)
    await lab.cdk.destroy(OTHER_IMAGE)
    await expect.poll(() => leftovers(lab)).toEqual([])
  }, 900_000)

  async function useServerlessCluster(): Promise<void> {
    const { arn, bootstrap } = await serving(service, await createCluster(service, 'serverless'))
    await kcat(service.clients, ['-b', bootstrap, '-P', '-t', 'notes', '-X', 'acks=all'], 'shared\n')
    expect(await kcat(service.clients, ['-b', bootstrap, '-C', '-t', 'notes', '-e', '-q'])).toBe('shared\n')
    await deleteCluster(service, arn)
  }

  /** The most that a broker received of a topic in a second, as CloudWatch was told. */
  async function mostBytesIn(): Promise<number> {
    const inCluster = ['Name=Cluster Name,Value=provisioned', 'Name=Topic,Value=measured']
    const load = await startLoad('measured')
    // Not of each: while hosts come and go a broker may lead nothing of it.
    const brokers = await waitFor(
      'BytesInPerSec of the topic that is written to',
      METRICS_TIMEOUT_MS,
      async () => {
        const { Metrics } = await lab.aws<{ Metrics: CloudWatchMetric[] }>(
          ...['cloudwatch', 'list-metrics', '--namespace', 'Freshet/Kafka', '--metric-name', 'BytesInPerSec'],
          ...['--dimensions', ...inCluster],
        )
        const found = Metrics.flatMap(({ Dimensions }) =>
          Dimensions.filter(({ Name }) => Name === 'Broker ID').map(({ Value }) => Value),
        )
        return found.length > 0 ? found : undefined
      },
      2_000,
    ).finally(() => load.stop())
    const rates = await Promise.all(brokers.map((brokerId) => bytesIn([...inCluster, brokerOf(brokerId)])))
    return Math.max(...rates.flat())
  }

  async function bytesIn(dimensions: readonly string[]): Promise<number[]> {
    const { Datapoints } = await lab.aws<{ Datapoints: { Maximum: number }[] }>(
      ...['cloudwatch', 'get-metric-statistics', '--namespace', 'Freshet/Kafka'],
      ...['--metric-name', 'BytesInPerSec', '--dimensions', ...dimensions, '--statistics', 'Maximum'],
      ...['--period', '60', '--start-time', startedAt.toISOString(), '--end-time', new Date().toISOString()],
    )
    return Datapoints.map(({ Maximum }) => Maximum)
  }

  /** With writers of a topic of its own, of whose acknowledged records none may be missing in the end. */
  async function underLoad(topic: string, work: (load: AckedLoad) => Promise<void>): Promise<void> {
    const load = await startLoad(topic)
    try {
      await work(load)
      const { acked } = load
      await waitFor('records to be acknowledged', PATIENCE_MS, async () => load.acked > acked)
    } finally {
      await load.stop()
    }
    expect((await load.verify()).objections).toEqual([])
  }

  /** Until the cluster is whole on other instances than these. */
  async function replaced(instanceIds: readonly string[]): Promise<void> {
    await waitFor(
      `other instances than ${instanceIds}`,
      240_000,
      async () => {
        const others = (await brokerHosts()).filter(({ instanceId }) => !instanceIds.includes(instanceId))
        return others.length === ZONES.length
      },
      1_000,
    )
    await serving(service, cluster.arn)
    expect(await brokerZones()).toEqual(ZONES)
  }

  /** Records of that topic, of which some are acknowledged already. */
  async function startLoad(topic: string): Promise<AckedLoad> {
    // Brokers may have come and gone since.
    cluster = await serving(service, cluster.arn)
    const brokers = cluster.bootstrap.split(',').map(parseAddress)
    const client = await RawClient.connect(brokers[0]!)
    const errorCode = await client.createTopic({ topic, partitions: PARTITIONS, replicationFactor: 3 })
    client.close()
    if (errorCode !== 0) throw new Error(`cannot create the topic ${topic}: error ${errorCode}`)
    const load = new AckedLoad(brokers, topic, PARTITIONS)
    await waitFor('the load', PATIENCE_MS, async () => load.acked > 500)
    return load
  }

  async function isInSync(topic: string): Promise<boolean> {
    const client = await RawClient.connect(parseAddress(cluster.bootstrap.split(',')[0]!))
    try {
      const { partitions } = await client.metadata([topic])
      return partitions.length === PARTITIONS && partitions.every(({ isr }) => isr.length === 3)
    } finally {
      client.close()
    }
  }

  /** When each instance's container was started last. */
  async function bootTimes(): Promise<Map<string, string>> {
    const found = new Map<string, string>()
    for (const { instanceId } of await instancesOf(lab)) {
      const format = ['--format', '{{.State.StartedAt}}']
      found.set(instanceId, await docker('inspect', lab.machines.nameOf(instanceId), ...format))
    }
    return found
  }

  /** Of the instances that serve the provisioned cluster. */
  async function brokerHosts(): Promise<InstanceFound[]> {
    return (await instancesOf(lab)).filter(({ tags }) => tags['freshet:class'] === INSTANCE_TYPE)
  }

  async function brokerZones(): Promise<string[]> {
    return (await brokerHosts()).map(({ zone }) => zone).sort()
  }
})

interface CloudWatchMetric {
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[]
}

function brokerOf(brokerId: string): string {
  return `Name=Broker ID,Value=${brokerId}`
}

/** Goes on while others are awaited, and fails only who awaits it. */
function beside<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {})
  return work
}

function secondsSince(startedMs: number): string {
  return `${((performance.now() - startedMs) / 1_000).toFixed(1)} s`
}

function p99(values: number[]): number {
  const sorted = values.sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
}
