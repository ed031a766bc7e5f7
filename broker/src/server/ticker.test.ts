import { expect, test } from 'vitest'
import { MemoryClock } from '../runtime/memory-clock.ts'
import { Ticker } from './ticker.ts'

test('work comes back after a while, and soon while there is more', async () => {
  const clock = new MemoryClock()
  const ran: number[] = []
  const ticker = new Ticker(clock, { idleMs: 1000, busyMs: 1 }, () => {
    ran.push(clock.monotonic() - startMs)
    return ran.length < 3
  })
  const startMs = clock.monotonic()
  ticker.start()
  await clock.advance(3000)
  expect(ran).toEqual([1000, 1001, 1002, 2002])
  ticker.stop()
  await clock.advance(5000)
  expect(ran).toHaveLength(4)
})
