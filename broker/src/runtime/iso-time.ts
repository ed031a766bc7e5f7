/** Milliseconds since the Unix epoch in ISO 8601, UTC. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString()
}
