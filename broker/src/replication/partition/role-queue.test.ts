import { expect, test } from 'vitest'
import type { TopicImage } from '../../cluster/index.ts'
import { MemoryClock } from '../../runtime/memory-clock.ts'
import { RoleQueue } from './role-queue.ts'

const TOPIC: TopicImage = { name: 'orders', topicId: 'a', partitions: [] }

function refs(from: number, to: number) {
  return Array.from({ length: to - from }, (_, index) => ({ topic: TOPIC, partitionId: from + index }))
}

/** Each role takes a millisecond of the processor. */
function slowQueue() {
  const clock = new MemoryClock()
  const assumed: number[] = []
  let busyMs = 0
  const queue = new RoleQueue({
    timers: clock,
    monotonicMs: () => busyMs,
    assume: ({ partitionId }) => {
      assumed.push(partitionId)
      busyMs++
    },
  })
  return { clock, queue, assumed }
}

test('many roles are taken up in order, a few in each turn', async () => {
  const { clock, queue, assumed } = slowQueue()
  queue.add(refs(0, 10))
  expect(assumed).toEqual([0, 1, 2])
  expect(queue.has(TOPIC.topicId, 2)).toBe(false)
  expect(queue.has(TOPIC.topicId, 3)).toBe(true)
  await clock.advance(0)
  expect(assumed).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(queue.has(TOPIC.topicId, 9)).toBe(false)
})

test('news of a partition that waits already are one role', async () => {
  const { clock, queue, assumed } = slowQueue()
  queue.add(refs(0, 6))
  queue.add(refs(4, 8))
  await clock.advance(0)
  expect(assumed).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

test('a queue that was stopped takes up nothing more', async () => {
  const { clock, queue, assumed } = slowQueue()
  queue.add(refs(0, 6))
  queue.stop()
  await clock.advance(0)
  expect(assumed).toEqual([0, 1, 2])
})
