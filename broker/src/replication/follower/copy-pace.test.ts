import { beforeEach, expect, test } from 'vitest'
import { CopyPace } from './copy-pace.ts'

const MIB = 1024 * 1024
const BEST_MS = 4

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

test('rises with answers that are not late, up to 64 MiB/s', () => {
  const first = pace.bytesPerSecond
  answered(BEST_MS, 10)
  expect(pace.bytesPerSecond).toBeGreaterThan(first)
  answered(BEST_MS + 5, 1_000)
  expect(pace.bytesPerSecond).toBe(64 * MIB)
})

test('falls with each late answer, down to 8 MiB/s and no further', () => {
  answered(BEST_MS, 100)
  answered(BEST_MS + 20, 1)
  expect(pace.bytesPerSecond).toBeLessThan(50 * MIB)
  answered(BEST_MS + 20, 100)
  expect(pace.bytesPerSecond).toBe(8 * MIB)
})

test('settles where few answers are late', () => {
  let late = 0
  for (let turn = 0; turn < 10_000; turn++) {
    // The faster, the likelier: a machine that has 32 MiB/s left.
    const isLate = (turn * 7) % 32 < pace.bytesPerSecond / MIB - 32
    if (isLate && turn > 1_000) late++
    answered(isLate ? BEST_MS + 20 : BEST_MS, 1)
  }
  expect(pace.bytesPerSecond).toBeGreaterThan(20 * MIB)
  expect(pace.bytesPerSecond).toBeLessThan(48 * MIB)
  expect(late).toBeLessThan(1_500)
})

test('forgets what was best: a leader further away is not late for ever', () => {
  answered(BEST_MS, 10)
  answered(BEST_MS + 20, 100)
  nowMs += 10_000
  answered(BEST_MS + 20, 1)
  nowMs += 10_000
  answered(BEST_MS + 20, 100)
  expect(pace.bytesPerSecond).toBe(64 * MIB)
})

function answered(elapsedMs: number, times: number): void {
  for (let time = 0; time < times; time++) pace.answered(elapsedMs)
}
