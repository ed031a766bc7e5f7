import type { Hono } from 'hono'
import { scalingSettings } from '../../model/scaling-settings.ts'
import { type ApiContext, type ApiEnv, clusterInPath } from '../http/context.ts'

/** Not MSK's: how a cluster scales by itself, and what was decided for it and why. Settings are tags. */
export function autoscalingRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  app.get('/freshet/v1/clusters/:clusterArn/autoscaling', async (c) => {
    const cluster = await clusterInPath(c, context)
    const { clusterArn, clusterUuid, brokers } = cluster
    return c.json({
      clusterArn,
      currentBrokers: brokers.length,
      settings: scalingSettings(cluster),
      decisions: await context.decisions.read(clusterUuid),
    })
  })
}
