import { expect, it } from 'vitest'
import { brokerPeriod } from '../../testing/broker-metrics.ts'
import { capacityOfType } from './capacity.ts'
import { loadOf } from './load.ts'

const LARGE = capacityOfType('kafka.m7g.large')

it('a broker is as used as its busiest resource, and a cluster as much as its brokers together', () => {
  const cpu = brokerPeriod(1, {}, { cpuSeconds: 30, bytesIn: 60 })
  const disk = brokerPeriod(2, {}, { cpuSeconds: 1, bytesIn: 60 * LARGE.diskBytesPerSec })
  expect(loadOf([cpu, disk], 2, LARGE)).toEqual({ load: expect.closeTo(1.5, 5), busiest: 'DISK' })
})

it('is not known before all brokers have spoken twice', () => {
  const twice = brokerPeriod(1, {}, { cpuSeconds: 30 })
  expect(loadOf([twice], 2, LARGE)).toBeUndefined()
  expect(loadOf([twice, brokerPeriod(2, undefined, {})], 2, LARGE)).toBeUndefined()
})

it.each([
  ['kafka.m7g.large', 1, 78.75e6, 0.204],
  ['kafka.m5.xlarge', 1, 157.5e6, 0.408],
  ['express.m7g.4xlarge', 1, 262_144_000, 3.264],
  ['kafka.t3.small', 0.4, 21.75e6, 0.0456],
])('%s has %s cores for one broker', (type, cores, diskBytesPerSec, pricePerHour) => {
  expect(capacityOfType(type)).toMatchObject({
    cores,
    diskBytesPerSec,
    pricePerHour: expect.closeTo(pricePerHour, 4),
  })
})
