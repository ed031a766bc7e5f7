/**
 * The coordination store: the few things a cluster must agree on, kept by an engine that somebody else runs
 * (SQLite on a laptop, DynamoDB in AWS). Every driver passes the one conformance suite.
 */
export interface CoordinationStore {
  readonly leases: Leases
  readonly logs: Logs
  readonly documents: Documents
  close(): Promise<void>
}

/** A named right that one holder has until it expires. `token` rises with every change of holder and fences writes. */
export interface Lease {
  readonly name: string
  readonly holder: string
  readonly token: number
  readonly expiresAtMs: number
}

export interface Leases {
  /**
   * Takes a free or expired lease, or one that `holder` itself holds already (a restarted process): always with
   * a higher token than any before. Undefined while somebody else holds it.
   */
  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | undefined>
  /** Prolongs; undefined if the lease was lost (another token). An expired lease that nobody took may be renewed. */
  renew(lease: Lease, ttlMs: number): Promise<Lease | undefined>
  /**
   * Gives the lease back, or frees that of a holder known to be dead; nothing happens if it is not the current one any
   * more. A holder that lives after all loses it as it loses an expired one: its token is void once somebody acquires.
   */
  release(lease: Lease): Promise<void>
  read(name: string): Promise<Lease | undefined>
}

export interface LogEntry {
  /** Dense, from 0. */
  readonly index: number
  readonly payload: Uint8Array
}

export interface Logs {
  /**
   * Appends all or nothing. `at` must be the log's next index, else LOG_CONFLICT; `fence` must be the current
   * lease of its name (same token), else FENCED. Returns the next index.
   */
  append(log: string, at: number, payloads: readonly Uint8Array[], fence: Lease): Promise<number>
  /** Entries from `from` on, at most `limit`. Throws LOG_TRUNCATED if `from` lies below the start. */
  read(log: string, from: number, limit: number): Promise<LogEntry[]>
  bounds(log: string): Promise<{ startIndex: number; nextIndex: number }>
  /** Forgets entries below `index` (they are covered by a snapshot document). Fenced like append. */
  truncateBefore(log: string, index: number, fence: Lease): Promise<void>
}

export interface VersionedDocument<T = unknown> {
  readonly key: string
  readonly value: T
  /** Rises by one with each write; 1 for a new document. */
  readonly version: number
}

export interface Documents {
  get<T>(key: string): Promise<VersionedDocument<T> | undefined>
  /** `ifVersion` 0 means must not exist; a number means must be at that version; undefined writes in any case. Throws VERSION_CONFLICT. Returns the new version. */
  put<T>(key: string, value: T, ifVersion?: number): Promise<number>
  /** Returns whether it existed. Throws VERSION_CONFLICT if `ifVersion` does not match. */
  delete(key: string, ifVersion?: number): Promise<boolean>
  /** By key order. `after` continues behind a key. */
  list<T>(prefix: string, options?: { after?: string; limit?: number }): Promise<VersionedDocument<T>[]>
}
