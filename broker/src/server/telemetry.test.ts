/** What a broker tells of itself after some work, in virtual time. */
import { expect, test } from 'vitest'
import { OffsetCommitApi } from '../apis/08-offset-commit.ts'
import { FindCoordinatorApi } from '../apis/10-find-coordinator.ts'
import { TestCluster } from './test-cluster.ts'
import { createTopic, fetchValues, produceValues } from './test-requests.ts'

test('traffic, requests, partitions, the controller and consumer lag are told', async () => {
  const cluster = await TestCluster.start(1)
  await createTopic(cluster, 1, { name: 'orders', partitions: 2 })
  await produceValues(cluster, 1, 'orders', ['a', 'b', 'c'])
  await fetchValues(cluster, 1, 'orders')
  await cluster.request(1, FindCoordinatorApi, 4, { keyType: 0, coordinatorKeys: ['readers'] })
  await cluster.advance(500)
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }]
  await cluster.request(1, OffsetCommitApi, 8, {
    groupId: 'readers',
    topics: [{ name: 'orders', partitions }],
  })
  await cluster.request(1, OffsetCommitApi, 8, {
    groupId: 'readers',
    memberId: 'nobody',
    generationIdOrMemberEpoch: 1,
    topics: [{ name: 'orders', partitions }],
  })
  const text = await cluster.settle(cluster.broker(1).telemetry.metricsText(cluster.clock))
  const valueFor = (series: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length + 1),
    )
  expect(valueFor('kafka_server_BrokerTopicMetrics_Count{name="MessagesInPerSec",topic="orders"}')).toBe(3)
  expect(
    valueFor('kafka_server_BrokerTopicMetrics_Count{name="BytesOutPerSec",topic="orders"}'),
  ).toBeGreaterThan(60)
  expect(valueFor('kafka_network_RequestMetrics_Count{name="RequestsPerSec",request="Produce"}')).toBe(1)
  expect(valueFor('kafka_network_RequestMetrics_Count{name="TotalTimeMs",request="FetchConsumer"}')).toBe(1)
  expect(
    valueFor(
      'kafka_network_RequestMetrics_Count{name="ErrorsPerSec",request="OffsetCommit",error="UNKNOWN_MEMBER_ID"}',
    ),
  ).toBe(1)
  expect(valueFor('kafka_controller_KafkaController_Value{name="ActiveControllerCount"}')).toBe(1)
  expect(valueFor('kafka_server_ReplicaManager_Value{name="UnderReplicatedPartitions"}')).toBe(0)
  expect(valueFor('kafka_log_Log_Value{name="LogEndOffset",topic="orders",partition="0"}')).toBe(3)
  expect(
    valueFor(
      'kafka_consumer_group_ConsumerLagMetrics_Value{name="SumOffsetLag",groupId="readers",topic="orders"}',
    ),
  ).toBe(2)
  await cluster.stopAll()
})

test('a trace says where the time of a request went', async () => {
  const cluster = await TestCluster.start(2)
  await createTopic(cluster, 1, { name: 'orders' })
  const traces = () => [1, 2].flatMap((id) => [...cluster.broker(id).telemetry.requests.traces.recent])
  for (const brokerId of [1, 2])
    await produceValues(cluster, brokerId, 'orders', ['a']).catch(() => undefined)
  await cluster.advance(100)
  const produced = traces().find(({ subject }) => subject.request === 'Produce')
  expect(produced?.subject).toMatchObject({ apiVersion: 9, clientId: 'test-client', clientHost: 'client' })
  expect(Object.keys(produced?.stagesMs ?? {})).toEqual(
    expect.arrayContaining(['queue', 'parse', 'validate', 'handle', 'respond', 'send']),
  )
  const sum = Object.values(produced?.stagesMs ?? {}).reduce((total, ms) => total + ms, 0)
  expect(sum).toBeCloseTo(produced?.totalMs ?? -1, 6)
  await cluster.stopAll()
})
