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

test('input is handled for two milliseconds of a turn', () => {
  expect(turn.isOver()).toBe(false)
  nowMs += 2
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

test('what waits is done in order, for three milliseconds of each turn, at least one a turn', () => {
  const done: string[] = []
  for (const name of ['a', 'b', 'c', 'd']) {
    turn.later(() => {
      done.push(name)
      nowMs += name === 'c' ? 10 : 2
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

test('what waited takes its time from the turn', () => {
  turn.later(() => {
    nowMs += 4
  })
  nextTurn()
  expect(turn.isOver()).toBe(true)
})
