import { expect, test } from 'vitest'
import { millisecondsOf, parseDateTime } from './java-time.ts'

test.each([
  ['2026-01-02T03:04:05.678', Date.UTC(2026, 0, 2, 3, 4, 5, 678)],
  ['2026-01-02T03:04:05', Date.UTC(2026, 0, 2, 3, 4, 5)],
  ['2026-01-02T03:04:05.678Z', Date.UTC(2026, 0, 2, 3, 4, 5, 678)],
  ['2026-01-02T03:04:05.678+01', Date.UTC(2026, 0, 2, 2, 4, 5, 678)],
  ['2026-01-02T03:04:05.678-0130', Date.UTC(2026, 0, 2, 4, 34, 5, 678)],
])('%s', (text, ms) => {
  expect(parseDateTime(text)).toBe(BigInt(ms))
})

test.each(['', 'yesterday', '2026-01-02', '2026-13-01T00:00:00'])('"%s" is no time', (text) => {
  expect(() => parseDateTime(text)).toThrow('Error parsing timestamp')
})

test.each([
  ['PT10S', 10_000],
  ['PT1H30M', 5_400_000],
  ['P2DT1.5S', 172_801_500],
  ['-PT1M', -60_000],
  ['PT-1M', -60_000],
])('%s', (text, ms) => {
  expect(millisecondsOf(text)).toBe(ms)
})

test.each(['', 'P', 'PT', '1D', 'P1Y', 'PT1D'])('"%s" is no duration', (text) => {
  expect(() => millisecondsOf(text)).toThrow('Text cannot be parsed to a Duration')
})
