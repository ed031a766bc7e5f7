/** When to start a process again that died: at once, but not forever in a tight loop. */

export interface RestartPlan {
  /** Deaths that still count, this one included. */
  readonly deathsMs: readonly number[]
  readonly delayMs: number
  readonly isFlapping: boolean
}

const WINDOW_MS = 60_000
const MOST_RESTARTS = 10
const STEP_MS = 100
const LONGEST_QUICK_DELAY_MS = 800
const FLAPPING_DELAY_MS = 10_000

export function planRestart(deathsMs: readonly number[], nowMs: number): RestartPlan {
  const recent = [...deathsMs.filter((deathMs) => nowMs - deathMs < WINDOW_MS), nowMs].slice(
    -MOST_RESTARTS - 1,
  )
  const isFlapping = recent.length > MOST_RESTARTS
  const quickDelayMs = Math.min((recent.length - 1) * STEP_MS, LONGEST_QUICK_DELAY_MS)
  return { deathsMs: recent, delayMs: isFlapping ? FLAPPING_DELAY_MS : quickDelayMs, isFlapping }
}
