import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { nodeTimers } from './node-clock.ts'

/** In a process of its own, whose heap is small: what Node keeps for all timers of one duration is counted there. */
const PROGRAM = `
  import { queryObjects } from 'node:v8'
  import { nodeTimers } from ${JSON.stringify(import.meta.resolve('./node-clock.ts'))}
  const handle = setTimeout(() => {}, 3_600_000)
  const { constructor: TimersList } = handle._idleNext
  clearTimeout(handle)
  if (TimersList.name !== 'TimersList') throw new Error('Node keeps its timers otherwise by now')
  const before = queryObjects(TimersList)
  // Clients choose for how long their requests wait: each of them may choose another time.
  for (let delayMs = 1_000_000; delayMs < 1_001_000; delayMs++) nodeTimers.after(delayMs, () => {}).cancel()
  console.log(queryObjects(TimersList) - before)
`

test('nothing is left of timers that were cancelled, however long they were to last', () => {
  const left = execFileSync(process.execPath, ['--input-type=module', '-e', PROGRAM], { encoding: 'utf8' })
  expect(Number(left)).toBeLessThan(10)
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
