import { setImmediate as endOfTurn } from 'node:timers/promises'
import type { Documents, VersionedDocument } from '@freshet/coordination'
import { attachmentPrefixes } from './attachments.ts'
import type { Cluster } from './cluster.ts'
import { ClusterSnapshot, type Entry } from './cluster-snapshot.ts'
import { isConflict } from './collection.ts'
import { bootstrapBrokers } from './endpoints.ts'
import type { ClusterArn } from './identifiers.ts'
import { type OperationRecord, operationKey } from './operation.ts'

/**
 * Clusters and their past operations in the coordination store's documents. The key of a cluster is its name:
 * one conditional write reserves the name and records the whole wish, so that a crash leaves all or nothing.
 */
export class ClusterStore {
  readonly #documents: Documents
  readonly #onChange: () => void | Promise<void>
  readonly #snapshotAgeMs: () => number
  readonly #snapshot = new ClusterSnapshot()

  /** `onChange` is called after each change made here; `snapshotAgeMs` says how late those made elsewhere may be seen. */
  constructor(
    documents: Documents,
    onChange: () => void | Promise<void>,
    snapshotAgeMs: () => number = () => STANDBY_SNAPSHOT_MS,
  ) {
    this.#documents = documents
    this.#onChange = onChange
    this.#snapshotAgeMs = snapshotAgeMs
  }

  /** False if the name is taken. */
  async create(cluster: Cluster): Promise<boolean> {
    try {
      const version = await this.#documents.put(clusterKey(cluster.clusterName), cluster, 0)
      await this.#note(cluster.clusterName, { value: cluster, version })
      return true
    } catch (error) {
      if (isConflict(error)) return false
      throw error
    }
  }

  async get(clusterName: string): Promise<Cluster | undefined> {
    return (await this.#documents.get<Cluster>(clusterKey(clusterName)))?.value
  }

  /** The cluster that this ARN names; not a later one of the same name. */
  async find({ clusterName, clusterUuid }: ClusterArn): Promise<Cluster | undefined> {
    const cluster = await this.get(clusterName)
    return cluster?.clusterUuid === clusterUuid ? cluster : undefined
  }

  /**
   * Applies a pure change to the newest version, again if somebody else was faster. `change` answers the given
   * cluster itself when there is nothing to write. Undefined if there is no such cluster (any more).
   */
  async update(arn: ClusterArn, change: (cluster: Cluster) => Cluster): Promise<Cluster | undefined> {
    for (let attempt = 1; ; attempt++) {
      const document = await this.#documents.get<Cluster>(clusterKey(arn.clusterName))
      if (document?.value.clusterUuid !== arn.clusterUuid) return undefined
      const changed = change(document.value)
      if (changed === document.value) return changed
      try {
        const version = await this.#documents.put(document.key, changed, document.version)
        await this.#note(changed.clusterName, { value: changed, version })
        return changed
      } catch (error) {
        if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error
      }
    }
  }

  /** Forgets a cluster, its operations and all that was attached to it; the name is free afterwards. */
  async forget(cluster: Cluster): Promise<void> {
    for (const prefix of [operationsPrefix(cluster), ...attachmentPrefixes(cluster)]) {
      for (const { key } of await this.#documents.list(prefix)) await this.#documents.delete(key)
    }
    const document = await this.#documents.get<Cluster>(clusterKey(cluster.clusterName))
    if (document?.value.clusterUuid !== cluster.clusterUuid) return
    await this.#documents.delete(document.key, document.version)
    await this.#note(cluster.clusterName, undefined)
  }

  /**
   * All clusters, by name. Changes made through this store are always seen, those of another control plane after
   * `changedElsewhere`, and in any case when the snapshot is too old.
   */
  snapshot(): Promise<readonly Cluster[]> {
    return this.#snapshot.get(this.#snapshotAgeMs(), () => this.#allEntries())
  }

  changedElsewhere(): void {
    this.#snapshot.drop()
  }

  /** All clusters, by name, as they are now. */
  async all(): Promise<Cluster[]> {
    return (await this.#allEntries()).map(({ value }) => value)
  }

  async #allEntries(): Promise<Entry[]> {
    const entries: Entry[] = []
    for (let after: string | undefined; ; ) {
      const page = await this.#page('', PAGE, after)
      entries.push(...page.map(({ value, version }) => ({ value, version })))
      after = page.at(-1)?.value.clusterName
      if (page.length < PAGE) return entries
      // A thousand clusters are more than one turn's work.
      await endOfTurn()
    }
  }

  /** At most `limit` clusters whose names begin with `namePrefix`, by name, behind the name `after`. */
  async list(namePrefix: string, limit: number, after?: string): Promise<Cluster[]> {
    return (await this.#page(namePrefix, limit, after)).map(({ value }) => value)
  }

  #page(namePrefix: string, limit: number, after?: string): Promise<VersionedDocument<Cluster>[]> {
    return this.#documents.list<Cluster>(clusterKey(namePrefix), {
      limit,
      ...(after === undefined ? {} : { after: clusterKey(after) }),
    })
  }

  async #note(clusterName: string, entry: Entry | undefined): Promise<void> {
    this.#snapshot.note(clusterName, entry)
    await this.#onChange()
  }

  /** Keeps an operation that has ended, and forgets some of those that have been kept for long enough. */
  async putOperation(cluster: ClusterArn, record: OperationRecord): Promise<void> {
    const { startTime, operationUuid } = record.operation
    const prefix = operationsPrefix(cluster)
    const startedMs = Date.parse(startTime)
    await this.#documents.put(prefix + newestFirst(startedMs) + operationUuid, record)
    const after = prefix + newestFirst(startedMs - KEEP_OPERATIONS_MS)
    for (const { key } of await this.#documents.list(prefix, { after, limit: FORGET_OPERATIONS })) {
      await this.#documents.delete(key)
    }
  }

  /** The operation under way and the past ones, the newest first. */
  async operations(cluster: Cluster): Promise<OperationRecord[]> {
    const limit = MAX_OPERATIONS
    const past = await this.#documents.list<OperationRecord>(operationsPrefix(cluster), { limit })
    const active = activeRecord(cluster)
    const isActive = ({ operation }: OperationRecord) =>
      operation.operationUuid === active?.operation.operationUuid
    const ended = past.map(({ value }) => value).filter((record) => !isActive(record))
    return [...(active ? [active] : []), ...ended].sort((a, b) => compare(operationKey(b), operationKey(a)))
  }

  /** Whoever asks for one operation asks again and again until it has ended: the past is read only then. */
  async findOperation(cluster: Cluster, operationUuid: string): Promise<OperationRecord | undefined> {
    const active = activeRecord(cluster)
    if (active?.operation.operationUuid === operationUuid) return active
    for (let after: string | undefined; ; ) {
      const options = { limit: PAGE, ...(after === undefined ? {} : { after }) }
      const page = await this.#documents.list<OperationRecord>(operationsPrefix(cluster), options)
      const found = page.find(({ value }) => value.operation.operationUuid === operationUuid)
      if (found || page.length < PAGE) return found?.value
      after = page.at(-1)?.key
    }
  }
}

function activeRecord({ clusterArn, clusterType, activeOperation }: Cluster): OperationRecord | undefined {
  return activeOperation && { clusterArn, clusterType, operation: activeOperation }
}

export interface ClusterSummary {
  readonly name: string
  readonly arn: string
  readonly state: string
  readonly bootstrapBrokers?: string
}

export function summary(cluster: Cluster): ClusterSummary {
  const endpoints = bootstrapBrokers(cluster)
  return {
    name: cluster.clusterName,
    arn: cluster.clusterArn,
    state: cluster.state,
    ...(endpoints === undefined ? {} : { bootstrapBrokers: endpoints }),
  }
}

/** The leader is told of others' changes by the change feed; this is the net below it. */
export const LEADER_SNAPSHOT_MS = 30_000
export const STANDBY_SNAPSHOT_MS = 5_000
const MAX_ATTEMPTS = 20
const PAGE = 50
const MAX_OPERATIONS = 1000
const KEEP_OPERATIONS_MS = 90 * 24 * 60 * 60_000
/** More than come with each operation: the rest of them waits for the next one. */
const FORGET_OPERATIONS = 10

function clusterKey(clusterName: string): string {
  return `clusters/${clusterName}`
}

/** Documents are listed by key. */
function newestFirst(atMs: number): string {
  return `${String(Number.MAX_SAFE_INTEGER - atMs).padStart(16, '0')}/`
}

function operationsPrefix({ clusterUuid }: ClusterArn): string {
  return `operations/${clusterUuid}/`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
