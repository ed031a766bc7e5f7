import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nextBatch } from './batch.ts'
import type { PlannedMove } from './plan.ts'

const LIMITS = { receivedBytes: 200, concurrentMoves: 5, beginningBytes: 80 }

const moves = (sizeMax: number) =>
  fc
    .array(fc.record({ sizeBytes: fc.nat({ max: sizeMax }), receivers: fc.subarray([4, 5, 6]) }))
    .map((all) => all.map(({ sizeBytes, receivers }, index) => move(index, sizeBytes, receivers)))

it('stays within what a broker may receive, what may begin, and how many moves may be under way', () => {
  fc.assert(
    fc.property(moves(300), moves(100), (plan, underWay) => {
      const batch = nextBatch(plan, underWay, LIMITS)
      const beginning = sum(batch)
      expect(batch.length <= 1 || beginning <= LIMITS.beginningBytes).toBe(true)
      expect(batch.length === 0 || batch.length + underWay.length <= LIMITS.concurrentMoves).toBe(true)
      for (const broker of new Set(batch.flatMap(({ receivers }) => receivers))) {
        const received = [...underWay, ...batch].filter(({ receivers }) => receivers.includes(broker))
        expect(received.length === 1 || sum(received) <= LIMITS.receivedBytes).toBe(true)
      }
    }),
    { seed: 20_261_121, numRuns: 300 },
  )
})

it('begins some of many, the smallest first, and the rest later', () => {
  const plan = [50, 40, 30, 20].map((sizeBytes, index) => move(index, sizeBytes, [4]))
  expect(nextBatch(plan, [], LIMITS).map(({ sizeBytes }) => sizeBytes)).toEqual([20, 30])
})

it('has a broker that receives nothing take a move of any size, and another when that is over', () => {
  expect(nextBatch([move(0, 500, [4])], [], LIMITS)).toHaveLength(1)
  expect(nextBatch([move(0, 500, [4])], [move(1, 1, [4])], LIMITS)).toEqual([])
})

it('goes on with other brokers while one receives enough', () => {
  const plan = [move(0, 20, [4]), move(1, 30, [4, 5]), move(2, 40, [5])]
  expect(nextBatch(plan, [move(3, 190, [4])], LIMITS)).toEqual([plan[2]])
})

it('is not kept from a change of the order by what brokers receive', () => {
  const plan = [move(0, 500, [])]
  expect(nextBatch(plan, [move(1, 500, [4])], LIMITS)).toEqual(plan)
})

function move(partition: number, sizeBytes: number, receivers: readonly number[]): PlannedMove {
  return { topicName: 't', partition, replicas: [1], sizeBytes, receivers }
}

function sum(all: readonly { readonly sizeBytes: number }[]): number {
  return all.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
}
