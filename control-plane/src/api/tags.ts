import type { Context, Hono } from 'hono'
import * as z from 'zod'
import type { Cluster } from '../model/cluster.ts'
import { parseClusterArn } from '../model/identifiers.ts'
import { tagsProblem } from '../model/tags.ts'
import { type ApiContext, type ApiEnv, findCluster } from './context.ts'
import { badRequest, notFound } from './errors.ts'
import { parseBody, tagsSchema } from './validation.ts'

const tagResourceBody = z.object({ tags: tagsSchema })

/** https://docs.aws.amazon.com/msk/1.0/apireference/tags-resourcearn.html: 204 and no body for both changes. */
export function tagRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  app.get('/v1/tags/:resourceArn', async (c) => {
    return c.json({ tags: (await taggedCluster(c, context)).tags })
  })

  app.post('/v1/tags/:resourceArn', async (c) => {
    const cluster = await taggedCluster(c, context)
    const { tags: added } = parseBody(tagResourceBody, c.var.body)
    await changeTags(cluster, (tags) => ({ ...tags, ...added }), context)
    return c.body(null, 204)
  })

  app.delete('/v1/tags/:resourceArn', async (c) => {
    const cluster = await taggedCluster(c, context)
    const keys = c.req.queries('tagKeys') ?? []
    if (keys.length === 0) throw badRequest('Specify at least one tag key.', 'tagKeys')
    const without = (tags: Cluster['tags']) =>
      Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)))
    await changeTags(cluster, without, context)
    return c.body(null, 204)
  })
}

async function taggedCluster(c: Context<ApiEnv>, context: ApiContext): Promise<Cluster> {
  const text = c.req.param('resourceArn') ?? ''
  if (!text.startsWith('arn:')) throw badRequest('The resource ARN is not valid.', 'resourceArn')
  const arn = parseClusterArn(text)
  if (!arn) throw notFound('The resource does not exist.', 'resourceArn')
  return findCluster(arn, context)
}

async function changeTags(
  cluster: Cluster,
  change: (tags: Cluster['tags']) => Cluster['tags'],
  { clusters }: ApiContext,
): Promise<void> {
  await clusters.update(cluster, (newest) => {
    const tags = change(newest.tags)
    const problem = tagsProblem(tags)
    if (problem !== undefined) throw badRequest(problem, 'tags')
    return { ...newest, tags }
  })
}
