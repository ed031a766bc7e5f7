import type { HostFailure } from '../../model/host.ts'

/**
 * When a host counts as failed. A host that lives must never be replaced, so the fleet must have said the same at every
 * look for a while, and its agent must have been silent all that time; except where the volume is gone, without which
 * no broker lives whatever the agent says.
 */
export type Suspicions = ReadonlyMap<string, Suspicion>

interface Suspicion {
  readonly failure: HostFailure
  readonly sinceMs: number
  readonly lookedAtMs: number
}

/** EC2 shows what is for a moment wrong as failed, and what is old as new: each kind has its time. */
export const CONFIRMED_AFTER_MS: Record<HostFailure['kind'], number> = {
  INSTANCE_ENDED: 20_000,
  VOLUME_LOST: 30_000,
  VOLUME_DETACHED: 30_000,
  INSTANCE_IMPAIRED: 60_000,
}

export function nextSuspicions(
  before: Suspicions,
  failures: ReadonlyMap<string, HostFailure>,
  nowMs: number,
): Suspicions {
  const next = new Map<string, Suspicion>()
  for (const [hostId, failure] of failures) {
    const known = before.get(hostId)
    const isSame =
      known?.failure.kind === failure.kind &&
      known.failure.instanceId === failure.instanceId &&
      nowMs - known.lookedAtMs <= LOOK_GAP_MS
    next.set(hostId, { failure, sinceMs: isSame ? known.sinceMs : nowMs, lookedAtMs: nowMs })
  }
  return next
}

export function confirmed(
  suspicions: Suspicions,
  lastHeardMs: (hostId: string) => number | undefined,
  nowMs: number,
): ReadonlyMap<string, HostFailure> {
  const found = new Map<string, HostFailure>()
  for (const [hostId, { failure, sinceMs }] of suspicions) {
    // Whoever speaks lives: from its last word on it is counted anew.
    const heardMs = failure.kind === 'VOLUME_LOST' ? undefined : lastHeardMs(hostId)
    const quietSinceMs = Math.max(sinceMs, heardMs ?? sinceMs)
    if (nowMs - quietSinceMs >= CONFIRMED_AFTER_MS[failure.kind]) found.set(hostId, failure)
  }
  return found
}

/** After a longer time in which nobody looked, for example because another control plane led, it begins anew. */
const LOOK_GAP_MS = 30_000
