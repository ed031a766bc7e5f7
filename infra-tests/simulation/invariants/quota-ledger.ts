/**
 * What a client with a quota was given. Quotas hold for each broker process by itself (KIP-13): over any time a process
 * gives it no more than its rate, with what the first windows allow at once, and one request more.
 */

export interface QuotaLimits {
  readonly bytesPerSecond: number
  /** `quota.window.num` windows together. */
  readonly windowsMs: number
  /** All that may be under way at a time. */
  readonly underwayBytesMax: number
}

export interface Given {
  readonly sentAtMs: number
  readonly answeredAtMs: number
  readonly bytes: number
}

interface Account {
  readonly sinceMs: number
  bytes: number
}

/** A rate over windows that begin with events is only so exact. */
const TOLERANCE = 1.1

export class QuotaLedger {
  readonly #limits: QuotaLimits
  /** By broker process. */
  readonly #accounts = new Map<string, Account>()
  /** From all of them. */
  totalBytes = 0

  constructor(limits: QuotaLimits) {
    this.#limits = limits
  }

  /** What is wrong, if anything is. */
  count(process: string, { sentAtMs, answeredAtMs, bytes }: Given): string | undefined {
    const { bytesPerSecond, windowsMs, underwayBytesMax } = this.#limits
    const account = this.#accounts.get(process) ?? { sinceMs: sentAtMs, bytes: 0 }
    this.#accounts.set(process, account)
    account.bytes += bytes
    this.totalBytes += bytes
    const elapsedMs = answeredAtMs - account.sinceMs
    const allowed = ((elapsedMs + windowsMs) / 1000) * bytesPerSecond * TOLERANCE + underwayBytesMax
    if (account.bytes <= allowed) return undefined
    return `${process} gave ${account.bytes} bytes in ${elapsedMs} ms, ${Math.floor(allowed)} are allowed`
  }

  /** What is wrong if somebody who wanted all that he could get had so much in so long a time. */
  starvation(bytes: number, durationMs: number): string | undefined {
    const { bytesPerSecond, windowsMs } = this.#limits
    // Half the rate, for the time between a wait that is over and the next request.
    const promisedMs = (bytes / bytesPerSecond) * 2000 + windowsMs
    if (durationMs <= promisedMs) return undefined
    return `${bytes} bytes took ${durationMs} ms; at the promised rate ${Math.ceil(promisedMs)} are enough`
  }
}
