import type { Hono } from 'hono'
import { type ApiContext, type ApiEnv, clusterInPath } from './http/context.ts'
import { badRequest, notFound } from './http/errors.ts'
import { parsePage } from './http/pages.ts'

/**
 * Replicators and channels, which MSK has and Freshet has not. Who would make one is told so by an error of MSK's model,
 * which no SDK tries again; there are none then, and that is what everybody else is told.
 */
export function unsupportedRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  for (const [name, path] of MAKING) {
    app.post(path, () => {
      throw badRequest(`The operation ${name} is not supported yet.`)
    })
  }
  app.get(REPLICATORS, (c) => {
    parsePage(c)
    return c.json({ replicators: [] })
  })
  app.get(CHANNELS, async (c) => {
    parsePage(c)
    await clusterInPath(c, context)
    return c.json({ channels: [] })
  })
  for (const [method, path] of EXISTING) {
    app.on(method, path, () => {
      throw notFound(
        path.startsWith(CHANNELS) ? 'The channel does not exist.' : 'The replicator does not exist.',
      )
    })
  }
}

const REPLICATORS = '/replication/v1/replicators'
const CHANNELS = '/v1/clusters/:clusterArn/channels'

const MAKING = [
  ['CreateReplicator', REPLICATORS],
  ['CreateChannel', CHANNELS],
] as const

const EXISTING = [
  ['GET', `${REPLICATORS}/:replicatorArn`],
  ['DELETE', `${REPLICATORS}/:replicatorArn`],
  ['PUT', `${REPLICATORS}/:replicatorArn/replication-info`],
  ['GET', `${CHANNELS}/:channelArn`],
  ['PUT', `${CHANNELS}/:channelArn`],
  ['DELETE', `${CHANNELS}/:channelArn`],
] as const
