import type { MetricDatum } from '@aws-sdk/client-cloudwatch'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { silentLog } from '../../testing/fixtures.ts'
import type { MetricPoint } from '../msk/points.ts'
import { batchesOf, datumOf, REQUEST_LIMITS } from './batches.ts'
import { CloudWatchSender, type PutMetrics } from './sender.ts'

function point(value: number, topic = 't'): MetricPoint {
  return {
    name: 'BytesInPerSec',
    dimensions: { 'Cluster Name': 'orders', Topic: topic },
    unit: 'Bytes/Second',
    value,
  }
}

function refusal(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode } })
}

function start(put: PutMetrics) {
  const pauses: number[] = []
  const sender = new CloudWatchSender({
    put,
    random: () => 0.5,
    sleep: async (ms) => {
      pauses.push(ms)
    },
    log: silentLog,
  })
  return { sender, pauses }
}

async function settled(sender: CloudWatchSender): Promise<void> {
  await expect.poll(() => sender.status().queued).toBe(0)
  await sender.stop()
}

it('sends in order, at most a thousand at a time, with one value per minute', async () => {
  const sent: MetricDatum[][] = []
  const { sender } = start(async (datums) => {
    sent.push([...datums])
  })
  sender.add(
    Array.from({ length: 2500 }, (_, value) => point(value)),
    60_000,
  )
  await expect.poll(() => sender.status().sent).toBe(2500)
  expect(sent.map(({ length }) => length)).toEqual([1000, 1000, 500])
  expect(sent.flat().map(({ Value }) => Value)).toEqual(Array.from({ length: 2500 }, (_, value) => value))
  expect(sent[0]?.[1]).toEqual({
    MetricName: 'BytesInPerSec',
    Dimensions: [
      { Name: 'Cluster Name', Value: 'orders' },
      { Name: 'Topic', Value: 't' },
    ],
    Timestamp: new Date(60_000),
    Unit: 'Bytes/Second',
    Value: 1,
    StorageResolution: 60,
  })
  await sender.stop()
})

it('tries again, with growing pauses, what may succeed later', async () => {
  let attempts = 0
  const { sender, pauses } = start(async () => {
    attempts++
    if (attempts === 1) throw refusal('ThrottlingException', 400)
    if (attempts === 2) throw refusal('InternalServiceFault', 500)
    if (attempts === 3) throw new Error('socket hang up')
  })
  sender.add([point(1)], 0)
  await expect.poll(() => sender.status()).toEqual({ queued: 0, sent: 1, dropped: 0 })
  expect(pauses).toEqual([250, 500, 1000])
})

it('drops what is refused for good, and what fails too often, and counts it', async () => {
  let attempts = 0
  const { sender } = start(async () => {
    attempts++
    throw attempts === 1 ? refusal('InvalidParameterValue', 400) : new Error('no route')
  })
  sender.add([point(1), point(2)], 0)
  await settled(sender)
  expect([sender.status().dropped, attempts]).toEqual([2, 1])
  const other = start(async () => {
    throw new Error('no route')
  })
  other.sender.add([point(1)], 0)
  await expect.poll(() => other.sender.status().dropped).toBe(1)
  expect(other.pauses).toHaveLength(7)
})

it('keeps the newest when CloudWatch does not answer, and counts the others', async () => {
  let release = () => {}
  const { sender } = start(() => new Promise((resolve) => (release = resolve)))
  for (let minute = 0; minute < 130; minute++)
    sender.add(
      Array.from({ length: 1000 }, () => point(minute)),
      minute,
    )
  expect(sender.status()).toEqual({ queued: 100_000, sent: 0, dropped: 29_000 })
  const stopped = sender.stop()
  release()
  await stopped
})

it('leaves out values and names that CloudWatch would refuse with the whole request', () => {
  expect(datumOf(point(Number.NaN), 0)).toBeUndefined()
  expect(datumOf(point(Infinity), 0)).toBeUndefined()
  expect(datumOf(point(1, 'grün'), 0)).toBeUndefined()
  expect(datumOf(point(1e-300), 0)?.Value).toBe(0)
})

it('no batch is larger than a request may be, and nothing is lost between them', () => {
  const names = fc.array(fc.string({ minLength: 1, maxLength: 1000, unit: 'grapheme-ascii' }), {
    maxLength: 40,
  })
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 200 }), (topics, times) => {
      const points = topics.flatMap((topic) => Array.from({ length: times }, () => point(1, topic)))
      const datums = points.flatMap((each) => datumOf(each, 0) ?? [])
      const batches = batchesOf(datums)
      expect(batches.flat()).toEqual(datums)
      for (const batch of batches) {
        expect(batch.length).toBeLessThanOrEqual(REQUEST_LIMITS.datums)
        expect(JSON.stringify(batch).length).toBeLessThanOrEqual(1.2 * REQUEST_LIMITS.sizeBytes)
      }
    }),
    { seed: 7, numRuns: 20 },
  )
})
