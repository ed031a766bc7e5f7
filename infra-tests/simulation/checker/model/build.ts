/** Builds the model in one pass over the history; throws HistoryError at what no client can have seen. */
import {
  type Acknowledgement,
  type Failure,
  type History,
  HistoryError,
  type Invocation,
  type Notice,
  topicOf,
} from '../history.ts'
import { addDeletion, invokeDeletion } from './deletions.ts'
import { getOrAdd } from './get-or-add.ts'
import { addFetch, Membership } from './groups.ts'
import { Readers } from './readers.ts'
import { resolveWrites } from './resolve.ts'
import { Senders } from './senders.ts'
import { addAcquisitions, addShareAcknowledgement, invokeShareFetch, shareOf } from './shares.ts'
import { beginTransaction, endTransaction, touchTransaction } from './transactions.ts'
import type { Group, Model, Operation, Partition, Topic } from './types.ts'

export function buildModel(history: History): Model {
  const building = new Building(history)
  for (const [at, event] of history.entries()) {
    building.model.endAtMs = Math.max(building.model.endAtMs, event.atMs)
    if (event.type === 'notice') building.notice(event, at)
    else if (event.type === 'invoke') building.invoke(event, at)
    else building.complete(event, at)
  }
  for (const operation of building.pending.values()) operation.outcome = 'pending'
  resolveWrites(building.model)
  return building.model
}

/** The model and what is only needed until it is complete. */
export class Building {
  readonly model: Model
  readonly pending = new Map<number, Operation>()
  readonly #lastOfClient = new Map<string, number>()
  readonly #senders: Senders
  readonly #readers: Readers
  readonly #membership: Membership
  readonly #begun = new Set<number>()

  constructor(history: History) {
    this.model = {
      history,
      operations: [],
      partitions: new Map(),
      topics: new Map(),
      values: new Map(),
      transactions: new Map(),
      groups: new Map(),
      shares: new Map(),
      crashes: new Map(),
      renewals: new Map(),
      healedAt: -1,
      endAtMs: 0,
    }
    this.#senders = new Senders(this)
    this.#readers = new Readers(this)
    this.#membership = new Membership(this)
  }

  invoke({ op, client, atMs, call }: Invocation, at: number): void {
    if (this.#begun.has(op)) throw new HistoryError(`event ${at} invokes operation ${op} again`)
    this.#begun.add(op)
    const operation: Operation = {
      id: op,
      client,
      call,
      invokedAt: at,
      invokedAtMs: atMs,
      completedAt: Number.POSITIVE_INFINITY,
      completedAtMs: Number.POSITIVE_INFINITY,
      outcome: 'pending',
      abandoned: false,
    }
    this.model.operations.push(operation)
    this.pending.set(op, operation)
    this.#lastOfClient.set(client, at)
    if ('transaction' in call && call.transaction !== undefined && call.name !== 'beginTransaction')
      touchTransaction(this.model, operation, call.transaction)
    if (call.name === 'send') this.#senders.invoke(operation, call)
    if (call.name === 'beginTransaction') beginTransaction(this.model, operation, call)
    if (call.name === 'listOffsets') this.#readers.invokeListOffsets(operation, call.partition)
    if (call.name === 'commitOffsets') this.#membership.invokeCommit(operation, call)
    if (call.name === 'shareFetch') invokeShareFetch(this.model, call)
    if (call.name === 'deleteRecords') invokeDeletion(this.partition(call.partition), call)
  }

  complete(event: Acknowledgement | Failure, at: number): void {
    const operation = this.pending.get(event.op)
    if (!operation)
      throw new HistoryError(`event ${at} completes operation ${event.op}, which is not pending`)
    this.pending.delete(event.op)
    operation.outcome = event.type
    operation.completedAtMs = event.atMs
    this.#lastOfClient.set(operation.client, at)
    const { call } = operation
    if (event.type === 'ok') {
      operation.completedAt = at
      if (call.name === 'send') this.#senders.acknowledge(operation, event, at)
      if (call.name === 'poll') this.#readers.poll(operation, call, event, at)
      if (call.name === 'listOffsets') this.#readers.listOffsets(operation, event, at)
      if (call.name === 'fetchOffsets') addFetch(this, operation, call, event, at)
      if (call.name === 'deleteRecords')
        addDeletion(this.partition(call.partition), operation, call, event, at)
      if (call.name === 'shareFetch') addAcquisitions(this.model, operation, call, event, at)
    }
    if (call.name === 'shareAcknowledge') addShareAcknowledgement(this.model, operation, call, event)
    if (call.name === 'commitTransaction' || call.name === 'abortTransaction')
      endTransaction(this.model, operation, call, at, event.atMs)
  }

  notice({ client, atMs, notice }: Notice, at: number): void {
    switch (notice.name) {
      case 'topic':
        Object.assign(this.topic(notice.topic), {
          compacted: notice.compacted ?? false,
          forgetsTombstones: notice.forgetsTombstones ?? false,
          trimmed: notice.trimmed ?? false,
          retentionMs: notice.retentionMs,
        })
        break
      case 'logStart':
        this.partition(notice.partition).starts.push({ client, offset: notice.offset, at, atMs })
        break
      case 'heal':
        this.model.healedAt = at
        break
      case 'crash':
        this.model.crashes.set(client, at)
        this.#abandon(client, atMs)
        this.#senders.crash(client)
        this.#readers.crash(client)
        this.#membership.crash(client)
        break
      case 'newProducerId':
        getOrAdd(this.model.renewals, client, () => []).push(at)
        break
      case 'assigned':
        this.#membership.assign(client, notice, this.#lastOfClient.get(client) ?? at, at)
        for (const [partition, offset] of Object.entries(notice.partitions))
          this.#readers.seek(client, partition, offset ?? -1, at)
        break
      case 'revoked':
        this.#membership.revoke(client, notice.partitions)
        for (const partition of notice.partitions) this.#readers.forget(client, partition)
        break
      case 'seek':
        this.#readers.seek(client, notice.partition, notice.offset, at)
        break
      case 'shared':
        Object.assign(shareOf(this.model, notice.group, notice.partition), {
          startOffset: notice.startOffset,
          startToldAt: at,
        })
        break
      case 'drained':
        this.#readers.drained(client, notice.partition, notice.endOffset, at)
    }
    this.#lastOfClient.set(client, at)
  }

  topic(name: string): Topic {
    return getOrAdd(this.model.topics, name, () => ({
      compacted: false,
      forgetsTombstones: false,
      trimmed: false,
      retentionMs: undefined,
    }))
  }

  partition(name: string): Partition {
    return getOrAdd(this.model.partitions, name, () => ({
      name,
      topic: this.topic(topicOf(name)),
      sends: [],
      entries: new Map(),
      sorted: [],
      sessions: [],
      steps: [],
      watermarks: [],
      deletions: [],
      starts: [],
      deletedUpTo: 0,
      floor: undefined,
    }))
  }

  group(name: string): Group {
    return getOrAdd(this.model.groups, name, () => ({ name, commits: [], fetches: [], claims: [] }))
  }

  #abandon(client: string, atMs: number): void {
    for (const operation of this.pending.values()) {
      if (operation.client !== client) continue
      operation.abandoned = true
      operation.completedAtMs = atMs
    }
  }
}
