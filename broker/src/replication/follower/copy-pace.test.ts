import { beforeEach, expect, test } from 'vitest'
import { CopyPace } from './copy-pace.ts'

const MIB = 1024 * 1024
const BEST_MS = 4
const ANSWER_BYTES = MIB / 4

let nowMs: number
let pace: CopyPace

beforeEach(() => {
  nowMs = 1_000
  pace = new CopyPace(() => nowMs)
})

test('lets as much come in a second as the pace says', () => {
  pace.record(pace.bytesPerSecond / 2)
  expect(pace.waitMs).toBe(500)
  nowMs += 300
  pace.record(pace.bytesPerSecond / 10)
  expect(pace.waitMs).toBe(300)
  nowMs += 10_000
  expect(pace.waitMs).toBe(0)
  pace.record(pace.bytesPerSecond)
  // Time in which nothing came is not made up for.
  expect(pace.waitMs).toBe(1_000)
})

test('rises with answers that are not late, up to 36 MiB/s', () => {
  const first = pace.bytesPerSecond
  answered(BEST_MS, 10)
  expect(pace.bytesPerSecond).toBeGreaterThan(first)
  answered(BEST_MS + 20, 1_000)
  expect(pace.bytesPerSecond).toBe(36 * MIB)
})

test('falls with a late answer, once for all that were late together, down to 16 MiB/s and no further', () => {
  answered(BEST_MS, 1_000)
  answered(BEST_MS + 40, 3)
  expect(pace.bytesPerSecond).toBeCloseTo(0.7 * 36 * MIB, 0)
  for (let time = 0; time < 10; time++) {
    nowMs += 50
    answered(BEST_MS + 40, 1)
  }
  expect(pace.bytesPerSecond).toBe(16 * MIB)
})

test.each([
  [1_000, 28, 36],
  [100, 16, 20],
])('with a delay every %i ms comes to %i to %i MiB/s', (everyMs, leastMiB, mostMiB) => {
  answered(BEST_MS, 10)
  let copied = 0
  let delayedAtMs = nowMs
  const [fromMs, toMs] = [nowMs, nowMs + 60_000]
  while (nowMs < toMs) {
    pace.record(ANSWER_BYTES)
    copied += ANSWER_BYTES
    nowMs += Math.max(1, pace.waitMs)
    const isLate = nowMs - delayedAtMs >= everyMs
    if (isLate) delayedAtMs = nowMs
    answered(isLate ? BEST_MS + 40 : BEST_MS, 1)
  }
  const perSecond = (copied * 1_000) / (nowMs - fromMs) / MIB
  expect(perSecond).toBeGreaterThan(leastMiB)
  expect(perSecond).toBeLessThan(mostMiB)
})

test('forgets what was best: a leader further away is not late for ever', () => {
  answered(BEST_MS, 10)
  nowMs += 10_000
  answered(BEST_MS + 40, 1)
  nowMs += 10_000
  answered(BEST_MS + 40, 1_000)
  expect(pace.bytesPerSecond).toBe(36 * MIB)
})

function answered(elapsedMs: number, times: number): void {
  for (let time = 0; time < times; time++) pace.answered(elapsedMs, ANSWER_BYTES)
}
