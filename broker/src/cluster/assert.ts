/** A broken invariant is a bug of ours: better to stop than to go on with wrong metadata. */
export class InvariantError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'InvariantError'
  }
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}

/** The value, which the caller knows to be there. */
export function present<T>(value: T | undefined, message: string): T {
  assert(value !== undefined, message)
  return value
}
