/** The shortest time between two assignments of a group (KIP-1263). */
import type { Effects } from '../types.ts'

/**
 * When the next assignment may be made, in monotonic time. When the last one was made is time of the wall, so that the
 * next coordinator knows; if that clock was turned back since, nobody waits for it to come round again.
 */
export function assignmentDueMs({ nowMs, wallMs }: Effects, lastWallMs: number, intervalMs: number): number {
  const sinceMs = wallMs - lastWallMs
  return sinceMs < 0 ? nowMs : nowMs + Math.max(0, intervalMs - sinceMs)
}
