import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PlanBroker, type PlannedMove, planRebalance, type RebalanceProblem } from './plan.ts'

const SEED = { seed: 20_261_121, numRuns: 300 }

/** Clusters as they come: racks in turn, replicas on distinct brokers, of any size. */
const problems = fc
  .record({
    brokers: fc.integer({ min: 3, max: 9 }),
    leaving: fc.integer({ min: 0, max: 3 }),
    replication: fc.integer({ min: 1, max: 3 }),
    sizes: fc.array(fc.nat({ max: 1_000_000 }), { maxLength: 40 }),
    offset: fc.nat({ max: 8 }),
    balance: fc.boolean(),
  })
  .filter(({ brokers, leaving }) => brokers - leaving >= 3)
  .map(({ brokers, leaving, replication, sizes, offset, balance }): RebalanceProblem => {
    const all = Array.from({ length: brokers }, (_, index) => broker(index + 1))
    const partitions = sizes.map((sizeBytes, partition) => ({
      topicName: 't',
      partition,
      sizeBytes,
      replicas: Array.from({ length: replication }, (_, at) => ((partition * offset + at) % brokers) + 1),
    }))
    return {
      staying: all.slice(0, brokers - leaving),
      leaving: all.slice(brokers - leaving),
      partitions,
      balance,
    }
  })

describe('a plan', () => {
  it('empties the brokers that leave', () => {
    always((problem) => {
      const leaving = new Set(problem.leaving.map(({ brokerId }) => brokerId))
      for (const replicas of after(problem).values()) {
        expect(replicas.some((id) => leaving.has(id))).toBe(false)
      }
    })
  })

  it('keeps the number of replicas, each on a broker of its own, and never fewer racks where there are enough', () => {
    always((problem) => {
      const racks = new Map(
        [...problem.staying, ...problem.leaving].map(({ brokerId, rack }) => [brokerId, rack]),
      )
      const racksOf = (ids: readonly number[]) => new Set(ids.map((id) => racks.get(id))).size
      const left = new Set(problem.staying.map(({ rack }) => rack)).size
      const result = after(problem)
      for (const { partition, replicas } of problem.partitions) {
        const moved = result.get(partition)!
        expect(new Set(moved).size).toBe(replicas.length)
        expect(racksOf(moved)).toBeGreaterThanOrEqual(Math.min(racksOf(replicas), left))
      }
    })
  })

  it('moves nothing that need not move: what it has done it does not do again', () => {
    always((problem) => {
      const result = after(problem)
      const partitions = problem.partitions.map((each) => ({
        ...each,
        replicas: result.get(each.partition)!,
      }))
      expect(moves({ ...problem, partitions })).toEqual([])
    })
  })

  it('only empties where it is not to balance', () => {
    always((problem) => {
      const leaving = new Set(problem.leaving.map(({ brokerId }) => brokerId))
      const concerned = problem.partitions.filter(({ replicas }) => replicas.some((id) => leaving.has(id)))
      expect(moves({ ...problem, balance: false })).toHaveLength(concerned.length)
    })
  })

  it('lists the smallest first', () => {
    always((problem) => {
      const sizes = moves(problem).map(({ sizeBytes }) => sizeBytes)
      expect(sizes).toEqual([...sizes].sort((a, b) => a - b))
    })
  })

  it('gives each of three new brokers its share, and moves no more than that', () => {
    const partitions = Array.from({ length: 30 }, (_, partition) => ({
      topicName: 't',
      partition,
      sizeBytes: 1,
      replicas: [1, 2, 3],
    }))
    const staying = [1, 2, 3, 4, 5, 6].map(broker)
    const problem = { staying, leaving: [], partitions, balance: true }
    const loads = Map.groupBy([...after(problem).values()].flat(), (id) => id)
    expect([...loads.values()].map(({ length }) => length)).toEqual([15, 15, 15, 15, 15, 15])
    const moved = moves(problem).flatMap(({ replicas }) => replicas.filter((id) => id > 3))
    expect(moved).toHaveLength(45)
  })

  it('is impossible where a partition has more replicas than brokers would be left', () => {
    const partition = { topicName: 't', partition: 0, sizeBytes: 1, replicas: [1, 2, 3] }
    const problem = { staying: [broker(1), broker(2)], leaving: [broker(3)], partitions: [partition] }
    expect(planRebalance({ ...problem, balance: false })).toEqual({ kind: 'IMPOSSIBLE', partition })
  })
})

function broker(brokerId: number): PlanBroker {
  return { brokerId, rack: `rack-${brokerId % 3}` }
}

function always(check: (problem: RebalanceProblem) => void): void {
  fc.assert(fc.property(problems, check), SEED)
}

function moves(problem: RebalanceProblem): readonly PlannedMove[] {
  const plan = planRebalance(problem)
  if (plan.kind !== 'MOVES') throw new Error('impossible')
  return plan.moves
}

function after(problem: RebalanceProblem): Map<number, readonly number[]> {
  const result = new Map(problem.partitions.map(({ partition, replicas }) => [partition, replicas]))
  for (const { partition, replicas } of moves(problem)) result.set(partition, replicas)
  return result
}
