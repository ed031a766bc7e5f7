import type { Timers } from '../../runtime/types.ts'
import type { AdvanceWatcher } from './watchers.ts'

export interface RecordsWait {
  /** Tells of news in the partitions, until the returned function is called. */
  readonly watch: (watcher: AdvanceWatcher) => () => void
  readonly bytesMissing: number
  readonly waitMs: number
  /**
   * A follower that lacks nothing but a newer high watermark, or start of the log, gets it together with what else comes
   * within this time; a consumer has no use for it alone, undefined.
   */
  readonly newsMs: number | undefined
}

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
      else if (sizeBytes === 0 && wait.newsMs !== undefined && !hasNews) expectNews(wait.newsMs)
    })
    function expectNews(newsMs: number): void {
      hasNews = true
      if (wait.waitMs <= newsMs) return
      timer.cancel()
      timer = timers.after(newsMs, finish)
    }
    function finish(): void {
      timer.cancel()
      stop()
      resolve()
    }
  })
}
