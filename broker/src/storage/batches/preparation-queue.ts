/**
 * The batches of one partition that are prepared off the event loop: several at once, but they come out in the order in
 * which they went in, for a producer counts on it.
 */
export class PreparationQueue {
  #last: Promise<void> | undefined

  /** Then every further batch has to queue too. */
  get isBusy(): boolean {
    return this.#last !== undefined
  }

  /** `finish` gets what the work came to once all that came before is finished. */
  add<T>(work: Promise<T>, finish: (outcome: PromiseSettledResult<T>) => void): void {
    const before = this.#last
    const mine = Promise.allSettled([work, before])
      .then(([outcome]) => finish(outcome))
      .finally(() => {
        if (this.#last === mine) this.#last = undefined
      })
    this.#last = mine
  }
}
