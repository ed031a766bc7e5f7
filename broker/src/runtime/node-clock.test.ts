import { queryObjects } from 'node:v8'
import { expect, test } from 'vitest'
import { nodeTimers } from './node-clock.ts'

/** What Node keeps for all timers of one duration, so long as it is. */
function counterOfTimerLists(): () => number {
  const handle = setTimeout(() => {}, 3_600_000)
  const list: unknown = Reflect.get(handle, '_idleNext')
  clearTimeout(handle)
  if (typeof list !== 'object' || list === null || list.constructor.name !== 'TimersList')
    throw new Error('Node keeps its timers otherwise by now')
  const TimersList = list.constructor
  return () => Number(queryObjects(TimersList))
}

test('nothing is left of timers that were cancelled, however long they were to last', () => {
  const countLists = counterOfTimerLists()
  const before = countLists()
  // Clients choose for how long their requests wait: each of them may choose another time.
  for (let delayMs = 1_000_000; delayMs < 1_001_000; delayMs++) nodeTimers.after(delayMs, () => {}).cancel()
  expect(countLists() - before).toBeLessThan(10)
})

test('a timer that runs does not keep the process alive, and a cancelled one never runs', async () => {
  const ran: string[] = []
  const keepAlive = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = keepAlive()
  nodeTimers.after(1, () => ran.push('cancelled')).cancel()
  const timer = nodeTimers.after(1, () => ran.push('ran'))
  expect(keepAlive()).toBe(before)
  await new Promise((resolve) => setTimeout(resolve, 20))
  timer.cancel()
  expect(keepAlive()).toBe(before)
  expect(ran).toEqual(['ran'])
})
