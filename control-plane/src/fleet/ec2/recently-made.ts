/**
 * Hosts of which EC2 may not show all that there is: Describe may miss for seconds what was just made. Until that time is
 * over nothing counts as gone.
 */
export class RecentlyMade {
  readonly #now: () => number
  readonly #atMs = new Map<string, number>()
  #sinceMs: number

  constructor(now: () => number) {
    this.#now = now
    this.#sinceMs = now()
  }

  /** Until now others may have made anything. */
  takeOver(): void {
    this.#sinceMs = this.#now()
    this.#atMs.clear()
  }

  /** A step that may make something; a call whose answer was lost has perhaps been carried out. */
  async note<T>(hostId: string, step: () => Promise<T>): Promise<T> {
    try {
      return await step()
    } finally {
      for (const known of this.#atMs.keys()) if (this.isSettled(known)) this.#atMs.delete(known)
      this.#atMs.set(hostId, this.#now())
    }
  }

  isSettled(hostId: string): boolean {
    return this.#now() - (this.#atMs.get(hostId) ?? this.#sinceMs) >= SETTLE_MS
  }
}

const SETTLE_MS = 15_000
