/**
 * The token bucket of KIP-599: it fills at the quota's rate up to a burst of all windows, and one request may take more
 * than there is, which the next ones wait for.
 */
export class TokenBucket {
  readonly #burstSeconds: number
  #tokens: number | undefined
  #filledMs = 0

  constructor(burstSeconds: number) {
    this.#burstSeconds = burstSeconds
  }

  take(tokens: number, perSecond: number, nowMs: number): void {
    this.#tokens = this.#fill(perSecond, nowMs) - tokens
  }

  /** Until the bucket is not overdrawn any more. */
  throttleMs(perSecond: number, nowMs: number): number {
    const tokens = this.#fill(perSecond, nowMs)
    return tokens >= 0 ? 0 : Math.ceil((-tokens / perSecond) * 1000)
  }

  #fill(perSecond: number, nowMs: number): number {
    const burst = this.#burstSeconds * perSecond
    const filled = (this.#tokens ?? burst) + ((nowMs - this.#filledMs) / 1000) * perSecond
    this.#filledMs = nowMs
    this.#tokens = Math.min(burst, filled)
    return this.#tokens
  }
}
