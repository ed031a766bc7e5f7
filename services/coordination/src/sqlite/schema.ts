import type { DatabaseSync } from 'node:sqlite'
import { CoordinationError } from '../errors.ts'

export const SCHEMA_VERSION = 1

/** Creates the tables in a new file and refuses a file that a newer version wrote. Runs inside a transaction. */
export function migrate(database: DatabaseSync): void {
  database.exec('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT')
  const found = database.prepare('SELECT version FROM schema_version').get()?.version
  if (found === SCHEMA_VERSION) return
  if (found !== undefined) {
    throw new CoordinationError(
      'UNAVAILABLE',
      `the coordination store has schema version ${found}; this program knows ${SCHEMA_VERSION}`,
    )
  }
  database.exec(TABLES)
  database.prepare('INSERT INTO schema_version (version) VALUES (?)').run(SCHEMA_VERSION)
}

/** A released lease keeps its row with holder NULL: its token must never start over. */
const TABLES = `
  CREATE TABLE lease (
    name TEXT PRIMARY KEY, holder TEXT, token INTEGER NOT NULL, expires_at_ms REAL NOT NULL
  ) STRICT;
  CREATE TABLE log (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, start_index INTEGER NOT NULL, next_index INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE log_entry (
    log_id INTEGER NOT NULL, position INTEGER NOT NULL, payload BLOB NOT NULL, PRIMARY KEY (log_id, position)
  ) STRICT;
  CREATE TABLE document (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL
  ) STRICT;
`
