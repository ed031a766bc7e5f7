/** The check itself must be able to fail. */
import { expect, test } from 'vitest'
import { checkLedger } from '../../support/ledger.ts'

const acknowledged = [
  { partition: 0, offset: 0, value: 'a' },
  { partition: 0, offset: 2, value: 'c' },
]
const attempted = new Set(['a', 'b', 'c'])
const check = (values: string[]) =>
  checkLedger(
    acknowledged,
    attempted,
    new Map([[0, values.map((value, offset) => ({ offset, key: null, value }))]]),
  )

test('acknowledged records at their offsets are fine, with or without unacknowledged ones', () => {
  expect(check(['a', 'b', 'c'])).toEqual([])
})

test.each([
  ['lost', ['a', 'b']],
  ['moved', ['a', 'c']],
  ['doubled', ['a', 'a', 'c']],
  ['invented', ['a', 'x', 'c']],
])('a %s record is found', (_, values) => {
  expect(check(values)).not.toEqual([])
})

test('a gap in the offsets is found', () => {
  const stored = [0, 2].map((offset) => ({ offset, key: null, value: offset === 0 ? 'a' : 'c' }))
  expect(checkLedger(acknowledged, attempted, new Map([[0, stored]]))).not.toEqual([])
})
