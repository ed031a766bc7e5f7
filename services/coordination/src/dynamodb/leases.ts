/**
 * Leases that trust no clock but the observer's own: every renewal changes the item, and a lease that one process
 * saw unchanged for its whole ttl has expired for that process. The condition of the take-over names what was seen.
 */
import * as limits from '../limits.ts'
import type { Lease, Leases } from '../types.ts'
import type { Engine } from './engine.ts'
import { type Item, keyOf, requireNumber, textOf } from './table.ts'

const OBSERVATIONS_MAX = 1_000

export function createLeases(engine: Engine, namespace: string, now: () => number): Leases {
  const partition = `${namespace}/leases`
  const observations = new Observations()
  return {
    async acquire(name, holder, ttlMs) {
      limits.checkKey('lease name', name)
      limits.checkKey('lease holder', holder)
      limits.checkTtl(ttlMs)
      const startMs = now()
      const item = await engine.get(keyOf(partition, name))
      const row = item === undefined ? undefined : rowOf(item)
      if (row?.holder !== undefined && row.holder !== holder) {
        const expiresAtMs = observations.note(name, row, now())
        if (expiresAtMs > now()) return undefined
      }
      const token = (row?.token ?? 0) + 1
      const taken = await engine.update(keyOf(partition, name), {
        set: { holder: ':holder', fencingToken: ':token', renewal: ':zero', ttlMs: ':ttlMs' },
        condition:
          row === undefined ? 'attribute_not_exists(pk)' : 'fencingToken = :seen AND renewal = :renewal',
        values: {
          ':holder': { S: holder },
          ':token': { N: String(token) },
          ':zero': { N: '0' },
          ':ttlMs': { N: String(ttlMs) },
          ...(row && { ':seen': { N: String(row.token) }, ':renewal': { N: String(row.renewal) } }),
        },
      })
      if (!taken.done) return undefined
      observations.note(name, rowOf(taken.item), startMs)
      return { name, holder, token, expiresAtMs: startMs + ttlMs }
    },
    async renew(lease, ttlMs) {
      limits.checkKey('lease name', lease.name)
      limits.checkTtl(ttlMs)
      const startMs = now()
      const renewed = await engine.update(keyOf(partition, lease.name), {
        set: { renewal: 'renewal + :one', ttlMs: ':ttlMs' },
        condition: HELD,
        values: { ':one': { N: '1' }, ':ttlMs': { N: String(ttlMs) }, ':fence': { N: String(lease.token) } },
      })
      if (!renewed.done) return undefined
      observations.note(lease.name, rowOf(renewed.item), startMs)
      return { name: lease.name, holder: lease.holder, token: lease.token, expiresAtMs: startMs + ttlMs }
    },
    async release(lease) {
      limits.checkKey('lease name', lease.name)
      await engine.update(keyOf(partition, lease.name), {
        set: {},
        remove: 'holder',
        condition: HELD,
        values: { ':fence': { N: String(lease.token) } },
      })
    },
    async read(name) {
      limits.checkKey('lease name', name)
      const item = await engine.get(keyOf(partition, name))
      const row = item === undefined ? undefined : rowOf(item)
      if (row?.holder === undefined) return undefined
      return { name, holder: row.holder, token: row.token, expiresAtMs: observations.note(name, row, now()) }
    },
  }
}

/** The first action of every fenced transaction. */
export function fenceCheck(engine: Engine, namespace: string, fence: Lease) {
  limits.checkKey('lease name', fence.name)
  return {
    ConditionCheck: {
      TableName: engine.tableName,
      Key: keyOf(`${namespace}/leases`, fence.name),
      ConditionExpression: HELD,
      ExpressionAttributeValues: { ':fence': { N: String(fence.token) } },
    },
  }
}

/** Expiry alone takes nothing away: only a new holder does. */
const HELD = 'attribute_exists(holder) AND fencingToken = :fence'

interface Row {
  readonly holder: string | undefined
  readonly token: number
  readonly renewal: number
  readonly ttlMs: number
}

function rowOf(item: Item): Row {
  return {
    holder: textOf(item, 'holder'),
    token: requireNumber(item, 'fencingToken'),
    renewal: requireNumber(item, 'renewal'),
    ttlMs: requireNumber(item, 'ttlMs'),
  }
}

/** Since when this process has seen each lease as it is. */
class Observations {
  readonly #seen = new Map<string, { token: number; renewal: number; atMs: number }>()

  /** Returns when the lease expires if it does not change. */
  note(name: string, row: Row, nowMs: number): number {
    const seen = this.#seen.get(name)
    if (seen !== undefined && seen.token === row.token && seen.renewal === row.renewal) {
      return seen.atMs + row.ttlMs
    }
    this.#seen.delete(name)
    this.#seen.set(name, { token: row.token, renewal: row.renewal, atMs: nowMs })
    if (this.#seen.size > OBSERVATIONS_MAX) this.#seen.delete(this.#seen.keys().next().value!)
    return nowMs + row.ttlMs
  }
}
