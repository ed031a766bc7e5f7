import type { Hono } from 'hono'
import { type ApiContext, type ApiEnv, clusterInPath } from '../http/context.ts'

/** Not MSK's: the last hour of a cluster's metrics, under MSK's names, where there is no CloudWatch to ask. */
export function metricsRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  app.get('/freshet/v1/clusters/:clusterArn/metrics', async (c) => {
    const { clusterArn, clusterUuid } = await clusterInPath(c, context)
    const series = context.metrics.read(clusterUuid, c.req.query('metricName'))
    return c.json({
      clusterArn,
      metrics: series.map(({ name, dimensions, unit, points }) => ({
        metricName: name,
        dimensions,
        unit,
        points: points.map(({ atMs, value }) => ({ timestamp: new Date(atMs).toISOString(), value })),
      })),
    })
  })
}
