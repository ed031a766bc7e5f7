import { expect, test } from 'vitest'
import { type BudgetMachine, type BudgetPartition, FaultBudget } from './budget.ts'

const REPLICAS = 3
const ZONES = ['a', 'b', 'c']

/** Four brokers in three zones, 1 and 4 in the same, and one partition. */
class Scene {
  readonly offline = new Set<number>()
  partition: BudgetPartition
  readonly machines: readonly [BudgetMachine, BudgetMachine, BudgetMachine, BudgetMachine]
  readonly budget: FaultBudget

  constructor(replicas: readonly number[], replicationFactor = REPLICAS) {
    this.partition = { topic: 'orders', partitionId: 0, replicas, isr: replicas }
    this.machines = [this.#machine(1), this.#machine(2), this.#machine(3), this.#machine(4)]
    const observer = { partitions: () => [this.partition] }
    this.budget = new FaultBudget({ machines: this.machines, observer }, replicationFactor)
  }

  #machine(id: number): BudgetMachine {
    const get = () => ({ failure: this.offline.has(id) ? new Error('offline') : undefined })
    return { id, zone: ZONES[(id - 1) % ZONES.length] as string, isMember: true, logs: { get } }
  }
}

test('one disk may be harmed until the cluster is whole again, and nothing else may be missed', () => {
  const scene = new Scene([1, 2, 3])
  const { budget, machines } = scene
  const [one, two] = machines
  expect(budget.mayHarmDisk(one)).toBe(true)
  budget.harmDisk(one)
  scene.partition = { ...scene.partition, isr: [2, 3] }
  budget.look()
  expect([budget.mayHarmDisk(one), budget.mayKill(one)]).toEqual([true, true])
  expect([budget.mayHarmDisk(two), budget.mayKill(two)]).toEqual([false, false])
  scene.partition = { ...scene.partition, isr: [2, 3, 1] }
  budget.look()
  expect([budget.mayHarmDisk(two), budget.mayKill(two)]).toEqual([true, true])
})

test('a log that is offline counts although the metadata do not know of it', () => {
  const { budget, machines, offline } = new Scene([1, 2, 3])
  const [one, two] = machines
  budget.harmDisk(one)
  offline.add(1)
  budget.look()
  expect(budget.mayHarmDisk(two)).toBe(false)
  offline.delete(1)
  budget.look()
  expect(budget.mayHarmDisk(two)).toBe(true)
})

test('brokers of one zone count as one, unless a partition has two replicas among them', () => {
  for (const [replicas, isOne] of [
    [[1, 2, 3], true],
    [[4, 2, 1], false],
  ] as const) {
    const { budget, machines } = new Scene(replicas)
    const [one, , , four] = machines
    expect(budget.mayHarmDisk(one, four)).toBe(isOne)
    budget.harmDisk(one)
    expect([budget.mayHarmDisk(four), budget.mayKill(four)]).toEqual([isOne, isOne])
  }
})

test('without replicas no disk is harmed, and everybody may be killed', () => {
  const { budget, machines } = new Scene([1], 1)
  expect(budget.mayHarmDisk(machines[0])).toBe(false)
  expect(machines.every((machine) => budget.mayKill(machine))).toBe(true)
})
