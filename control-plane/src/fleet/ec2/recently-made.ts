/**
 * Hosts of which EC2 may not show all that there is: Describe may miss for seconds what was just made. Until that time is
 * over nothing counts as gone.
 */
export class RecentlyMade {
  readonly #now: () => number
  readonly #atMs = new Map<string, number>()
  readonly #choices = new Map<string, { readonly choice: string; readonly atMs: number }>()
  #sinceMs: number

  constructor(now: () => number) {
    this.#now = now
    this.#sinceMs = now()
  }

  /** Until now others may have made anything. */
  takeOver(): void {
    this.#sinceMs = this.#now()
    this.#atMs.clear()
    this.#choices.clear()
  }

  /** Whether others may have made what EC2 does not show yet, without this process knowing of what kind. */
  get isNew(): boolean {
    return !this.#isOver(this.#sinceMs)
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
    return this.#isOver(this.#atMs.get(hostId) ?? this.#sinceMs)
  }

  /** Of several kinds of what a host may be, the one that there perhaps is. */
  choiceOf(hostId: string): string | undefined {
    const known = this.#choices.get(hostId)
    return known === undefined || this.#isOver(known.atMs) ? undefined : known.choice
  }

  noteChoice(hostId: string, choice: string): void {
    for (const [known, { atMs }] of this.#choices) if (this.#isOver(atMs)) this.#choices.delete(known)
    this.#choices.set(hostId, { choice, atMs: this.#now() })
  }

  /** EC2 has refused it. */
  dropChoice(hostId: string): void {
    this.#choices.delete(hostId)
  }

  #isOver(atMs: number): boolean {
    return this.#now() - atMs >= SETTLE_MS
  }
}

const SETTLE_MS = 15_000
