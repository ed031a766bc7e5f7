import * as z from 'zod'
import {
  type Account,
  type ClusterArn,
  isArnOf,
  type OperationArn,
  parseClusterArn,
  parseOperationArn,
} from '../../model/identifiers.ts'
import { tagsProblem } from '../../model/tags.ts'
import { badRequest, notFound } from './errors.ts'

/** What every resource's requests have in common: bodies, ARNs and tags. */

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

export function requireClusterArn(text: string, account: Account, parameter = 'clusterArn'): ClusterArn {
  const arn = parseClusterArn(text)
  if (!arn) throw badRequest('The cluster ARN is not valid.', parameter)
  checkAccount(text, account, parameter)
  return arn
}

export function requireOperationArn(text: string, account: Account): OperationArn {
  const arn = parseOperationArn(text)
  if (!arn) throw badRequest('The cluster operation ARN is not valid.', 'clusterOperationArn')
  checkAccount(text, account, 'clusterOperationArn')
  return arn
}

/** What is of another region or account is not here, even if its name and uuid are. */
export function checkAccount(arn: string, account: Account, parameter: string): void {
  if (isArnOf(account, arn)) return
  const { region, accountId } = account
  throw notFound(`The ARN is not one of the account ${accountId} in ${region}.`, parameter)
}

/** Any key may be a tag's, also `__proto__`, which z.record leaves out. */
export const tagsSchema = z
  .custom<Record<string, string>>(isObject, 'Tags are an object.')
  .check((context) => {
    const { value, issues } = context
    for (const [key, each] of Object.entries(value)) {
      if (typeof each === 'string') continue
      issues.push({ code: 'custom', message: 'The value of a tag is a string.', path: [key], input: each })
      return
    }
    const problem = tagsProblem(value)
    if (problem !== undefined) issues.push({ code: 'custom', message: problem, input: value })
  })

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body), withoutNull)
  } catch {
    throw badRequest('The request body is not valid JSON.')
  }
}

/** A member that is null is one that is not there, in every AWS protocol. */
function withoutNull(this: unknown, _name: string, value: unknown): unknown {
  return value === null && !Array.isArray(this) ? undefined : value
}
