import { expect, it } from 'vitest'
import { LoadHistory } from './load-history.ts'

it('has the last periods, by time, without those that were not measured', () => {
  const history = new LoadHistory(10, 50)
  for (const [atMs, load] of [
    [3, 1],
    [11, 2],
    [40, 5],
    [55, 6],
  ] as const)
    history.add(atMs, load)
  expect(history.samples()).toEqual([
    { atMs: 10, load: 2 },
    { atMs: 40, load: 5 },
    { atMs: 50, load: 6 },
  ])
  history.add(1_000, 9)
  expect(history.samples()).toEqual([{ atMs: 1_000, load: 9 }])
})

it('goes on with what another one knew, if that was of the same periods', () => {
  const former = new LoadHistory(10, 50)
  former.add(20, 2)
  former.add(40, 5)
  const next = new LoadHistory(10, 50)
  next.restore(JSON.parse(JSON.stringify(former.encode())))
  next.add(50, 6)
  expect(next.samples()).toEqual([
    { atMs: 20, load: 2 },
    { atMs: 40, load: 5 },
    { atMs: 50, load: 6 },
  ])
  const other = new LoadHistory(20, 50)
  other.restore(former.encode())
  expect(other.samples()).toEqual([])
})

it('time does not go back', () => {
  const history = new LoadHistory(10)
  history.add(100, 1)
  history.add(50, 2)
  expect(history.samples()).toEqual([{ atMs: 100, load: 1 }])
})
