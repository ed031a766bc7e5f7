import { expect, test } from 'vitest'
import { grownOldBytes } from '../runtime/test-memory.ts'
import { type Linked, LinkedList, UNLINKED } from './linked-list.ts'

interface Letter extends Linked<Letter> {
  readonly letter: string
}

function listOf(...letters: readonly string[]): [LinkedList<Letter>, Letter[]] {
  const list = new LinkedList<Letter>()
  const entries = letters.map((letter): Letter => ({ letter, ...UNLINKED }))
  for (const entry of entries) list.push(entry)
  return [list, entries]
}

function lettersOf(list: LinkedList<Letter>): string {
  return list
    .toArray()
    .map(({ letter }) => letter)
    .join('')
}

test('entries are in the order in which they came', () => {
  const [list] = listOf('a', 'b', 'c')
  expect(lettersOf(list)).toBe('abc')
  expect(list.size).toBe(3)
})

test.each([
  [0, 'bc'],
  [1, 'ac'],
  [2, 'ab'],
])('entry %i is taken out, once', (index, rest) => {
  const [list, entries] = listOf('a', 'b', 'c')
  expect(list.remove(entries[index]!)).toBe(true)
  expect(list.remove(entries[index]!)).toBe(false)
  expect(lettersOf(list)).toBe(rest)
  expect(list.size).toBe(2)
})

test.each([
  [0, 'bca'],
  [1, 'acb'],
  [2, 'abc'],
])('entry %i that is pushed again goes to the end', (index, order) => {
  const [list, entries] = listOf('a', 'b', 'c')
  list.push(entries[index]!)
  expect(lettersOf(list)).toBe(order)
  expect(list.size).toBe(3)
})

test('an emptied list can be filled again', () => {
  const [list, entries] = listOf('a', 'b')
  for (const entry of entries) list.remove(entry)
  expect(lettersOf(list)).toBe('')
  list.push(entries[1]!)
  expect(lettersOf(list)).toBe('b')
})

test('what went through a list with an old entry does not become old', () => {
  const [list, [first]] = listOf('a')
  const fillAndEmpty = () => {
    for (let round = 0, last = first!; round < 100_000; round++) {
      const entry: Letter = { letter: 'z', ...UNLINKED }
      list.push(entry)
      list.remove(last)
      last = entry
    }
  }
  expect(grownOldBytes(fillAndEmpty)).toBeLessThan(1_000_000)
})
