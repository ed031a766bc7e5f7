import { expect, test } from 'vitest'
import { check, isViolation } from './check.ts'
import { busyHistory } from './testing/busy-history.ts'

/** Of this thread, so that a busy machine changes little. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

test('100,000 operations are checked in less than a second', () => {
  const history = busyHistory(100_000)
  const operations = history.filter(({ type }) => type === 'invoke').length
  expect(operations).toBeGreaterThanOrEqual(100_000)
  const timesMs: number[] = []
  for (let run = 0; run < 3; run++) {
    const startedAt = cpuMs()
    const verdicts = check(history)
    timesMs.push(cpuMs() - startedAt)
    expect(verdicts.filter(isViolation)).toEqual([])
  }
  expect(Math.min(...timesMs)).toBeLessThan(1_000)
})

test('a history in which everything is wrong is told as fast', () => {
  const history = busyHistory(100_000).map((event) =>
    event.type === 'ok' && event.records
      ? {
          ...event,
          records: Object.fromEntries(
            Object.entries(event.records).map(([name, records]) => [
              name,
              records.filter(([offset]) => offset % 3 > 0).toReversed(),
            ]),
          ),
        }
      : event,
  )
  const startedAt = cpuMs()
  const verdicts = check(history)
  expect(cpuMs() - startedAt).toBeLessThan(3_000)
  expect(verdicts.find(({ name }) => name === 'lost-write')?.count).toBeGreaterThan(10_000)
})
