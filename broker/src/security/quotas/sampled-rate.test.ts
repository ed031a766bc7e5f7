import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SampledRate } from './sampled-rate.ts'

const windows = { count: 11, sizeMs: 1000 }

test('a first burst is spread over all windows but the current one', () => {
  const rate = new SampledRate(windows)
  rate.record(20_000, 0)
  expect(rate.coveredMs(0)).toBe(10_000)
  expect(rate.perSecond(0)).toBe(2000)
})

test('the throttle is as long as the excess takes at the limit', () => {
  const rate = new SampledRate(windows)
  rate.record(20_000, 0)
  const throttleMs = rate.throttleMs(1000, 0)
  expect(throttleMs).toBe(10_000)
  expect(rate.throttleMs(1000, 11_000)).toBe(0)
})

test('what is older than all windows is forgotten', () => {
  const rate = new SampledRate(windows)
  rate.record(20_000, 0)
  expect(rate.perSecond(10_999)).toBeGreaterThan(0)
  expect(rate.perSecond(11_000)).toBe(0)
})

test('what is taken back does not count', () => {
  const rate = new SampledRate(windows)
  rate.record(500, 0)
  rate.record(500, 5)
  rate.record(-500, 5)
  expect(rate.perSecond(5)).toBeCloseTo(50, 0)
})

test('a client that waits as long as it is told never gets more than its quota and one request, in the long run', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 50_000 }), { minLength: 20, maxLength: 200 })
  fc.assert(
    fc.property(sizes, (amounts) => {
      const rate = new SampledRate(windows)
      const limit = 10_000
      let nowMs = 0
      let sum = 0
      for (const amount of amounts) {
        rate.record(amount, nowMs)
        sum += amount
        nowMs += rate.throttleMs(limit, nowMs) + 1
      }
      // The first windows are measured as if the others had been idle; eleven windows may count as ten seconds.
      const allowed = ((nowMs + windows.count * windows.sizeMs) / 1000) * limit * 1.1 + 50_000
      expect(sum).toBeLessThanOrEqual(allowed)
    }),
    { seed: 7, numRuns: 200 },
  )
})
