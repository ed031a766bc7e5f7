import { setImmediate as endOfTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Cluster } from '../model/cluster.ts'
import { brokerPeriod } from '../testing/broker-metrics.ts'
import { creatingCluster } from '../testing/fixtures.ts'
import { MetricHistory } from './history.ts'
import { takePeriod } from './metrics.ts'
import type { MetricPoint } from './msk/points.ts'

function start() {
  const sent: MetricPoint[] = []
  const status = { queued: 0, sent: 0, dropped: 0 }
  const looked: number[] = []
  const errors: string[] = []
  const take = takePeriod({
    history: new MetricHistory(),
    sender: {
      add: (points) => {
        sent.push(...points)
      },
      status: () => status,
    },
    look: async (atMs) => {
      looked.push(atMs)
      throw new Error('trouble with scaling')
    },
    log: { info() {}, error: (message) => errors.push(message) },
  })
  const minute = async (cluster: Cluster, atMs: number) => {
    sent.length = 0
    const brokers = [brokerPeriod(1, { bytesIn: 0, topics: { t: 0 } }, { bytesIn: 60, topics: { t: 60 } })]
    await take({ atMs, clusters: [{ cluster, brokers }], notMeasured: 2 })
    await endOfTurn()
    return new Set(sent.map(({ name }) => name))
  }
  return { minute, status, sent, looked, errors }
}

it('UpdateMonitoring changes what is sent', async () => {
  const { minute } = start()
  const cluster = await creatingCluster('orders', 'PROVISIONED')
  if (cluster.clusterType !== 'PROVISIONED') throw new Error('it is a provisioned cluster')
  expect(await minute(cluster, 60_000)).not.toContain('TrafficBytes')
  const monitored: Cluster = {
    ...cluster,
    provisioned: { ...cluster.provisioned, enhancedMonitoring: 'PER_BROKER' },
  }
  expect(await minute(monitored, 120_000)).toContain('TrafficBytes')
})

it('tells what was dropped and not measured as metrics of their own, and in the log', async () => {
  const { minute, status, sent, errors } = start()
  const cluster = await creatingCluster('events', 'SERVERLESS')
  const own = () => sent.filter(({ dimensions }) => Object.keys(dimensions).length === 0)
  await minute(cluster, 60_000)
  expect(own().map(({ name, value }) => [name, value])).toEqual([
    ['MetricsDropped', 0],
    ['BrokersNotMeasured', 2],
  ])
  status.dropped = 7
  await minute(cluster, 120_000)
  expect(own()[0]?.value).toBe(7)
  expect(errors).toContain('metrics were dropped')
  await minute(cluster, 180_000)
  expect(own()[0]?.value).toBe(0)
})

it('goes on when the scaling that looks at it fails', async () => {
  const { minute, looked, errors } = start()
  const cluster = await creatingCluster('events', 'SERVERLESS')
  await minute(cluster, 60_000)
  await minute(cluster, 120_000)
  expect([looked, errors]).toEqual([
    [60_000, 120_000],
    ['scaling', 'scaling'],
  ])
})
