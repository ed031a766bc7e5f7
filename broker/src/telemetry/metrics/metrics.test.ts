import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram } from './histogram.ts'
import { Meter } from './meter.ts'
import { PrometheusText } from './prometheus.ts'
import { gauge, MetricRegistry } from './registry.ts'
import { TopicMetrics } from './topic-metrics.ts'

test('a steady meter shows its rate in every window, and forgets at the speed of the window', () => {
  const meter = new Meter(0)
  let nowMs = 0
  for (let second = 0; second < 60; second++) {
    meter.mark(10)
    nowMs += 1000
    meter.tick(nowMs)
  }
  const steady = Object.fromEntries(meter.attributes(nowMs))
  expect(steady).toMatchObject({ Count: 600, MeanRate: 10, OneMinuteRate: 10, FifteenMinuteRate: 10 })
  const later = Object.fromEntries(meter.attributes(nowMs + 60_000))
  expect(later.OneMinuteRate).toBeCloseTo(10 / Math.E, 5)
  expect(later.FifteenMinuteRate).toBeGreaterThan(9)
  expect(later.Count).toBe(600)
})

test('percentiles are never below the value and at most an eleventh above it', () => {
  const values = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(values, (all) => {
      const histogram = new Histogram()
      for (const value of all) histogram.record(value)
      const sorted = [...all].sort((one, other) => one - other)
      const told = Object.fromEntries(histogram.attributes(0))
      expect(told.Max).toBe(sorted.at(-1))
      expect(told.Mean).toBeCloseTo(all.reduce((sum, value) => sum + value, 0) / all.length, 3)
      for (const [name, quantile] of [
        ['50thPercentile', 0.5],
        ['99thPercentile', 0.99],
      ] as const) {
        const exact = sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? 0
        expect(told[name]).toBeGreaterThanOrEqual(exact * 0.999999)
        expect(told[name]).toBeLessThanOrEqual(exact * 1.1)
      }
    }),
    { seed: 11, numRuns: 100 },
  )
})

test('percentiles forget what is two generations old; the count does not', () => {
  const histogram = new Histogram()
  histogram.tick(1_000_000)
  histogram.record(500)
  histogram.tick(1_150_000)
  histogram.record(1)
  expect(Object.fromEntries(histogram.attributes(1_200_000))['99thPercentile']).toBe(500)
  const told = Object.fromEntries(histogram.attributes(1_300_000))
  expect(told['99thPercentile']).toBeLessThan(1.1)
  expect(told.Count).toBe(2)
})

test('names are those of the JMX exporter, and labels are escaped', () => {
  const text = new PrometheusText()
  text.add(gauge('kafka.server', 'ReplicaManager', { name: 'LeaderCount' }, 3))
  text.add({
    ...gauge('kafka.network', 'RequestMetrics', { request: 'a"b\\c\n' }, 1.5),
    attribute: '99thPercentile',
  })
  text.add({ domain: 'process_cpu_seconds_total', type: '', keys: {}, attribute: '', value: 2 })
  expect(String(text).split('\n')).toEqual([
    '# TYPE kafka_server_ReplicaManager_Value untyped',
    'kafka_server_ReplicaManager_Value{name="LeaderCount"} 3',
    '# TYPE kafka_network_RequestMetrics_99thPercentile untyped',
    'kafka_network_RequestMetrics_99thPercentile{request="a\\"b\\\\c\\n"} 1.5',
    '# TYPE process_cpu_seconds_total untyped',
    'process_cpu_seconds_total 2',
    '',
  ])
})

test('a deleted topic takes its metrics along, but not out of the sum', () => {
  const registry = new MetricRegistry(() => 0)
  const topics = new TopicMetrics(registry)
  topics.produced('a', 100, 2)
  topics.produced('b', 10, 1)
  const bytesIn = () =>
    [...registry.samples()]
      .filter(({ keys, attribute }) => keys.name === 'BytesInPerSec' && attribute === 'Count')
      .map(({ keys, value }) => [keys.topic, value])
  expect(bytesIn()).toEqual([
    [undefined, 110],
    ['a', 100],
    ['b', 10],
  ])
  topics.removed('a')
  expect(bytesIn()).toEqual([
    [undefined, 110],
    ['b', 10],
  ])
})
