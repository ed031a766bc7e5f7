import { isAbsolute } from 'node:path'
import { invalid } from './limits.ts'
import { createMemoryStore } from './memory.ts'
import { openSqliteStore } from './sqlite/store.ts'
import type { CoordinationStore } from './types.ts'

/** Opens a store by its URL: `sqlite:///absolute/path.db`, or `memory:` for one that nobody else sees. */
export function openStore(url: string, options: { now?: () => number } = {}): CoordinationStore {
  const now = options.now ?? Date.now
  if (url === 'memory:') return createMemoryStore({ now })
  if (url.startsWith(SQLITE)) {
    const path = decodePath(url)
    if (!isAbsolute(path)) throw invalid(`${url} does not name an absolute path (sqlite:///path/to/file.db)`)
    return openSqliteStore({ path, now })
  }
  throw invalid(`${url} is no coordination store: use sqlite:///absolute/path.db or memory:`)
}

const SQLITE = 'sqlite://'

function decodePath(url: string): string {
  try {
    return decodeURIComponent(url.slice(SQLITE.length))
  } catch (error) {
    throw invalid(`${url} is not a valid URL`, error)
  }
}
