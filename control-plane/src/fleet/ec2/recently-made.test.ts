import { expect, it } from 'vitest'
import { RecentlyMade } from './recently-made.ts'

const SETTLE_MS = 15_000

it('trusts what EC2 shows of a host once all that was made of it must be seen', async () => {
  const { clock, recent } = begun()
  clock.nowMs += SETTLE_MS
  expect(recent.isSettled('h-1')).toBe(true)
  await recent.note('h-1', async () => {
    clock.nowMs += 2_000
  })
  clock.nowMs += SETTLE_MS - 1
  expect([recent.isSettled('h-1'), recent.isSettled('h-2')]).toEqual([false, true])
  clock.nowMs += 1
  expect(recent.isSettled('h-1')).toBe(true)
})

it('counts a call that failed too', async () => {
  const { clock, recent } = begun()
  clock.nowMs += SETTLE_MS
  await expect(recent.note('h-1', () => Promise.reject(new Error('timed out')))).rejects.toThrow('timed out')
  expect(recent.isSettled('h-1')).toBe(false)
})

it('knows nothing of what others made before it began or took over', () => {
  const { clock, recent } = begun()
  expect(recent.isSettled('h-1')).toBe(false)
  clock.nowMs += SETTLE_MS
  expect(recent.isSettled('h-1')).toBe(true)
  recent.takeOver()
  expect(recent.isSettled('h-1')).toBe(false)
})

it('remembers what a host was last asked to be until that is shown or refused', async () => {
  const { clock, recent } = begun()
  expect(recent.isNew).toBe(true)
  recent.noteChoice('h-1', 'm6g.large spot')
  clock.nowMs += SETTLE_MS - 1
  expect([recent.choiceOf('h-1'), recent.choiceOf('h-2')]).toEqual(['m6g.large spot', undefined])
  clock.nowMs += 1
  expect([recent.choiceOf('h-1'), recent.isNew]).toEqual([undefined, false])
  recent.noteChoice('h-1', 'm6g.large spot')
  recent.dropChoice('h-1')
  expect(recent.choiceOf('h-1')).toBeUndefined()
  recent.noteChoice('h-1', 'm6g.large spot')
  recent.takeOver()
  expect([recent.choiceOf('h-1'), recent.isNew]).toEqual([undefined, true])
})

function begun() {
  const clock = { nowMs: 1_000_000 }
  return { clock, recent: new RecentlyMade(() => clock.nowMs) }
}
