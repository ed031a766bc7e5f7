/** Ends a call whose state contradicts itself: nothing it would write or answer could be trusted. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`transaction coordinator: ${message}`)
}
