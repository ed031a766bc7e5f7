import type { Timers } from '../../runtime/types.ts'
import type { AdvanceWatcher } from './watchers.ts'

export interface RecordsWait {
  /** Tells of news in the partitions, until the returned function is called. */
  readonly watch: (watcher: AdvanceWatcher) => () => void
  readonly bytesMissing: number
  readonly waitMs: number
  /** A follower reads to the end of the log, a consumer to the high watermark. */
  readonly isFollower: boolean
}

/** A follower that lacks nothing but a newer high watermark gets it together with what else comes within this time. */
export const FOLLOWER_NEWS_MS = 5

/**
 * Resolves when so many more bytes can be read from the partitions, when one of them changed its leader, or after
 * `waitMs` at the latest.
 */
export function waitForRecords(wait: RecordsWait, timers: Timers): Promise<void> {
  return new Promise((resolve) => {
    let missing = wait.bytesMissing
    let timer = timers.after(wait.waitMs, finish)
    let hasNews = false
    const stop = wait.watch((sizeBytes) => {
      missing -= sizeBytes
      if (missing <= 0) finish()
      else if (sizeBytes === 0 && wait.isFollower && !hasNews) expectNews()
    })
    function expectNews(): void {
      hasNews = true
      if (wait.waitMs <= FOLLOWER_NEWS_MS) return
      timer.cancel()
      timer = timers.after(FOLLOWER_NEWS_MS, finish)
    }
    function finish(): void {
      timer.cancel()
      stop()
      resolve()
    }
  })
}
