const FIRST_BACKOFF_MS = 10
const DOUBLINGS_MAX = 20

/** How long to wait after so many failures before: twice as long each time, up to a limit. */
export function backoffMs(failures: number, backoffMsMax: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(failures, DOUBLINGS_MAX), backoffMsMax)
}
