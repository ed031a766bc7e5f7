import type { Context, Hono } from 'hono'
import * as z from 'zod'
import { parseClusterArn, parseVpcConnectionArn } from '../model/identifiers.ts'
import { tagsProblem } from '../model/tags.ts'
import { type ApiContext, type ApiEnv, findCluster } from './http/context.ts'
import { badRequest, notFound } from './http/errors.ts'
import { checkAccount, parseBody, tagsSchema } from './http/validation.ts'
import { findVpcConnection, idOf } from './vpc-connections.ts'

type Tags = Readonly<Record<string, string>>

interface TaggedResource {
  readonly tags: Tags
  update(change: (tags: Tags) => Tags): Promise<unknown>
}

const tagResourceBody = z.object({ tags: tagsSchema })

/** https://docs.aws.amazon.com/msk/1.0/apireference/tags-resourcearn.html: 204 and no body for both changes. */
export function tagRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  app.get('/v1/tags/:resourceArn', async (c) => c.json({ tags: (await inPath(c, context)).tags }))

  app.post('/v1/tags/:resourceArn', async (c) => {
    const resource = await inPath(c, context)
    const { tags: added } = parseBody(tagResourceBody, c.var.body)
    await resource.update((tags) => checked({ ...tags, ...added }))
    return c.body(null, 204)
  })

  app.delete('/v1/tags/:resourceArn', async (c) => {
    const resource = await inPath(c, context)
    const keys = c.req.queries('tagKeys') ?? []
    if (keys.length === 0) throw badRequest('Specify at least one tag key.', 'tagKeys')
    await resource.update((tags) =>
      Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key))),
    )
    return c.body(null, 204)
  })
}

async function inPath(c: Context<ApiEnv>, context: ApiContext): Promise<TaggedResource> {
  const text = c.req.param('resourceArn') ?? ''
  if (!text.startsWith('arn:')) throw badRequest('The resource ARN is not valid.', 'resourceArn')
  checkAccount(text, context.account, 'resourceArn')
  const arn = parseClusterArn(text)
  if (arn) {
    const { tags } = await findCluster(arn, context)
    const update: TaggedResource['update'] = (change) =>
      context.clusters.update(arn, (newest) => ({ ...newest, tags: change(newest.tags) }))
    return { tags, update }
  }
  if (!parseVpcConnectionArn(text)) throw notFound('The resource does not exist.', 'resourceArn')
  const connection = await findVpcConnection(text, context)
  const update: TaggedResource['update'] = (change) =>
    context.attachments.vpcConnections.update(idOf(connection), (newest) => ({
      ...newest,
      tags: change(newest.tags),
    }))
  return { tags: connection.tags, update }
}

function checked(tags: Tags): Tags {
  const problem = tagsProblem(tags)
  if (problem !== undefined) throw badRequest(problem, 'tags')
  return tags
}
