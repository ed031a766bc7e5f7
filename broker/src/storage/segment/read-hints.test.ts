import { expect, test } from 'vitest'
import { ReadHints } from './read-hints.ts'

test('a reader goes on where it ended, and knows of no other place', () => {
  const hints = new ReadHints()
  hints.remember(10, 1_000, false)
  hints.remember(20, 2_000, true)
  expect([10, 20, 11].map((offset) => hints.find(offset))).toEqual([1_000, 2_000, -1])
})

test('those at the end do not make one forgotten who is behind', () => {
  const hints = new ReadHints()
  hints.remember(10, 1_000, false)
  for (let offset = 100; offset < 200; offset++) hints.remember(offset, offset * 100, true)
  expect(hints.find(10)).toBe(1_000)
  expect(hints.find(199)).toBe(19_900)
})

test('nor does one who reads on from behind those at the end', () => {
  const hints = new ReadHints()
  hints.remember(200, 20_000, true)
  for (let offset = 10; offset < 110; offset++) hints.remember(offset, offset * 100, false)
  expect(hints.find(200)).toBe(20_000)
  expect(hints.find(109)).toBe(10_900)
})
