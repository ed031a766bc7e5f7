/** A broken invariant is a bug of ours, never a client's fault. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant violated: ${message}`)
}
