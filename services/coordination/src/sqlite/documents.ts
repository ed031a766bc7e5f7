import { versionConflict } from '../failures.ts'
import * as limits from '../limits.ts'
import type { Documents, VersionedDocument } from '../types.ts'
import type { Engine } from './engine.ts'

export function createDocuments(engine: Engine): Documents {
  return {
    async get<T>(key: string) {
      limits.checkKey('document key', key)
      return engine.readDurable(() => {
        const row = engine.prepare('SELECT value, version FROM document WHERE key = ?').get(key)
        return row === undefined ? undefined : decode<T>({ key, ...row })
      })
    },
    async put(key, value, ifVersion) {
      limits.checkKey('document key', key)
      const text = limits.encodeDocument(key, value)
      return engine.write(() => {
        const version = requireVersion(engine, key, ifVersion) + 1
        engine
          .prepare('INSERT OR REPLACE INTO document (key, value, version) VALUES (?, ?, ?)')
          .run(key, text, version)
        return version
      })
    },
    async delete(key, ifVersion) {
      limits.checkKey('document key', key)
      return engine.write(() => {
        requireVersion(engine, key, ifVersion)
        return Number(engine.prepare('DELETE FROM document WHERE key = ?').run(key).changes) > 0
      })
    },
    async list<T>(prefix: string, options: { after?: string; limit?: number } = {}) {
      limits.checkPrefix(prefix)
      const { after, limit } = options
      if (after !== undefined) limits.checkKey('after', after)
      if (limit !== undefined) limits.checkLimit(limit, limits.LIMITS.listDocuments)
      return engine.readDurable(() => list<T>(engine, prefix, after ?? '', limit))
    },
  }
}

/** Keys with a common prefix are neighbours in key order, so the walk ends at the first one without it. */
function list<T>(
  engine: Engine,
  prefix: string,
  after: string,
  limit: number | undefined,
): VersionedDocument<T>[] {
  const select = engine.prepare(
    'SELECT key, value, version FROM document WHERE key >= ? AND key > ? ORDER BY key LIMIT ?',
  )
  const found: VersionedDocument<T>[] = []
  for (const row of select.iterate(prefix, after, limit ?? limits.LIMITS.listDocuments + 1)) {
    if (!String(row.key).startsWith(prefix)) break
    found.push(decode<T>(row))
  }
  if (limit === undefined && found.length > limits.LIMITS.listDocuments) throw limits.listTooLong(prefix)
  return found
}

/** Returns the current version (0 if there is no document) if it is the expected one. */
function requireVersion(engine: Engine, key: string, ifVersion: number | undefined): number {
  const row = engine.prepare('SELECT version FROM document WHERE key = ?').get(key)
  const version = row === undefined ? 0 : Number(row.version)
  if (ifVersion !== undefined && ifVersion !== version) throw versionConflict(key, ifVersion, version)
  return version
}

function decode<T>(row: Record<string, unknown>): VersionedDocument<T> {
  return { key: String(row.key), value: JSON.parse(String(row.value)), version: Number(row.version) }
}
