import { expect, it } from 'vitest'
import { brokerPeriod } from '../../testing/broker-metrics.ts'
import { clusterPoints, type MeasuredCluster, type MetricPoint } from './points.ts'

const PROVISIONED: MeasuredCluster = { clusterName: 'orders', clusterType: 'PROVISIONED', level: 'DEFAULT' }

function valuesOf(points: readonly MetricPoint[], name: string) {
  return points
    .filter((point) => point.name === name)
    .map(({ dimensions, value }) => ({ ...dimensions, value }))
}

it('tells rates per second, by broker and topic', () => {
  const brokers = [
    brokerPeriod(1, { topics: { t: 600 }, cpuSeconds: 10 }, { topics: { t: 6600, new: 60 }, cpuSeconds: 16 }),
    brokerPeriod(2, { topics: { t: 0 } }, { topics: { t: 1200 } }),
  ]
  const points = clusterPoints(PROVISIONED, brokers)
  const ofBroker = (id: string, Topic: string) => ({ 'Cluster Name': 'orders', 'Broker ID': id, Topic })
  expect(valuesOf(points, 'BytesInPerSec')).toEqual([
    { ...ofBroker('1', 't'), value: 100 },
    { ...ofBroker('1', 'new'), value: 1 },
    { ...ofBroker('2', 't'), value: 20 },
  ])
  expect(valuesOf(points, 'CpuUser')[0]).toMatchObject({ 'Broker ID': '1', value: 7.5 })
  expect(valuesOf(points, 'CpuIdle')[0]).toMatchObject({ 'Broker ID': '1', value: 90 })
})

it('a counter that began anew counts from zero; the first reading has no rate', () => {
  const restarted = clusterPoints(PROVISIONED, [
    brokerPeriod(1, { topics: { t: 1e9 } }, { topics: { t: 600 } }),
  ])
  expect(valuesOf(restarted, 'BytesInPerSec')).toMatchObject([{ value: 10 }])
  const first = clusterPoints(PROVISIONED, [brokerPeriod(1, undefined, { topics: { t: 600 } })])
  expect(valuesOf(first, 'BytesInPerSec')).toEqual([])
  expect(valuesOf(first, 'UserPartitionExists')).toHaveLength(1)
})

it("means are those of the period's requests, not of the process's life", () => {
  const produce = (count: number, mean: number) => {
    const labels = '{name="TotalTimeMs",request="Produce"}'
    return [
      `kafka_network_RequestMetrics_Count${labels} ${count}`,
      `kafka_network_RequestMetrics_Mean${labels} ${mean}`,
    ].join('\n')
  }
  const period = brokerPeriod(1, { more: produce(1000, 1) }, { more: produce(1100, 2) })
  // 1000 requests of 1 ms, then 100 that made the mean 2 ms.
  expect(valuesOf(clusterPoints(PROVISIONED, [period]), 'ProduceTotalTimeMsMean')).toMatchObject([
    { value: 12 },
  ])
})

it("tells the controller's numbers once per cluster, whoever is the controller", () => {
  const controller = (active: number, partitions: number) => ({
    more: [
      `kafka_controller_KafkaController_Value{name="ActiveControllerCount"} ${active}`,
      `kafka_controller_KafkaController_Value{name="GlobalPartitionCount"} ${partitions}`,
    ].join('\n'),
  })
  const brokers = [controller(0, 0), controller(1, 42), controller(0, 0)]
  const points = clusterPoints(
    PROVISIONED,
    brokers.map((counters, index) => brokerPeriod(index + 1, counters, counters)),
  )
  expect(valuesOf(points, 'ActiveControllerCount')).toEqual([{ 'Cluster Name': 'orders', value: 1 }])
  expect(valuesOf(points, 'GlobalPartitionCount')).toEqual([{ 'Cluster Name': 'orders', value: 42 }])
})

it('tells how full volumes are, and how much is stored where there are none of a size', () => {
  const GIB = 1024 ** 3
  const withVolume = clusterPoints(PROVISIONED, [brokerPeriod(1, {}, { dataBytes: 25 * GIB }, 100 * GIB)])
  expect(valuesOf(withVolume, 'KafkaDataLogsDiskUsed')).toMatchObject([{ value: 25 }])
  expect(valuesOf(withVolume, 'StorageUsed')).toEqual([])
  const express = clusterPoints(PROVISIONED, [
    brokerPeriod(1, {}, { dataBytes: 7 }),
    brokerPeriod(2, {}, { dataBytes: 5 }),
  ])
  expect(valuesOf(express, 'StorageUsed')).toEqual([{ 'Cluster Name': 'orders', value: 12 }])
})

it('each level tells what the one before tells, and more', () => {
  const lag = (name: string) =>
    `kafka_consumer_group_ConsumerLagMetrics_Value{name="${name}",groupId="g",topic="t",partition="0"} 3`
  const broker = brokerPeriod(
    1,
    {},
    { topics: { t: 5 }, more: `${lag('OffsetLag')}\n${lag('EstimatedTimeLag')}` },
  )
  const names = (level: MeasuredCluster['level']) =>
    new Set(
      clusterPoints({ ...PROVISIONED, level }, [broker]).map(({ name, dimensions }) =>
        [name, ...Object.keys(dimensions)].join(),
      ),
    )
  const levels = (['DEFAULT', 'PER_BROKER', 'PER_TOPIC_PER_BROKER', 'PER_TOPIC_PER_PARTITION'] as const).map(
    names,
  )
  for (const [index, level] of levels.slice(1).entries())
    expect([...levels[index]!].filter((name) => !level.has(name))).toEqual([])
  expect(levels[0]).toContain('SumOffsetLag,Cluster Name,Consumer Group,Topic')
  expect(levels[2]).not.toContain('OffsetLag,Cluster Name,Consumer Group,Topic,Partition')
  expect(levels[3]).toContain('OffsetLag,Cluster Name,Consumer Group,Topic,Partition')
})

it('of a serverless cluster nobody sees the brokers', () => {
  const brokers = [1, 2].map((id) => brokerPeriod(id, { topics: { t: 0 } }, { topics: { t: 600 } }))
  const points = clusterPoints({ ...PROVISIONED, clusterType: 'SERVERLESS' }, brokers)
  expect(points).toEqual([
    {
      name: 'BytesInPerSec',
      unit: 'Bytes/Second',
      dimensions: { 'Cluster Name': 'orders', Topic: 't' },
      value: 20,
    },
  ])
})

it('consumer lag is put together from the coordinator and from whoever knows where the partition ends', () => {
  const told = (name: string, partition: number, value: number) =>
    `kafka_consumer_group_ConsumerLagMetrics_Value{name="${name}",groupId="g",topic="t",partition="${partition}"} ${value}`
  const coordinator = [
    told('OffsetLag', 0, 5),
    told('EstimatedTimeLag', 0, 2),
    told('CommittedOffset', 1, 100),
    told('CommitsPerSec', 1, 10),
    told('SecondsSinceCommit', 1, 1),
    told('CommittedOffset', 2, 100),
  ].join('\n')
  const leader = 'kafka_log_Log_Value{name="LogEndOffset",topic="t",partition="1"} 400'
  const brokers = [brokerPeriod(1, {}, { more: coordinator }), brokerPeriod(2, {}, { more: leader })]
  const points = clusterPoints(PROVISIONED, brokers)
  const lags = ['SumOffsetLag', 'MaxOffsetLag', 'EstimatedMaxTimeLag'].map(
    (name) => valuesOf(points, name)[0]?.value,
  )
  // Partition 2 ends where no broker told: nothing is said of it.
  expect(lags).toEqual([305, 300, 30])
})
