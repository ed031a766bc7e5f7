import { expect, test } from 'vitest'
import { MemoryClock, ProcessTimers } from '../../runtime/memory-clock.ts'
import { LogRevival } from './log-revival.ts'
import type { OfflineReplica } from './offline-reporter.ts'

function setUp(revive: (index: number) => boolean, slices = 0) {
  const clock = new MemoryClock()
  const disk = { hasRoom: true }
  let workedMs = 0
  const tries: { readonly index: number; readonly atMs: number }[] = []
  const revival = new LogRevival({
    timers: new ProcessTimers(clock),
    monotonicMs: () => clock.monotonic() + workedMs,
    hasRoom: () => disk.hasRoom,
    *revive({ index }) {
      tries.push({ index, atMs: clock.monotonic() - startMs })
      for (let slice = 0; slice < slices; slice++) {
        workedMs += SLICE_MS
        yield
      }
      return revive(index)
    },
  })
  const startMs = clock.monotonic()
  const add = (index: number) => revival.add(String(index), replicaOf(index))
  return { clock, disk, tries, revival, add }
}

const SLICE_MS = 3

function replicaOf(index: number): OfflineReplica {
  return { topicId: 'topic', index }
}

test('nothing is tried while there is no room, and then one log after the other', async () => {
  const { clock, disk, tries, add } = setUp(() => true)
  disk.hasRoom = false
  add(0)
  add(1)
  await clock.advance(10_500)
  expect(tries).toEqual([])
  disk.hasRoom = true
  await clock.advance(500)
  expect(tries).toEqual([{ index: 0, atMs: 11_000 }])
  await clock.advance(100_000)
  expect(tries).toEqual([
    { index: 0, atMs: 11_000 },
    { index: 1, atMs: 11_005 },
  ])
})

test('what cannot be opened is tried more and more rarely, and waited for as long as it takes', async () => {
  const { clock, tries, add } = setUp(() => tries.length >= 8)
  add(0)
  await clock.advance(300_000)
  const waits = tries.map(({ atMs }, at) => Math.round((atMs - (tries[at - 1]?.atMs ?? 0)) / 1000))
  expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30, 30])
})

test('a log that goes offline again soon has to wait longer, later it has not', async () => {
  const { clock, tries, add } = setUp(() => true)
  for (const pauseMs of [3000, 3000, 100_000, 3000]) {
    add(0)
    await clock.advance(pauseMs)
  }
  expect(tries.map(({ atMs }) => Math.round(atMs / 1000))).toEqual([1, 5, 10, 107])
})

test('a replica that is gone is not waited for', async () => {
  const { clock, tries, add, revival } = setUp(() => true)
  add(0)
  revival.forget('0')
  await clock.advance(100_000)
  expect(tries).toEqual([])
})

test('while a long log is opened others have their turn, and it is given up when nobody waits for it any more', async () => {
  const opened: number[] = []
  const { clock, tries, revival, add } = setUp((index) => opened.push(index) > 0, 10)
  let turns = 0
  const beat = () => {
    turns += 1
    if (turns === 5) revival.forget('0')
  }
  add(0)
  add(1)
  await clock.advance(1001)
  expect([tries.length, opened]).toEqual([1, []])
  for (let step = 0; step < 100; step++) {
    beat()
    await clock.advance(1)
  }
  expect(tries.map(({ index }) => index)).toEqual([0, 1])
  expect(opened).toEqual([1])
})
