import type { Documents, VersionedDocument } from '@freshet/coordination'
import { attachmentPrefixes } from './attachments.ts'
import { bootstrapBrokers, type Cluster } from './cluster.ts'
import { isConflict } from './collection.ts'
import type { ClusterArn } from './identifiers.ts'
import type { OperationRecord } from './operation.ts'

/**
 * Clusters and their past operations in the coordination store's documents. The key of a cluster is its name:
 * one conditional write reserves the name and records the whole wish, so that a crash leaves all or nothing.
 */
export class ClusterStore {
  readonly #documents: Documents
  readonly #onChange: () => void

  #snapshot: { readonly clusters: Promise<readonly Cluster[]>; readonly atMs: number } | undefined

  constructor(documents: Documents, onChange: () => void) {
    this.#documents = documents
    this.#onChange = () => {
      this.#snapshot = undefined
      onChange()
    }
  }

  /** False if the name is taken. */
  async create(cluster: Cluster): Promise<boolean> {
    try {
      await this.#documents.put(clusterKey(cluster.clusterName), cluster, 0)
    } catch (error) {
      if (isConflict(error)) return false
      throw error
    }
    this.#onChange()
    return true
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
        await this.#documents.put(document.key, changed, document.version)
        this.#onChange()
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
    this.#onChange()
  }

  /**
   * All clusters, by name, read once for all who look at the same moment: a change wakes every agent. Changes made
   * through this store are always seen, those of another control plane within five seconds.
   */
  snapshot(): Promise<readonly Cluster[]> {
    const known = this.#snapshot
    if (known && performance.now() - known.atMs < SNAPSHOT_MS) return known.clusters
    const clusters = this.all()
    const snapshot = { clusters, atMs: performance.now() }
    this.#snapshot = snapshot
    clusters.catch(() => {
      if (this.#snapshot === snapshot) this.#snapshot = undefined
    })
    return clusters
  }

  /** All clusters, by name, as they are now. */
  async all(): Promise<Cluster[]> {
    const clusters: Cluster[] = []
    for (let after: string | undefined; ; ) {
      const page = await this.list('', PAGE, after)
      clusters.push(...page)
      after = page.at(-1)?.clusterName
      if (page.length < PAGE) return clusters
    }
  }

  /** At most `limit` clusters whose names begin with `namePrefix`, by name, behind the name `after`. */
  async list(namePrefix: string, limit: number, after?: string): Promise<Cluster[]> {
    const documents = await this.#documents.list<Cluster>(clusterKey(namePrefix), {
      limit,
      ...(after === undefined ? {} : { after: clusterKey(after) }),
    })
    return documents.map(({ value }) => value)
  }

  async putOperation(cluster: Cluster, record: OperationRecord): Promise<void> {
    await this.#documents.put(`${operationsPrefix(cluster)}${record.operation.operationUuid}`, record)
  }

  /** The operation under way and the past ones, the newest first. */
  async operations(cluster: Cluster): Promise<OperationRecord[]> {
    const past = (await this.#operationDocuments(cluster)).map(({ value }) => value)
    const { clusterArn, clusterType, activeOperation } = cluster
    const active = activeOperation ? [{ clusterArn, clusterType, operation: activeOperation }] : []
    const ended = past.filter(({ operation }) => operation.operationUuid !== activeOperation?.operationUuid)
    return [...active, ...ended].sort((a, b) => compare(orderOf(b), orderOf(a)))
  }

  #operationDocuments(arn: ClusterArn): Promise<VersionedDocument<OperationRecord>[]> {
    return this.#documents.list<OperationRecord>(operationsPrefix(arn), { limit: MAX_OPERATIONS })
  }
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

const SNAPSHOT_MS = 5_000
const MAX_ATTEMPTS = 20
const PAGE = 500
const MAX_OPERATIONS = 1000

function clusterKey(clusterName: string): string {
  return `clusters/${clusterName}`
}

function operationsPrefix({ clusterUuid }: ClusterArn): string {
  return `operations/${clusterUuid}/`
}

function orderOf({ operation }: OperationRecord): string {
  return `${operation.startTime} ${operation.operationUuid}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
