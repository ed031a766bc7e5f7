import type { Hono } from 'hono'
import type { ApiEnv } from './http/context.ts'
import { badRequest } from './http/errors.ts'

/**
 * Operations of MSK that Freshet does not have: replicators and channels. They get an error of MSK's model, which
 * no SDK tries again, instead of the answer to an unknown path.
 */
export function unsupportedRoutes(app: Hono<ApiEnv>): void {
  for (const [name, method, path] of UNSUPPORTED) {
    app.on(method, path, () => {
      throw badRequest(`The operation ${name} is not supported yet.`)
    })
  }
}

const REPLICATORS = '/replication/v1/replicators'
const CHANNELS = '/v1/clusters/:clusterArn/channels'

const UNSUPPORTED: readonly (readonly [name: string, method: string, path: string])[] = [
  ['CreateReplicator', 'POST', REPLICATORS],
  ['ListReplicators', 'GET', REPLICATORS],
  ['DescribeReplicator', 'GET', `${REPLICATORS}/:replicatorArn`],
  ['DeleteReplicator', 'DELETE', `${REPLICATORS}/:replicatorArn`],
  ['UpdateReplicationInfo', 'PUT', `${REPLICATORS}/:replicatorArn/replication-info`],
  ['CreateChannel', 'POST', CHANNELS],
  ['ListChannels', 'GET', CHANNELS],
  ['DescribeChannel', 'GET', `${CHANNELS}/:channelArn`],
  ['UpdateChannel', 'PUT', `${CHANNELS}/:channelArn`],
  ['DeleteChannel', 'DELETE', `${CHANNELS}/:channelArn`],
]
