/**
 * Dependencies among transactions, after Adya: wr when one read what another wrote (at read_committed), ww when a
 * record of one follows a record of another in a partition. Anti-dependencies (rw) are left out: a poll need not
 * return the newest records.
 */
import { getOrAdd } from '../model/get-or-add.ts'
import type { Entry, Model, Transaction } from '../model/types.ts'
import type { Graph } from './graph.ts'

export interface Dependency {
  readonly kind: 'ww' | 'wr'
  readonly from: Transaction
  readonly to: Transaction
  readonly entry: Entry
  readonly at: number
}

export type Dependencies = Graph<Transaction, Dependency>

export function writeReadDependencies(model: Model): Dependencies {
  const graph: Dependencies = new Map()
  for (const transaction of model.transactions.values()) {
    if (transaction.status === 'aborted') continue
    for (const { session, records, at } of transaction.runs) {
      if (!session.readCommitted) continue
      for (const [offset, value] of records) {
        const entry = session.partition.entries.get(offset)
        const writer = entry?.write?.transaction
        if (!entry || entry.value !== value || !writer) continue
        add(graph, { kind: 'wr', from: writer, to: transaction, entry, at })
      }
    }
  }
  return graph
}

export function writeWriteDependencies(model: Model): Dependencies {
  const graph: Dependencies = new Map()
  for (const { sorted } of model.partitions.values()) {
    let before: Transaction | undefined
    for (const entry of sorted) {
      const writer = entry.write?.transaction
      if (writer?.status !== 'committed') continue
      if (before) add(graph, { kind: 'ww', from: before, to: writer, entry, at: entry.firstAt })
      before = writer
    }
  }
  return graph
}

/** Of two dependencies between the same transactions the first stays. */
export function merged(first: Dependencies, second: Dependencies): Dependencies {
  const graph: Dependencies = new Map()
  for (const part of [first, second])
    for (const edges of part.values()) for (const dependency of edges.values()) add(graph, dependency)
  return graph
}

function add(graph: Dependencies, dependency: Dependency): void {
  const { from, to } = dependency
  if (from === to) return
  const edges = getOrAdd(graph, from, () => new Map())
  if (!edges.has(to)) edges.set(to, dependency)
  getOrAdd(graph, to, () => new Map())
}
