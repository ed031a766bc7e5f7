import { expect, test } from 'vitest'
import type { OffsetWaiter } from '../../replication/partition/offset-waiters.ts'
import type { Partition } from '../../replication/partition/partition.ts'
import { grownOldBytes } from '../../runtime/test-memory.ts'
import type { RequestContext } from '../../server/context.ts'
import { ErrorCode } from '../../wire/index.ts'
import { emptyResult } from './partition-result.ts'
import { PendingProduce } from './pending-produce.ts'

const context = {} as RequestContext

test('a request is answered when its last partition has its records', async () => {
  const pending = new PendingProduce(context, 1_000)
  pending.started()
  pending.started()
  const made: string[] = []
  const answer = pending.whenFinished(() => made.push('answer'))
  pending.finished()
  expect(made).toEqual([])
  pending.finished()
  await answer
  expect(made).toEqual(['answer'])
})

test('what no client is to blame for ends the request', async () => {
  const pending = new PendingProduce(context, 1_000)
  pending.started()
  const answer = pending.whenFinished(() => 'answer')
  pending.broke(new Error('a bug'))
  await expect(answer).rejects.toThrow('a bug')
})

test('of a request that times out only those partitions fail that still wait', async () => {
  let timeOut = () => {}
  const after = (_ms: number, task: () => void) => {
    timeOut = task
    return { cancel() {} }
  }
  const pending = new PendingProduce(
    { broker: { runtime: { timers: { after } } } } as unknown as RequestContext,
    1_000,
  )
  const waiters: OffsetWaiter[] = []
  const stopped: number[] = []
  const results = [0, 1, 2].map((index) => {
    const result = emptyResult(index)
    const partition = {
      isCommitted: () => false,
      whenCommitted(_offset: number, _epoch: number, waiter: OffsetWaiter) {
        waiters.push(waiter)
        return () => stopped.push(index)
      },
    } as unknown as Partition
    pending.started()
    pending.replicate(partition, 1, 0, result)
    return result
  })
  let answers = 0
  const answer = pending.whenFinished(() => ++answers)
  waiters[1]?.(undefined)
  timeOut()
  await answer
  expect(results.map(({ errorCode }) => errorCode)).toEqual([
    ErrorCode.REQUEST_TIMED_OUT,
    ErrorCode.NONE,
    ErrorCode.REQUEST_TIMED_OUT,
  ])
  expect(stopped).toEqual([0, 2])
  expect(answers).toBe(1)
})

test('a request that is answered does not become old', () => {
  const answerMany = () => {
    for (let count = 0; count < 20_000; count++) {
      const body = new Array(20).fill(count)
      const pending = new PendingProduce(context, 1_000)
      pending.started()
      void pending.whenFinished(() => body)
      pending.finished()
    }
  }
  expect(grownOldBytes(answerMany)).toBeLessThan(1_000_000)
})
