/**
 * UpdateRebalancing while partitions move between real brokers: what has begun ends, nothing else begins until it is ACTIVE
 * again, and no record is lost. A throttle of replication holds moves where a test needs them.
 */
import {
  DescribeClusterOperationV2Command,
  DescribeClusterV2Command,
  type KafkaClient,
  UpdateBrokerCountCommand,
  UpdateRebalancingCommand,
} from '@aws-sdk/client-kafka'
import { type Admin, ConfigResourceTypes, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Address, awaitTopic, parseAddress, RawClient } from '../support/raw-client.ts'
import { suite } from '../support/requirements.ts'
import { Service } from '../support/service.ts'
import { PATIENCE_MS, sleep, waitFor } from '../support/wait.ts'
import { AckedLoad } from './acked-load.ts'

const TOPIC = 'moved'
/** More than may move at once, whatever part of them has to. */
const PARTITIONS = 150
const RECORD = { value: 'x'.repeat(20_000) }
const LOADED = 'loaded'
const LOADED_PARTITIONS = 3
const OLD = [1, 2, 3]
const ALL = [1, 2, 3, 4, 5, 6]
/** So long a move that could begin, or go on, would be seen. */
const STILL_MS = 1_000

suite('partitions that move', ['freshet'], () => {
  let service: Service
  let api: KafkaClient
  let admin: Admin
  let ClusterArn: string
  let load: AckedLoad

  beforeAll(async () => {
    service = await Service.start()
    api = service.api
    ClusterArn = await service.createCluster('moving')
    const brokers = (await service.awaitActive(ClusterArn)).split(',')
    const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
    admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [newTopic(TOPIC, PARTITIONS), newTopic(LOADED, LOADED_PARTITIONS)] })
    await writeOnce(parseAddress(brokers[0]!))
    load = new AckedLoad(brokers.map(parseAddress), LOADED, LOADED_PARTITIONS)
  })
  afterAll(async () => {
    await load?.stop()
    await admin?.disconnect()
    await service?.stop()
  })

  test('of a rebalance that is paused those that have begun end, and no other begins', async () => {
    await throttle(OLD)
    const growing = await updateBrokerCount(6)
    await stuckMoves()
    const pausing = await setRebalancing('PAUSED')
    expect(await ended(pausing)).toMatchObject({ OperationType: 'UPDATE_REBALANCING' })
    // Whoever asked for more brokers has them.
    expect(await ended(growing)).toMatchObject({ OperationType: 'INCREASE_BROKER_COUNT' })
    const begun = await moving()
    expect(begun.length).toBeGreaterThan(0)

    await sleep(STILL_MS)
    expect(await moving()).toEqual(begun)
    await release(OLD)
    await waitFor('what has begun to end', PATIENCE_MS, async () => {
      const now = await moving()
      expect(begun).toEqual(expect.arrayContaining(now))
      return now.length === 0
    })
    const paused = await settled()
    await sleep(STILL_MS)
    expect(await replicas()).toEqual(paused)
    expect(begun.filter((partition) => isOn(paused[partition]!, OLD))).toEqual([])
    expect(paused.filter((brokers) => isOn(brokers, OLD)).length).toBeGreaterThan(0)
    expect(await cluster()).toMatchObject({ State: 'ACTIVE', Provisioned: { NumberOfBrokerNodes: 6 } })
  })

  test('made ACTIVE again, the rest moves', async () => {
    expect(await ended(await setRebalancing('ACTIVE'))).toMatchObject({ OperationType: 'UPDATE_REBALANCING' })
    expect(await moving()).toEqual([])
    const placed = (await replicas()).flat()
    for (const id of ALL)
      expect(Math.abs(placed.filter((each) => each === id).length - placed.length / 6)).toBeLessThan(3)
  })

  test('a drain that is paused goes no further, and to its end when it is ACTIVE again', async () => {
    await throttle(ALL)
    const shrinking = await updateBrokerCount(3)
    await stuckMoves()
    await setRebalancing('PAUSED')
    await release(ALL)
    const paused = await settled()
    await sleep(STILL_MS)
    expect(await replicas()).toEqual(paused)
    expect(paused.filter((brokers) => !isOn(brokers, OLD)).length).toBeGreaterThan(0)
    expect(await cluster()).toMatchObject({ State: 'UPDATING' })

    await setRebalancing('ACTIVE')
    expect(await ended(shrinking)).toMatchObject({ OperationType: 'DECREASE_BROKER_COUNT' })
    expect((await replicas()).filter((brokers) => !isOn(brokers, OLD))).toEqual([])
  })

  test('nothing was lost, and every record that moved is there', async () => {
    expect((await load.verify()).objections).toEqual([])
    const offsets = await admin.fetchTopicOffsets(TOPIC)
    expect(offsets.filter(({ low, high }) => low !== '0' || high !== '1')).toEqual([])
  })

  /** A record into each partition. KafkaJS writes some of them twice if one leader has not opened its partitions yet. */
  async function writeOnce(bootstrap: Address): Promise<void> {
    const { brokers, partitions } = await awaitTopic(bootstrap, TOPIC)
    for (const [id, address] of brokers) {
      const client = await RawClient.connect(address)
      for (const { partition } of partitions.filter(({ leader }) => leader === id)) {
        const target = { topic: TOPIC, partition, acks: -1 }
        const isWritten = async () => (await client.produce(target, [RECORD])).errorCode === 0
        await waitFor(`a record in partition ${partition}`, PATIENCE_MS, isWritten)
      }
      client.close()
    }
  }

  async function cluster() {
    return (await api.send(new DescribeClusterV2Command({ ClusterArn }))).ClusterInfo!
  }

  async function updateBrokerCount(TargetNumberOfBrokerNodes: number): Promise<string> {
    const { CurrentVersion } = await cluster()
    const update = new UpdateBrokerCountCommand({ ClusterArn, CurrentVersion, TargetNumberOfBrokerNodes })
    return (await api.send(update)).ClusterOperationArn!
  }

  async function setRebalancing(status: 'ACTIVE' | 'PAUSED'): Promise<string> {
    const { CurrentVersion } = await cluster()
    const update = new UpdateRebalancingCommand({
      ClusterArn,
      CurrentVersion,
      Rebalancing: { Status: status },
    })
    return (await api.send(update)).ClusterOperationArn!
  }

  async function ended(ClusterOperationArn: string) {
    return waitFor('the operation to end', PATIENCE_MS, async () => {
      const command = new DescribeClusterOperationV2Command({ ClusterOperationArn })
      const { ClusterOperationInfo: info } = await api.send(command)
      if (info?.OperationState === 'UPDATE_FAILED') throw new Error(JSON.stringify(info.ErrorInfo))
      return info?.OperationState === 'UPDATE_COMPLETE' && info
    })
  }

  /** Resolves once some have begun, and the throttle holds them: no more than these come under way. */
  async function stuckMoves(): Promise<void> {
    let before: string | undefined
    await waitFor(
      'moves that are held',
      PATIENCE_MS,
      async () => {
        const now = await moving()
        const isStuck = now.length > 0 && now.join() === before
        before = now.join()
        return isStuck
      },
      STILL_MS,
    )
  }

  /** Partitions of the topic whose replicas change at this moment: these have both the old and the new ones. */
  async function moving(): Promise<number[]> {
    return (await replicas()).flatMap((brokers, partition) => (brokers.length > 3 ? [partition] : []))
  }

  /** Of each partition of the topic, once every broker tells the same: none shows an older state any more. */
  function replicas(): Promise<number[][]> {
    return waitFor('brokers that agree', PATIENCE_MS, async () => {
      const { brokers } = await admin.describeCluster()
      const answers = await Promise.all(brokers.map((address) => replicasSeenAt(address)))
      const [first, ...others] = answers.map((each) => JSON.stringify(each))
      return others.every((each) => each === first) && answers[0]!
    })
  }

  /** The replicas once what has begun has ended. */
  function settled(): Promise<number[][]> {
    return waitFor('what has begun to end', PATIENCE_MS, async () => {
      const now = await replicas()
      return now.every((brokers) => brokers.length === 3) && now
    })
  }

  async function replicasSeenAt(address: Address): Promise<number[][]> {
    const client = await RawClient.connect(address)
    try {
      const { partitions } = await client.metadata([TOPIC])
      const byId = [...partitions].sort((a, b) => a.partition - b.partition)
      return byId.map((partition) => [...partition.replicas].sort())
    } finally {
      client.close()
    }
  }

  /** What these brokers send of the topic to its new replicas: all that the first answers hold, then no more. */
  function throttle(brokerIds: readonly number[]): Promise<void> {
    return configure(brokerIds, [{ name: 'leader.replication.throttled.rate', value: '1' }])
  }

  function release(brokerIds: readonly number[]): Promise<void> {
    return configure(brokerIds, [])
  }

  async function configure(brokerIds: readonly number[], configEntries: { name: string; value: string }[]) {
    const type = ConfigResourceTypes.BROKER
    const resources = brokerIds.map((id) => ({ type, name: String(id), configEntries }))
    await admin.alterConfigs({ validateOnly: false, resources })
  }
})

function newTopic(topic: string, numPartitions: number) {
  const configEntries = topic === TOPIC ? [{ name: 'leader.replication.throttled.replicas', value: '*' }] : []
  return { topic, numPartitions, replicationFactor: 3, configEntries }
}

function isOn(replicas: readonly number[], brokerIds: readonly number[]): boolean {
  return replicas.every((id) => brokerIds.includes(id))
}
