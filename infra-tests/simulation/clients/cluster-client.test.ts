import { expect, test } from 'vitest'
import { World } from '../world/world.ts'
import { ClusterClient } from './cluster-client.ts'

const SLOW = 100

function pausing(durationMs: number, pace: number) {
  const world = new World({ seed: 1, brokers: 0, properties: {} })
  const client = new ClusterClient(world, 'client')
  world.pace = pace
  const state = { world, isOver: false }
  world.spawn(
    'client',
    client.pause(durationMs).then(() => {
      state.isOver = true
    }),
  )
  return state
}

test('who pauses while the world goes slowly pauses longer', async () => {
  const state = pausing(1000, SLOW)
  await state.world.clock.advance(99_000)
  expect(state.isOver).toBe(false)
  await state.world.clock.advance(1000)
  expect(state.isOver).toBe(true)
})

test('who pauses for long goes on soon after the world does', async () => {
  const state = pausing(12_000, SLOW)
  await state.world.clock.advance(60_000)
  state.world.pace = 1
  await state.world.clock.advance(22_000)
  expect(state.isOver).toBe(true)
})
