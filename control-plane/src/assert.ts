/** States what must hold; a violation is a defect of ours, never of a request. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant violated: ${message}`)
}
