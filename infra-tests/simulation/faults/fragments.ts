import { type Fault, someTime } from './fault.ts'

/** Frames arrive in pieces of a few bytes, and little of them is underway at a time. */
export const fragments: Fault = {
  name: 'fragments',
  inject({ world, dice }) {
    const { conditions } = world.network
    const { chunkBytesMax, windowBytes } = conditions
    conditions.chunkBytesMax = dice.pick([16, 200, 1500])
    conditions.windowBytes = 4096
    const heal = () => {
      conditions.chunkBytesMax = chunkBytesMax
      conditions.windowBytes = windowBytes
    }
    return { what: { chunkBytesMax: conditions.chunkBytesMax }, durationMs: someTime(dice, 2000), heal }
  },
}
