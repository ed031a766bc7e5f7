import { expect, test } from 'vitest'
import { QuotaLedger } from './quota-ledger.ts'

const LIMITS = { bytesPerSecond: 1000, windowsMs: 3000, underwayBytesMax: 500 }

/** One request of `bytes` each second. */
function given(ledger: QuotaLedger, bytes: number, seconds: number): (string | undefined)[] {
  return Array.from({ length: seconds }, (_, second) =>
    ledger.count('broker-1', { sentAtMs: second * 1000, answeredAtMs: second * 1000 + 5, bytes }),
  ).filter(Boolean)
}

test('who gets its rate, and a burst at first, gets what it may', () => {
  const ledger = new QuotaLedger(LIMITS)
  expect(ledger.count('broker-1', { sentAtMs: 0, answeredAtMs: 5, bytes: 2500 })).toBeUndefined()
  expect(given(ledger, 1000, 60)).toEqual([])
})

test('who gets twice its rate for long gets too much', () => {
  expect(given(new QuotaLedger(LIMITS), 2000, 10)).not.toEqual([])
  expect(given(new QuotaLedger(LIMITS), 2000, 3)).toEqual([])
})

test('each broker process counts for itself', () => {
  const ledger = new QuotaLedger(LIMITS)
  for (const process of ['broker-1 (start 1)', 'broker-1 (start 2)'])
    expect(ledger.count(process, { sentAtMs: 0, answeredAtMs: 5, bytes: 3500 })).toBeUndefined()
  expect(ledger.totalBytes).toBe(7000)
})

test('who waits longer than the rate asks for starves', () => {
  const ledger = new QuotaLedger(LIMITS)
  expect(ledger.starvation(10_000, 12_000)).toBeUndefined()
  expect(ledger.starvation(10_000, 30_000)).toMatch(/^10000 bytes took 30000 ms/)
})
