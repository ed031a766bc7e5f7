import { expect, test } from 'vitest'
import { grownOldBytes } from '../../runtime/test-memory.ts'
import type { RequestContext } from '../../server/context.ts'
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
