import { createHash } from 'node:crypto'
import type { Context } from 'hono'
import { assert } from '../../assert.ts'
import type { ApiEnv } from './context.ts'
import { badRequest } from './errors.ts'

/**
 * Lists page by page. A token names the last item of the page before and the list that it is of, filters and all, as
 * tokens of AWS do: items may come and go between two pages, and no token leads into another list.
 */
export interface Page {
  readonly maxResults: number
  /** The key of the last item of the page before. */
  readonly after: string | undefined
  readonly list: string
}

export interface Paged<T> {
  readonly items: readonly T[]
  readonly nextToken: string | undefined
}

export const MAX_RESULTS = 100

/** `maxResults` and `nextToken` of a list request; `keys` are those that items of the list can have. */
export function parsePage(c: Context<ApiEnv>, keys = KEY): Page {
  const { maxResults = String(MAX_RESULTS), nextToken, ...filters } = c.req.query()
  if (!/^\d{1,4}$/.test(maxResults) || Number(maxResults) < 1 || Number(maxResults) > MAX_RESULTS) {
    throw badRequest(`maxResults must be a whole number from 1 to ${MAX_RESULTS}.`, 'maxResults')
  }
  const list = nameOf(c.req.path, filters)
  const after = nextToken === undefined ? undefined : openToken(nextToken, list, keys)
  return { maxResults: Number(maxResults), after, list }
}

/** One page of a list that is in memory anyway, sorted by its key. */
export function pageOf<T>(
  items: readonly T[],
  page: Page,
  keyOf: (item: T) => string,
  order: 'ASCENDING' | 'DESCENDING' = 'ASCENDING',
): Paged<T> {
  const isBehind = (key: string, other: string) => (order === 'ASCENDING' ? key > other : key < other)
  const keys = items.map(keyOf)
  assert(
    keys.every((key, index) => index === 0 || isBehind(key, keys[index - 1]!)),
    'a list that is paged is sorted by its key',
  )
  const { after, maxResults } = page
  const start = after === undefined ? 0 : keys.findIndex((key) => isBehind(key, after))
  const rest = start < 0 ? [] : items.slice(start)
  return paged(rest.slice(0, maxResults), rest.length > maxResults, page, keyOf)
}

export function paged<T>(
  items: readonly T[],
  more: boolean,
  { list }: Page,
  keyOf: (item: T) => string,
): Paged<T> {
  const last = items.at(-1)
  return { items, nextToken: more && last !== undefined ? sealToken(keyOf(last), list) : undefined }
}

/** Of numbers, as a key that sorts as they do. */
export function numericKey(number: number): string {
  return String(number).padStart(10, '0')
}

function nameOf(path: string, filters: Readonly<Record<string, string>>): string {
  const text = JSON.stringify([path, Object.entries(filters).sort(([a], [b]) => (a < b ? -1 : 1))])
  return createHash('sha256').update(text).digest('base64url').slice(0, 12)
}

function sealToken(key: string, list: string): string {
  return Buffer.from(`${list} ${key}`).toString('base64url')
}

function openToken(token: string, list: string, keys: RegExp): string {
  const text = Buffer.from(token, 'base64url').toString('utf8')
  const key = text.slice(list.length + 1)
  if (text.startsWith(`${list} `) && keys.test(key)) return key
  throw badRequest('The nextToken is not valid.', 'nextToken')
}

const KEY = /^[\x21-\x7e]{1,1024}$/
