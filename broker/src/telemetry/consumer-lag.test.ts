import { expect, test } from 'vitest'
import { ConsumerLag, type GroupPosition } from './consumer-lag.ts'

function position(
  committedOffset: number,
  endOffset: number | undefined,
  draft: Partial<GroupPosition> = {},
): GroupPosition {
  return { groupId: 'g', topic: 't', partition: 0, committedOffset, endOffset, ...draft }
}

function told(lag: ConsumerLag, positions: GroupPosition[], nowMs: number) {
  const values = [...lag.samples(positions, nowMs)].map(({ keys, value }) => [
    [keys.name, keys.partition].filter((part) => part !== undefined).join(' '),
    value,
  ])
  return Object.fromEntries(values) as Record<string, number>
}

test('lags are summed per topic', () => {
  const lag = new ConsumerLag()
  expect(told(lag, [position(5, 10), position(1, 3, { partition: 1 })], 0)).toMatchObject({
    'OffsetLag 0': 5,
    'OffsetLag 1': 2,
    SumOffsetLag: 7,
    MaxOffsetLag: 5,
  })
})

test('the time is that which the rest takes at the speed of late', () => {
  const lag = new ConsumerLag()
  told(lag, [position(0, 1000)], 0)
  expect(told(lag, [position(100, 1000)], 10_000).EstimatedMaxTimeLag).toBe(90)
})

test('a group that stands still is behind by as long as it stands, and by nothing when it has all', () => {
  const lag = new ConsumerLag()
  expect(told(lag, [position(10, 10)], 0).EstimatedMaxTimeLag).toBe(0)
  expect(told(lag, [position(10, 11)], 60_000).EstimatedMaxTimeLag).toBe(60)
  expect(told(lag, [position(11, 11)], 61_000).EstimatedMaxTimeLag).toBe(0)
})

test('groups whose name has a colon or is not ASCII are left out', () => {
  const lag = new ConsumerLag()
  const names = ['a:b', 'grün', 'fine-group_1']
  const samples = [
    ...lag.samples(
      names.map((groupId) => position(0, 1, { groupId })),
      0,
    ),
  ]
  expect(new Set(samples.map(({ keys }) => keys.groupId))).toEqual(new Set(['fine-group_1']))
})

test('of a partition that is elsewhere it is told where the group stands, and how fast it was', () => {
  const lag = new ConsumerLag()
  told(lag, [position(0, undefined)], 0)
  told(lag, [position(100, undefined)], 10_000)
  expect(told(lag, [position(100, undefined)], 15_000)).toEqual({
    'CommittedOffset 0': 100,
    'CommitsPerSec 0': 10,
    'SecondsSinceCommit 0': 5,
  })
})
