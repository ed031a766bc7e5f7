import { versionConflict } from '../failures.ts'
import * as limits from '../limits.ts'
import type { Documents, VersionedDocument } from '../types.ts'
import type { Engine } from './engine.ts'
import { type Item, keyOf, numberOf, requireNumber, textOf } from './table.ts'

export function createDocuments(engine: Engine, namespace: string): Documents {
  const partition = `${namespace}/documents`
  return {
    async get<T>(key: string) {
      limits.checkKey('document key', key)
      const item = await engine.get(keyOf(partition, key))
      return item === undefined ? undefined : decode<T>(item)
    },
    async put(key, value, ifVersion) {
      limits.checkKey('document key', key)
      const json = limits.encodeDocument(key, value)
      for (;;) {
        const seen = ifVersion ?? numberOf(await engine.get(keyOf(partition, key)), 'revision') ?? 0
        const written = await engine.update(keyOf(partition, key), {
          set: { revision: ':next', json: ':json' },
          condition: seen === 0 ? 'attribute_not_exists(pk)' : 'revision = :seen',
          values: {
            ':next': { N: String(seen + 1) },
            ':json': { S: json },
            ...(seen !== 0 && { ':seen': { N: String(seen) } }),
          },
        })
        if (written.done) return seen + 1
        if (ifVersion !== undefined) {
          throw versionConflict(key, ifVersion, numberOf(written.item, 'revision') ?? 0)
        }
      }
    },
    async delete(key, ifVersion) {
      limits.checkKey('document key', key)
      const deleted = await engine.delete(keyOf(partition, key), ifVersion)
      if (deleted.done) return deleted.item !== undefined
      throw versionConflict(key, ifVersion!, numberOf(deleted.item, 'revision') ?? 0)
    },
    async list<T>(prefix: string, options: { after?: string; limit?: number } = {}) {
      limits.checkPrefix(prefix)
      const { after, limit } = options
      if (after !== undefined) limits.checkKey('after', after)
      if (limit !== undefined) limits.checkLimit(limit, limits.LIMITS.listDocuments)
      const found = await readWhile(engine, rangeOf(partition, prefix, after), prefix, limit)
      if (limit === undefined && found.length > limits.LIMITS.listDocuments) throw limits.listTooLong(prefix)
      return found.map((item) => decode<T>(item))
    },
  }
}

interface Range {
  readonly KeyConditionExpression: string
  readonly ExpressionAttributeValues: Item
}

/** DynamoDB takes one condition on the sort key: behind `after`, the prefix is checked while reading. */
function rangeOf(partition: string, prefix: string, after: string | undefined): Range {
  const range = (condition: string, at: string): Range => ({
    KeyConditionExpression: `pk = :pk AND ${condition}`,
    ExpressionAttributeValues: { ':pk': { S: partition }, ':at': { S: at } },
  })
  if (after !== undefined && Buffer.compare(Buffer.from(after), Buffer.from(prefix)) >= 0) {
    return range('sk > :at', after)
  }
  if (prefix !== '') return range('begins_with(sk, :at)', prefix)
  return { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: partition } } }
}

async function readWhile(
  engine: Engine,
  range: Range,
  prefix: string,
  limit: number | undefined,
): Promise<Item[]> {
  const most = limit ?? limits.LIMITS.listDocuments + 1
  const found: Item[] = []
  let next: Item | undefined
  do {
    const page = await engine.query({ ...range, Limit: most - found.length }, next)
    const inside = page.items.filter((item) => textOf(item, 'sk')!.startsWith(prefix))
    found.push(...inside)
    next = inside.length < page.items.length ? undefined : page.next
  } while (next !== undefined && found.length < most)
  return found
}

function decode<T>(item: Item): VersionedDocument<T> {
  return {
    key: textOf(item, 'sk')!,
    value: JSON.parse(textOf(item, 'json')!),
    version: requireNumber(item, 'revision'),
  }
}
