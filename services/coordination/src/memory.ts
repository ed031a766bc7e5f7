/**
 * The coordination store in memory: the same semantics as the engines that keep it, for simulations and unit
 * tests. It completes without a timer, so that a simulated cluster stays deterministic.
 */
import { closed, fenced, logConflict, logTruncated, versionConflict } from './failures.ts'
import * as limits from './limits.ts'
import type {
  CoordinationStore,
  Documents,
  Lease,
  Leases,
  LogEntry,
  Logs,
  VersionedDocument,
} from './types.ts'

export function createMemoryStore(options: { now: () => number }): CoordinationStore {
  const state: State = {
    now: options.now,
    open: true,
    leases: new Map(),
    logs: new Map(),
    documents: new Map(),
  }
  return {
    leases: createLeases(state),
    logs: createLogs(state),
    documents: createDocuments(state),
    async close() {
      state.open = false
    },
  }
}

interface State {
  readonly now: () => number
  open: boolean
  readonly leases: Map<string, LeaseRow>
  readonly logs: Map<string, LogRow>
  readonly documents: Map<string, { text: string; version: number }>
}

/** A released lease keeps its row without a holder: the token must never start over. */
interface LeaseRow {
  holder: string | undefined
  token: number
  expiresAtMs: number
}

interface LogRow {
  startIndex: number
  payloads: Uint8Array[]
}

function createLeases(state: State): Leases {
  return {
    async acquire(name, holder, ttlMs) {
      limits.checkKey('lease name', name)
      limits.checkKey('lease holder', holder)
      limits.checkTtl(ttlMs)
      requireOpen(state)
      const row = state.leases.get(name)
      const now = state.now()
      if (row?.holder !== undefined && row.holder !== holder && row.expiresAtMs > now) return undefined
      const taken = { holder, token: (row?.token ?? 0) + 1, expiresAtMs: now + ttlMs }
      state.leases.set(name, taken)
      return { name, ...taken }
    },
    async renew(lease, ttlMs) {
      limits.checkTtl(ttlMs)
      requireOpen(state)
      const row = heldRow(state, lease)
      if (row === undefined) return undefined
      row.expiresAtMs = state.now() + ttlMs
      return { name: lease.name, holder: lease.holder, token: lease.token, expiresAtMs: row.expiresAtMs }
    },
    async release(lease) {
      requireOpen(state)
      const row = heldRow(state, lease)
      if (row !== undefined) row.holder = undefined
    },
    async read(name) {
      limits.checkKey('lease name', name)
      requireOpen(state)
      const row = state.leases.get(name)
      if (row?.holder === undefined) return undefined
      return { name, holder: row.holder, token: row.token, expiresAtMs: row.expiresAtMs }
    },
  }
}

function createLogs(state: State): Logs {
  return {
    async append(log, at, payloads, fence) {
      limits.checkKey('log name', log)
      limits.checkIndex('at', at)
      limits.checkPayloads(payloads)
      requireOpen(state)
      if (heldRow(state, fence) === undefined) throw fenced(fence)
      const row = state.logs.get(log) ?? { startIndex: 0, payloads: [] }
      const next = nextIndex(row)
      if (at !== next) throw logConflict(log, at, next)
      for (const payload of payloads) row.payloads.push(new Uint8Array(payload))
      state.logs.set(log, row)
      return nextIndex(row)
    },
    async read(log, from, limit) {
      limits.checkKey('log name', log)
      limits.checkIndex('from', from)
      limits.checkLimit(limit, limits.LIMITS.readEntries)
      requireOpen(state)
      const row = state.logs.get(log)
      if (row === undefined) return []
      if (from < row.startIndex) throw logTruncated(log, from, row.startIndex)
      const first = from - row.startIndex
      return row.payloads
        .slice(first, first + limit)
        .map((payload, offset): LogEntry => ({ index: from + offset, payload: new Uint8Array(payload) }))
    },
    async bounds(log) {
      limits.checkKey('log name', log)
      requireOpen(state)
      const row = state.logs.get(log)
      return { startIndex: row?.startIndex ?? 0, nextIndex: row === undefined ? 0 : nextIndex(row) }
    },
    async truncateBefore(log, index, fence) {
      limits.checkKey('log name', log)
      limits.checkIndex('index', index)
      requireOpen(state)
      if (heldRow(state, fence) === undefined) throw fenced(fence)
      const row = state.logs.get(log) ?? { startIndex: 0, payloads: [] }
      if (index > nextIndex(row)) throw limits.invalid(`${log} ends at ${nextIndex(row)}, before ${index}`)
      if (index <= row.startIndex) return
      row.payloads.splice(0, index - row.startIndex)
      row.startIndex = index
    },
  }
}

function createDocuments(state: State): Documents {
  return {
    async get<T>(key: string) {
      limits.checkKey('document key', key)
      requireOpen(state)
      const row = state.documents.get(key)
      return row === undefined ? undefined : decode<T>(key, row)
    },
    async put(key, value, ifVersion) {
      limits.checkKey('document key', key)
      const text = limits.encodeDocument(key, value)
      requireOpen(state)
      const version = state.documents.get(key)?.version ?? 0
      if (ifVersion !== undefined && ifVersion !== version) throw versionConflict(key, ifVersion, version)
      state.documents.set(key, { text, version: version + 1 })
      return version + 1
    },
    async delete(key, ifVersion) {
      limits.checkKey('document key', key)
      requireOpen(state)
      const version = state.documents.get(key)?.version ?? 0
      if (ifVersion !== undefined && ifVersion !== version) throw versionConflict(key, ifVersion, version)
      return state.documents.delete(key)
    },
    async list<T>(prefix: string, options: { after?: string; limit?: number } = {}) {
      limits.checkPrefix(prefix)
      const { after, limit } = options
      if (after !== undefined) limits.checkKey('after', after)
      if (limit !== undefined) limits.checkLimit(limit, limits.LIMITS.listDocuments)
      requireOpen(state)
      const keys = [...state.documents.keys()]
        .filter((key) => key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0))
        .sort(compareKeys)
      if (limit === undefined && keys.length > limits.LIMITS.listDocuments) throw limits.listTooLong(prefix)
      return keys.slice(0, limit).map((key) => decode<T>(key, state.documents.get(key)!))
    },
  }
}

function requireOpen(state: State): void {
  if (!state.open) throw closed()
}

/** The row if `lease` still is the current one. Expiry alone takes nothing away: only a new holder does. */
function heldRow(state: State, lease: Lease): LeaseRow | undefined {
  limits.checkKey('lease name', lease.name)
  const row = state.leases.get(lease.name)
  return row?.holder !== undefined && row.token === lease.token ? row : undefined
}

function nextIndex(row: LogRow): number {
  return row.startIndex + row.payloads.length
}

function decode<T>(key: string, row: { text: string; version: number }): VersionedDocument<T> {
  return { key, value: JSON.parse(row.text), version: row.version }
}

/** By UTF-8 bytes, as SQLite and DynamoDB order them. */
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
