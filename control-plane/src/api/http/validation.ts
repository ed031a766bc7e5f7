import * as z from 'zod'
import {
  type ClusterArn,
  type OperationArn,
  parseClusterArn,
  parseOperationArn,
} from '../../model/identifiers.ts'
import { tagsProblem } from '../../model/tags.ts'
import { badRequest } from './errors.ts'

/** What every resource's requests have in common: bodies, ARNs, pages and tags. */

/** Unknown members are ignored, as AWS does; the first thing wrong is what the client is told. */
export function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const parameter = issue.path.filter((part) => typeof part === 'string').at(-1)
  throw badRequest(issue.message, parameter)
}

export function parseBody<S extends z.ZodType>(schema: S, body: Uint8Array): z.output<S> {
  return parse(schema, parseJson(body))
}

export function requireClusterArn(text: string): ClusterArn {
  const arn = parseClusterArn(text)
  if (!arn) throw badRequest('The cluster ARN is not valid.', 'clusterArn')
  return arn
}

export function requireOperationArn(text: string): OperationArn {
  const arn = parseOperationArn(text)
  if (!arn) throw badRequest('The cluster operation ARN is not valid.', 'clusterOperationArn')
  return arn
}

export const tagsSchema = z.record(z.string(), z.string()).check((context) => {
  const problem = tagsProblem(context.value)
  if (problem !== undefined) context.issues.push({ code: 'custom', message: problem, input: context.value })
})

export interface Page {
  readonly maxResults: number
  /** The key of the last item of the page before. */
  readonly after: string | undefined
}

const MAX_RESULTS = 100

/** `maxResults` and `nextToken` of a list request. */
export function parsePage(query: Record<string, string>): Page {
  const { maxResults = String(MAX_RESULTS), nextToken } = query
  if (!/^\d{1,4}$/.test(maxResults) || Number(maxResults) < 1 || Number(maxResults) > MAX_RESULTS) {
    throw badRequest(`maxResults must be a whole number from 1 to ${MAX_RESULTS}.`, 'maxResults')
  }
  return { maxResults: Number(maxResults), after: nextToken === undefined ? undefined : openToken(nextToken) }
}

/** One page of a list that is in memory anyway. */
export function pageOf<T>(items: readonly T[], page: Page, keyOf: (item: T) => string): Paged<T> {
  const start = page.after === undefined ? 0 : items.findIndex((item) => keyOf(item) === page.after) + 1
  if (start === 0 && page.after !== undefined) throw badToken()
  const found = items.slice(start, start + page.maxResults)
  return paged(found, start + found.length < items.length, keyOf)
}

export interface Paged<T> {
  readonly items: readonly T[]
  readonly nextToken: string | undefined
}

export function paged<T>(items: readonly T[], more: boolean, keyOf: (item: T) => string): Paged<T> {
  const last = items.at(-1)
  return { items, nextToken: more && last !== undefined ? sealToken(keyOf(last)) : undefined }
}

/** Opaque to clients; the leading mark tells our tokens from guesses. */
function sealToken(key: string): string {
  return Buffer.from(`${TOKEN_MARK}${key}`).toString('base64url')
}

function openToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8')
  const key = text.slice(TOKEN_MARK.length)
  if (!text.startsWith(TOKEN_MARK) || !TOKEN_KEY.test(key)) throw badToken()
  return key
}

const TOKEN_MARK = 'next:'
const TOKEN_KEY = /^[\x21-\x7e]{1,256}$/

function badToken() {
  return badRequest('The nextToken is not valid.', 'nextToken')
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw badRequest('The request body is not valid JSON.')
  }
}
