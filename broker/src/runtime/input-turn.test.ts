import { beforeEach, expect, test } from 'vitest'
import { InputTurn } from './input-turn.ts'

let nowMs: number
let tasks: (() => void)[]
let turn: InputTurn

beforeEach(() => {
  nowMs = 100
  tasks = []
  turn = new InputTurn(
    () => nowMs,
    (task) => tasks.push(task),
  )
})

function nextTurn(): void {
  for (const task of tasks.splice(0)) task()
}

test('input is handled for a millisecond of a turn', () => {
  expect(turn.isOver()).toBe(false)
  nowMs += 1
  expect(turn.isOver()).toBe(false)
  nowMs += 0.1
  expect(turn.isOver()).toBe(true)
  nextTurn()
  expect(turn.isOver()).toBe(false)
})

test('an idle time does not count', () => {
  turn.isOver()
  nextTurn()
  nowMs += 1000
  expect(turn.isOver()).toBe(false)
  expect(tasks).toHaveLength(1)
})

test('what waits is done in order, for a millisecond of each turn, at least one a turn', () => {
  const done: string[] = []
  for (const name of ['a', 'b', 'c', 'd']) {
    turn.later(() => {
      done.push(name)
      nowMs += name === 'c' ? 10 : 1
    })
  }
  nextTurn()
  expect(done).toEqual(['a', 'b'])
  turn.later(() => done.push('e'))
  nextTurn()
  expect(done).toEqual(['a', 'b', 'c'])
  nextTurn()
  expect(done).toEqual(['a', 'b', 'c', 'd', 'e'])
  nextTurn()
  expect(tasks).toHaveLength(0)
})

test('each of what waits is a step of its own', () => {
  let done = 0
  for (let count = 0; count < 3; count++) turn.later(() => done++)
  const [begin, first, ...others] = tasks.splice(0)
  begin?.()
  first?.()
  expect(done).toBe(1)
  for (const other of others) other()
  expect(done).toBe(3)
})

test('of very many that wait so many are done in a turn that others have theirs', () => {
  let done = 0
  for (let count = 0; count < 70; count++) turn.later(() => done++)
  const after: number[] = []
  for (let turns = 0; turns < 4; turns++) {
    nextTurn()
    after.push(done)
  }
  expect(after).toEqual([32, 64, 70, 70])
  expect(tasks).toHaveLength(0)
})

test('what is new has its own time behind what waited', () => {
  turn.later(() => {
    nowMs += 4
  })
  nextTurn()
  expect(turn.isOver()).toBe(false)
  nowMs += 1
  expect(turn.isOver()).toBe(false)
  nowMs += 0.1
  expect(turn.isOver()).toBe(true)
})
