/** Every update of a living cluster, while clients produce with acks=all: nothing is lost and nothing stands still. */
import {
  DescribeClusterOperationV2Command,
  DescribeClusterV2Command,
  type KafkaClient,
  ListClusterOperationsV2Command,
  ListNodesCommand,
} from '@aws-sdk/client-kafka'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askOperator, type OperatedHost } from '../support/operator.ts'
import { parseAddress } from '../support/raw-client.ts'
import { suite } from '../support/requirements.ts'
import { Service } from '../support/service.ts'
import { titledUpdates } from '../support/updates.ts'
import { PATIENCE_MS, waitFor } from '../support/wait.ts'
import { AckedLoad } from './acked-load.ts'

const TOPIC = 'orders'
const PARTITIONS = 12
const HOSTS = '/freshet/v1/hosts'
/** On a machine that is not busy; on one that is, operations take longer too. */
const PAUSE_LIMIT_MS = 5_000

suite('a cluster under load', ['freshet'], () => {
  let service: Service
  let api: KafkaClient
  let ClusterArn: string
  let load: AckedLoad
  let longestUpdateMs = 0

  beforeAll(async () => {
    service = await Service.start()
    api = service.api
    ClusterArn = await service.createCluster('busy')
    const bootstrap = await service.awaitActive(ClusterArn)
    const admin = new Kafka({ brokers: bootstrap.split(','), logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    await admin.createTopics({
      topics: [{ topic: TOPIC, numPartitions: PARTITIONS, replicationFactor: 3 }],
      waitForLeaders: true,
    })
    await admin.disconnect()
    load = new AckedLoad(bootstrap.split(',').map(parseAddress), TOPIC, PARTITIONS)
  })
  afterAll(async () => {
    await load?.stop()
    await service?.stop()
  })

  test.each(titledUpdates)('%s', async (_title, { type, ask }) => {
    const before = await describeCluster()
    const acked = load.acked
    const startedMs = performance.now()
    const { ClusterOperationArn } = await ask(api, { ClusterArn, CurrentVersion: before.CurrentVersion! })
    const operation = await ended(ClusterOperationArn!)
    longestUpdateMs = Math.max(longestUpdateMs, performance.now() - startedMs)
    expect(operation.ErrorInfo).toBeUndefined()
    expect(operation.OperationType).toBe(type)
    expect(operation.OperationState).toMatch(/_COMPLETE$/)
    const after = await describeCluster()
    expect(after.State).toBe('ACTIVE')
    expect(after.CurrentVersion).not.toBe(before.CurrentVersion)
    const nodes = await api.send(new ListNodesCommand({ ClusterArn }))
    expect(nodes.NodeInfoList).toHaveLength(type === 'INCREASE_BROKER_COUNT' ? 6 : 3)
    await waitFor('records to be acknowledged', PATIENCE_MS, async () => load.acked > acked)
  })

  test.each([
    ['replace', 'REPLACE_HOST', 0],
    ['terminate', 'MOVE_BROKERS', 1],
  ] as const)('a host of it: %s', async (what, type, gone) => {
    const acked = load.acked
    const { hostId, brokers } = (await hosts()).at(-1)!
    const path = `${HOSTS}/${hostId}/${what}`
    const begun = await askOperator<OperatedHost>(service.endpoint, 'POST', path, '{"reason": "a slow disk"}')
    expect(begun).toMatchObject({ state: 'CORDONED', operation: { state: 'IN_PROGRESS' } })
    await waitFor(`the host to be through: ${what}`, PATIENCE_MS, async () => {
      const left = (await hosts()).find((host) => host.hostId === hostId)
      return left === undefined ? gone === 1 : left.operation?.state === 'COMPLETE'
    })
    await waitFor(
      'the cluster to be ACTIVE',
      PATIENCE_MS,
      async () => (await describeCluster()).State === 'ACTIVE',
    )
    const { NodeInfoList: nodes = [] } = await api.send(new ListNodesCommand({ ClusterArn }))
    const ids = nodes.map(({ BrokerNodeInfo }) => BrokerNodeInfo?.BrokerId)
    expect(ids).toHaveLength(3)
    expect(ids.includes(brokers[0]?.brokerId)).toBe(gone === 0)
    const { ClusterOperationInfoList: operations = [] } = await api.send(
      new ListClusterOperationsV2Command({ ClusterArn }),
    )
    expect(operations[0]).toMatchObject({ OperationType: type, OperationState: 'UPDATE_COMPLETE' })
    await waitFor('records to be acknowledged', PATIENCE_MS, async () => load.acked > acked)
  })

  test('has kept every acknowledged record, and was never closed to writers for long', async () => {
    const { objections, longestPauseMs } = await load.verify()
    expect(objections).toEqual([])
    expect(longestPauseMs).toBeLessThan(Math.max(PAUSE_LIMIT_MS, longestUpdateMs / 2))
  })

  async function hosts(): Promise<OperatedHost[]> {
    return (await askOperator<{ hosts: OperatedHost[] }>(service.endpoint, 'GET', HOSTS)).hosts
  }

  async function describeCluster() {
    return (await api.send(new DescribeClusterV2Command({ ClusterArn }))).ClusterInfo!
  }

  async function ended(ClusterOperationArn: string) {
    return waitFor('the operation to end', PATIENCE_MS, async () => {
      const command = new DescribeClusterOperationV2Command({ ClusterOperationArn })
      const { ClusterOperationInfo: info } = await api.send(command)
      return /_(COMPLETE|FAILED)$/.test(info?.OperationState ?? '') && info
    })
  }
})
