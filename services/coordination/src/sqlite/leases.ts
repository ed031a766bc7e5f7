import * as limits from '../limits.ts'
import type { Lease, Leases } from '../types.ts'
import type { Engine } from './engine.ts'

export function createLeases(engine: Engine, now: () => number): Leases {
  return {
    async acquire(name, holder, ttlMs) {
      limits.checkKey('lease name', name)
      limits.checkKey('lease holder', holder)
      limits.checkTtl(ttlMs)
      return engine.write(() => acquire(engine, name, holder, now(), ttlMs))
    },
    async renew(lease, ttlMs) {
      limits.checkKey('lease name', lease.name)
      limits.checkTtl(ttlMs)
      // The last renewals before a power loss are out of date after it: they need no fsync.
      return engine.writeUnsynced(() => {
        if (!isHeld(engine, lease)) return undefined
        const expiresAtMs = now() + ttlMs
        engine.prepare('UPDATE lease SET expires_at_ms = ? WHERE name = ?').run(expiresAtMs, lease.name)
        return { name: lease.name, holder: lease.holder, token: lease.token, expiresAtMs }
      })
    },
    async release(lease) {
      limits.checkKey('lease name', lease.name)
      await engine.write(() => {
        if (isHeld(engine, lease))
          engine.prepare('UPDATE lease SET holder = NULL WHERE name = ?').run(lease.name)
      })
    },
    async read(name) {
      limits.checkKey('lease name', name)
      return engine.read(() => {
        const row = readRow(engine, name)
        return row === undefined || row.holder === null ? undefined : { ...row, holder: row.holder }
      })
    },
  }
}

/** Whether `lease` still is the current one. Expiry alone takes nothing away: only a new holder does. */
export function isHeld(engine: Engine, lease: Lease): boolean {
  const row = readRow(engine, lease.name)
  return row !== undefined && row.holder !== null && row.token === lease.token
}

interface LeaseRow extends Omit<Lease, 'holder'> {
  readonly holder: string | null
}

function acquire(
  engine: Engine,
  name: string,
  holder: string,
  nowMs: number,
  ttlMs: number,
): Lease | undefined {
  const row = readRow(engine, name)
  if (row !== undefined && row.holder !== null && row.holder !== holder && row.expiresAtMs > nowMs) {
    return undefined
  }
  const lease = { name, holder, token: (row?.token ?? 0) + 1, expiresAtMs: nowMs + ttlMs }
  engine
    .prepare('INSERT OR REPLACE INTO lease (name, holder, token, expires_at_ms) VALUES (?, ?, ?, ?)')
    .run(lease.name, lease.holder, lease.token, lease.expiresAtMs)
  return lease
}

function readRow(engine: Engine, name: string): LeaseRow | undefined {
  const row = engine.prepare('SELECT holder, token, expires_at_ms FROM lease WHERE name = ?').get(name)
  if (row === undefined) return undefined
  return {
    name,
    holder: row.holder === null ? null : String(row.holder),
    token: Number(row.token),
    expiresAtMs: Number(row.expires_at_ms),
  }
}
