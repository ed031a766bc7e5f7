import { expect, test } from 'vitest'
import { OwnEntries } from './own-entries.ts'

function filled(...indexes: number[]): OwnEntries {
  const entries = new OwnEntries()
  for (const index of indexes) entries.add({ index, payload: Buffer.from(`entry ${index}`) })
  return entries
}

function indexesFrom(entries: OwnEntries, index: number): number[] {
  return entries.from(index).map((entry) => entry.index)
}

test('has all that was appended from an index on', () => {
  const entries = filled(7, 8, 9)
  expect(indexesFrom(entries, 7)).toEqual([7, 8, 9])
  expect(indexesFrom(entries, 9)).toEqual([9])
  expect(indexesFrom(entries, 10)).toEqual([])
})

test('has nothing for those who lack an earlier entry', () => {
  expect(indexesFrom(filled(7, 8, 9), 6)).toEqual([])
  expect(indexesFrom(new OwnEntries(), 0)).toEqual([])
})

test('forgets what was before an entry of somebody else', () => {
  const entries = filled(7, 8, 11)
  expect(indexesFrom(entries, 8)).toEqual([])
  expect(indexesFrom(entries, 11)).toEqual([11])
})

test('keeps the newest only, by count and by size', () => {
  const many = filled(...Array.from({ length: 300 }, (_, index) => index))
  expect(many.from(44).length).toBe(256)
  expect(many.from(43)).toEqual([])
  const large = new OwnEntries()
  for (let index = 0; index < 4; index++) large.add({ index, payload: Buffer.alloc(100_000) })
  expect([indexesFrom(large, 1), indexesFrom(large, 2)]).toEqual([[], [2, 3]])
})
