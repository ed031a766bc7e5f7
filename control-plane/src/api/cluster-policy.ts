import type { Hono } from 'hono'
import * as z from 'zod'
import { newCurrentVersion } from '../model/identifiers.ts'
import { provisionedOnly } from './clusters/clusters.ts'
import { type ApiContext, type ApiEnv, clusterInPath } from './http/context.ts'
import { badRequest, notFound } from './http/errors.ts'
import { parseBody } from './http/validation.ts'

/** The limit of resource policies in AWS. */
const MAX_POLICY_CHARACTERS = 20_480

const statement = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.unknown(),
  Action: z.union([z.string(), z.array(z.string()).min(1)]),
  Resource: z.union([z.string(), z.array(z.string()).min(1)]),
})
const policyDocument = z.object({
  Version: z.enum(['2012-10-17', '2008-10-17']),
  Statement: z.union([statement, z.array(statement).min(1)]),
})
const body = z.object({
  policy: z.string().min(1).max(MAX_POLICY_CHARACTERS),
  currentVersion: z.string().max(128).exactOptional(),
})

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-policy.html */
export function clusterPolicyRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  const { policies } = context.attachments
  const path = '/v1/clusters/:clusterArn/policy'

  app.get(path, async (c) => {
    const { clusterUuid } = provisionedOnly(await clusterInPath(c, context))
    const found = await policies.get(clusterUuid)
    if (!found) throw noPolicy()
    return c.json(found)
  })

  app.put(path, async (c) => {
    const { clusterUuid } = provisionedOnly(await clusterInPath(c, context))
    const { policy, currentVersion } = parseBody(body, c.var.body)
    checkPolicy(policy)
    const next = { policy, currentVersion: newCurrentVersion() }
    if (currentVersion === undefined && (await policies.create(clusterUuid, next))) {
      return c.json({ currentVersion: next.currentVersion })
    }
    const stored = await policies.update(clusterUuid, (newest) => {
      if (currentVersion !== undefined && currentVersion !== newest.currentVersion) {
        throw badRequest('The currentVersion is not the current version of the policy.', 'currentVersion')
      }
      return next
    })
    if (!stored) throw badRequest('There is no policy of that version.', 'currentVersion')
    return c.json({ currentVersion: stored.currentVersion })
  })

  app.delete(path, async (c) => {
    const { clusterUuid } = provisionedOnly(await clusterInPath(c, context))
    if (!(await policies.get(clusterUuid))) throw noPolicy()
    await policies.delete(clusterUuid)
    return c.json({})
  })
}

function noPolicy() {
  return notFound('The cluster has no policy.', 'clusterArn')
}

function checkPolicy(text: string): void {
  const result = policyDocument.safeParse(parseJson(text))
  if (!result.success) throw badRequest('The policy is not a valid policy document.', 'policy')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw badRequest('The policy is not valid JSON.', 'policy')
  }
}
