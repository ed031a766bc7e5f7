/**
 * Which fetch session gives way when all slots are taken (KIP-227): the one that was idle longest, if for more than two
 * minutes. Otherwise one that is worth less than the newcomer's: a client's less than a follower's, then one with fewer
 * partitions. Sessions of their own kind have two minutes of peace; a follower need not wait for those of clients.
 */
const EVICTION_MS = 120_000

export interface Evictable {
  readonly isFollower: boolean
  readonly partitions: { readonly size: number }
  readonly createdMs: number
  lastUsedMs: number
}

export interface Newcomer {
  readonly isFollower: boolean
  /** How many partitions it wants. */
  readonly size: number
}

/** Undefined if the newcomer has to do without. */
export function sessionToEvict<S extends Evictable>(
  sessions: Iterable<S>,
  newcomer: Newcomer,
  nowMs: number,
): S | undefined {
  let idlest: S | undefined
  let least: S | undefined
  for (const session of sessions) {
    if (idlest === undefined || session.lastUsedMs < idlest.lastUsedMs) idlest = session
    const isOld = nowMs - session.createdMs > EVICTION_MS
    const mayGo = isOld || (newcomer.isFollower && !session.isFollower)
    if (mayGo && (least === undefined || compare(worthOf(session), worthOf(least)) < 0)) least = session
  }
  if (idlest !== undefined && nowMs - idlest.lastUsedMs > EVICTION_MS) return idlest
  return least !== undefined && compare(newcomer, worthOf(least)) > 0 ? least : undefined
}

function worthOf({ isFollower, partitions }: Evictable): Newcomer {
  return { isFollower, size: partitions.size }
}

function compare(one: Newcomer, other: Newcomer): number {
  return Number(one.isFollower) - Number(other.isFollower) || one.size - other.size
}
