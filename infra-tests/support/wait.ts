/** For what has no time limit of its own: a wait ends with its condition, and how long it takes says that a machine is busy. */
export const PATIENCE_MS = 60_000

/** Polls until `attempt` gives something else than undefined or false. Errors count as "not yet". */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  attempt: () => Promise<T | undefined | false>,
  intervalMs = 20,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const result = await attempt()
      if (result !== undefined && result !== false) return result
      last = undefined
    } catch (error) {
      last = error
    }
    if (performance.now() > deadlineMs) {
      throw new Error(`waited ${timeoutMs} ms for ${what}`, last === undefined ? {} : { cause: last })
    }
    await sleep(intervalMs)
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
