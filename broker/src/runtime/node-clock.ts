import { randomBytes, randomInt } from 'node:crypto'
import type { Clock, Random, Timer, Timers } from './types.ts'

export const nodeClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}

export const nodeTimers: Timers = {
  after(delayMs: number, task: () => void): Timer {
    const handle = setTimeout(task, delayMs)
    handle.unref()
    return {
      cancel() {
        // Of one that is not referenced Node keeps the list of its duration until that is over; clients choose those.
        handle.ref()
        clearTimeout(handle)
      },
    }
  },
  endOfTurn(task: () => void): void {
    setImmediate(task)
  },
}

export const nodeRandom: Random = {
  bytes: (count: number) => randomBytes(count),
  below: (limit: number) => randomInt(limit),
}
