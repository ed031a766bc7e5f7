import { describe, expect, test } from 'vitest'
import { LeaderEpochs } from './leader-epochs.ts'

const cache = () =>
  new LeaderEpochs([
    { epoch: 2, startOffset: 10 },
    { epoch: 4, startOffset: 20 },
    { epoch: 7, startOffset: 30 },
  ])

describe('leader epochs', () => {
  test.each([
    [-1, -1, -1],
    [0, 0, 10],
    [1, 1, 10],
    [2, 2, 20],
    [3, 2, 20],
    [4, 4, 30],
    [6, 4, 30],
    [7, 7, 42],
    [8, -1, -1],
  ])('epoch %i ended as (%i, %i)', (asked, epoch, endOffset) => {
    expect(cache().endOffsetFor(asked, 42)).toEqual({ epoch, endOffset })
  })

  test('an empty cache knows no epoch', () => {
    expect(new LeaderEpochs().endOffsetFor(0, 42)).toEqual({ epoch: -1, endOffset: -1 })
    expect(new LeaderEpochs().latest).toBe(-1)
  })

  test('epochs only rise; one without records gives way', () => {
    const epochs = cache()
    expect(epochs.assign(7, 50)).toBe(false)
    expect(epochs.assign(3, 50)).toBe(false)
    expect(epochs.assign(9, 30)).toBe(true)
    expect(epochs.entries.at(-1)).toEqual({ epoch: 9, startOffset: 30 })
    expect(epochs.entries).toHaveLength(3)
  })

  test('the epoch of an offset', () => {
    expect([9, 10, 19, 20, 99].map((offset) => cache().epochFor(offset))).toEqual([-1, 2, 2, 4, 7])
  })

  test('truncation from the end drops what began there or later', () => {
    const epochs = cache()
    expect(epochs.truncateFromEnd(31)).toBe(false)
    expect(epochs.truncateFromEnd(30)).toBe(true)
    expect(epochs.latest).toBe(4)
  })

  test('truncation from the start moves the epoch that spans it', () => {
    const epochs = cache()
    expect(epochs.truncateFromStart(5)).toBe(false)
    expect(epochs.truncateFromStart(25)).toBe(true)
    expect(epochs.entries).toEqual([
      { epoch: 4, startOffset: 25 },
      { epoch: 7, startOffset: 30 },
    ])
  })
})
