import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

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

/** In a process of its own too: nobody else has timers there. It has no other reason to go on than its timers. */
const WAITING = `
  import { nodeTimers } from ${JSON.stringify(import.meta.resolve('./node-clock.ts'))}
  process.on('exit', () => console.log('left'))
  nodeTimers.after(3_600_000, () => {})
`
const RUNNING = `
  import { nodeTimers } from ${JSON.stringify(import.meta.resolve('./node-clock.ts'))}
  nodeTimers.after(1, () => console.log('cancelled')).cancel()
  const keepAlive = setInterval(() => {}, 1_000)
  const timer = nodeTimers.after(1, () => console.log('ran'))
  nodeTimers.after(20, () => {
    timer.cancel()
    clearInterval(keepAlive)
  })
`

test.each([
  ['waits keeps no process alive', WAITING, 'left\n'],
  ['runs does so once, one that was cancelled never, and neither keeps a process alive', RUNNING, 'ran\n'],
])('a timer that %s', (_what, program, printed) => {
  const args = ['--input-type=module', '-e', program]
  expect(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 })).toBe(printed)
})
