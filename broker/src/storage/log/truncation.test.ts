/** A follower cuts its log: of a long one the producers are looked up first, and nobody sees half of that. */
import { expect, test } from 'vitest'
import { BATCHES_PER_SLICE } from '../slices.ts'
import { START_MS, TestLog, truncate } from '../testing/harness.ts'

const COUNT = 6 * BATCHES_PER_SLICE
const CUT = COUNT - 100

/** Three producers in turn, one batch each. */
function filled(count: number, config = {}): TestLog {
  const world = new TestLog({ segmentBytes: 110_000, ...config })
  for (let i = 0; i < count; i++) append(world, i)
  return world
}

function append(world: TestLog, index: number): void {
  world.append({ producerId: index % 3, producerEpoch: 0, baseSequence: Math.floor(index / 3) })
}

function facts({ log }: TestLog) {
  return { end: log.logEndOffset, sizeBytes: log.sizeBytes, producers: log.activeProducers() }
}

test('until the producers are known the log is as it was, then it is as if it had never been longer', () => {
  const world = filled(COUNT)
  expect(world.log.segmentCount).toBeGreaterThan(1)
  const before = facts(world)
  const work = world.log.truncation(CUT)
  let pauses = 0
  for (let step = work.next(); !step.done; step = work.next()) {
    pauses++
    expect(facts(world)).toEqual(before)
  }
  expect(pauses).toBeGreaterThan(1)
  expect(facts(world)).toEqual(facts(filled(CUT)))
  append(world, CUT)
  expect(facts(world)).toEqual(facts(filled(CUT + 1)))
})

test.each([
  { what: 'was appended to', change: (world: TestLog) => append(world, COUNT) },
  {
    what: 'was cut and has grown to the same end',
    change: (world: TestLog) => {
      truncate(world.log, COUNT - 1)
      append(world, COUNT - 1)
    },
  },
  {
    what: 'has lost old segments',
    change: (world: TestLog) => expect(world.log.applyRetention(START_MS)).toBeGreaterThan(0),
  },
])('a log that $what meanwhile is not cut', ({ change }) => {
  const world = filled(COUNT, { retentionBytes: 50_000 })
  const work = world.log.truncation(CUT)
  expect(work.next().done).toBe(false)
  change(world)
  const before = facts(world)
  expect(work.next()).toEqual({ done: true, value: false })
  expect(facts(world)).toEqual(before)
})

test('a log whose disk fails meanwhile is offline, and not cut', () => {
  const world = filled(COUNT)
  const work = world.log.truncation(CUT)
  expect(work.next().done).toBe(false)
  const heal = world.disk.fail({ operations: ['read', 'open'], code: 'EIO', path: /\.log$/ })
  expect(() => [...work]).toThrow('truncating')
  expect(world.offline).toHaveLength(1)
  heal()
  world.disk.kill()
  expect(world.reopen('killed').logEndOffset).toBe(COUNT)
})
