/** Work that takes long: it yields wherever something else may have its turn. */
export type Sliced<Result> = Generator<void, Result, void>

/** So many batches are looked at in one slice; half a millisecond. */
export const BATCHES_PER_SLICE = 500
/** And so many of their bytes: each is checked, or it takes a read of its own to skip them. */
export const BYTES_PER_SLICE = 1024 * 1024

/** Does all of it in one go. */
export function runToEnd<Result>(work: Sliced<Result>): Result {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}
