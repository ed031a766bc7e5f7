/**
 * A log is a head and packs of entries. One transaction checks the fence, moves the head and writes the packs, so an
 * append happens whole or not at all. What is too large for a transaction is written first as bodies that nobody
 * refers to; the transaction then writes the one reference.
 */
import { randomUUID } from 'node:crypto'
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import { CoordinationError } from '../errors.ts'
import { fenced, logConflict, logTruncated } from '../failures.ts'
import * as limits from '../limits.ts'
import type { LogEntry, Logs } from '../types.ts'
import type { Engine } from './engine.ts'
import { fenceCheck } from './leases.ts'
import { decodePack, encodePacks, type Pack } from './packs.ts'
import { type Item, keyOf, numberOf, requireNumber, textOf } from './table.ts'

/** A transaction holds 100 actions and 4 MB. */
const PACKS_IN_TRANSACTION = 10
const BODIES_AT_ONCE = 8
const HEAD = 'head'

export function createLogs(engine: Engine, namespace: string): Logs {
  const partitionOf = (log: string) => `${namespace}/log/${log}`
  return {
    async append(log, at, payloads, fence) {
      limits.checkKey('log name', log)
      limits.checkIndex('at', at)
      limits.checkPayloads(payloads)
      const partition = partitionOf(log)
      const next = at + payloads.length
      const packs = encodePacks(at, payloads)
      const isLarge = packs.length > PACKS_IN_TRANSACTION
      const items = isLarge ? [await writeBodies(engine, partition, at, packs)] : packs.map(packItem)
      const refusal = await engine.transact([
        fenceCheck(engine, namespace, fence),
        moveHead(engine, partition, at, next),
        ...items.map(({ index, item }) => ({
          Put: { TableName: engine.tableName, Item: { ...keyOf(partition, entryKey(index)), ...item } },
        })),
      ])
      if (refusal?.failed === 0) throw fenced(fence)
      if (refusal !== undefined) throw logConflict(log, at, numberOf(refusal.item, 'nextIndex') ?? 0)
      return next
    },
    async read(log, from, limit) {
      limits.checkKey('log name', log)
      limits.checkIndex('from', from)
      limits.checkLimit(limit, limits.LIMITS.readEntries)
      const partition = partitionOf(log)
      const { startIndex, nextIndex } = await readHead(engine, partition)
      if (from < startIndex) throw logTruncated(log, from, startIndex)
      const entries = await readEntries(engine, partition, from, Math.min(nextIndex, from + limit))
      if (entries !== undefined) return entries
      const now = await readHead(engine, partition)
      if (from < now.startIndex) throw logTruncated(log, from, now.startIndex)
      throw new CoordinationError('UNAVAILABLE', `${log} lacks entries from ${from} on that its head counts`)
    },
    async bounds(log) {
      limits.checkKey('log name', log)
      return readHead(engine, partitionOf(log))
    },
    async truncateBefore(log, index, fence) {
      limits.checkKey('log name', log)
      limits.checkIndex('index', index)
      const partition = partitionOf(log)
      const { startIndex, nextIndex } = await readHead(engine, partition)
      const refusal = await engine.transact([
        fenceCheck(engine, namespace, fence),
        ...(index > startIndex && index <= nextIndex ? [moveStart(engine, partition, index)] : []),
      ])
      if (refusal?.failed === 0) throw fenced(fence)
      if (index > nextIndex) throw limits.invalid(`${log} ends at ${nextIndex}, before ${index}`)
      await deletePassed(engine, partition, Math.max(index, startIndex))
    },
  }
}

function moveHead(engine: Engine, partition: string, at: number, next: number): TransactWriteItem {
  return {
    Update: {
      TableName: engine.tableName,
      Key: keyOf(partition, HEAD),
      UpdateExpression: 'SET nextIndex = :next',
      ConditionExpression:
        at === 0 ? 'attribute_not_exists(nextIndex) OR nextIndex = :at' : 'nextIndex = :at',
      ExpressionAttributeValues: { ':at': { N: String(at) }, ':next': { N: String(next) } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  }
}

/** A start that somebody moved further meanwhile stays: only the fence can refuse this. */
function moveStart(engine: Engine, partition: string, index: number): TransactWriteItem {
  return {
    Update: {
      TableName: engine.tableName,
      Key: keyOf(partition, HEAD),
      UpdateExpression: 'SET startIndex = :index',
      ConditionExpression: 'attribute_not_exists(startIndex) OR startIndex <= :index',
      ExpressionAttributeValues: { ':index': { N: String(index) } },
    },
  }
}

async function readHead(engine: Engine, partition: string) {
  const head = await engine.get(keyOf(partition, HEAD))
  return { startIndex: numberOf(head, 'startIndex') ?? 0, nextIndex: numberOf(head, 'nextIndex') ?? 0 }
}

/**
 * Entries [from, to), undefined if some are missing: a truncation may run ahead of us. They are in packs that begin
 * anywhere, so the first is the last one not behind `from`.
 */
async function readEntries(
  engine: Engine,
  partition: string,
  from: number,
  to: number,
): Promise<LogEntry[] | undefined> {
  const entries: LogEntry[] = []
  if (from >= to) return entries
  const [first] = (
    await engine.query({ ...keys(partition, 'e/', from + 1), ScanIndexForward: false, Limit: 1 })
  ).items
  if (first === undefined) return undefined
  let items: Item[] = [first]
  let next: Item | undefined = { pk: first.pk!, sk: first.sk! }
  for (;;) {
    for (const item of items) {
      for (const entry of (await entriesOf(engine, partition, item)) ?? []) {
        if (entry.index < from) continue
        if (entry.index !== from + entries.length) return undefined
        entries.push(entry)
        if (entry.index === to - 1) return entries
      }
    }
    if (next === undefined) return undefined
    ;({ items, next } = await engine.query(keys(partition, 'e/', to), next))
  }
}

async function entriesOf(engine: Engine, partition: string, item: Item): Promise<LogEntry[] | undefined> {
  const inline = item.pack?.B
  if (inline !== undefined) return decodePack(inline)
  const at = Number(textOf(item, 'sk')!.slice(2))
  const append = textOf(item, 'append')!
  const entries: LogEntry[] = []
  for (let n = 0; n < requireNumber(item, 'bodies'); n++) {
    const body = (await engine.get(keyOf(partition, bodyKey(at, append, n))))?.pack?.B
    if (body === undefined) return undefined
    entries.push(...decodePack(body))
  }
  return entries
}

/** Packs and bodies wholly below the start, also those that an append or a truncation left when it died. */
async function deletePassed(engine: Engine, partition: string, startIndex: number): Promise<void> {
  const first = (
    await engine.query({
      ...keys(partition, 'e/', startIndex + 1),
      ScanIndexForward: false,
      Limit: 1,
      ProjectionExpression: 'sk',
    })
  ).items[0]
  const keepFrom = first === undefined ? 0 : Number(textOf(first, 'sk')!.slice(2))
  if (keepFrom === 0) return
  for (const kind of ['e/', 'b/'] as const) {
    let next: Item | undefined
    do {
      const page = await engine.query(
        { ...keys(partition, kind, keepFrom), ProjectionExpression: 'sk' },
        next,
      )
      await engine.deleteAll(
        partition,
        page.items.map((item) => textOf(item, 'sk')!),
      )
      next = page.next
    } while (next !== undefined)
  }
}

/** Sort keys of one kind that begin below `before`. */
function keys(partition: string, kind: 'e/' | 'b/', before: number) {
  return {
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    ExpressionAttributeValues: {
      ':pk': { S: partition },
      ':from': { S: kind },
      // An index is followed by nothing or by a slash, and '~' sorts behind both.
      ':to': { S: `${kind}${padded(before - 1)}~` },
    },
  }
}

function entryKey(at: number): string {
  return `e/${padded(at)}`
}

function bodyKey(at: number, append: string, n: number): string {
  return `b/${padded(at)}/${append}/${String(n).padStart(5, '0')}`
}

function padded(index: number): string {
  return String(index).padStart(16, '0')
}

interface LogItem {
  readonly index: number
  readonly item: Item
}

function packItem(pack: Pack): LogItem {
  return { index: pack.firstIndex, item: { pack: { B: pack.bytes } } }
}

/** Returns the reference that makes the bodies part of the log. */
async function writeBodies(
  engine: Engine,
  partition: string,
  at: number,
  packs: readonly Pack[],
): Promise<LogItem> {
  const append = randomUUID()
  for (let from = 0; from < packs.length; from += BODIES_AT_ONCE) {
    const some = packs.slice(from, from + BODIES_AT_ONCE)
    await Promise.all(
      some.map(({ bytes }, offset) =>
        engine.put({ ...keyOf(partition, bodyKey(at, append, from + offset)), pack: { B: bytes } }),
      ),
    )
  }
  return { index: at, item: { append: { S: append }, bodies: { N: String(packs.length) } } }
}
