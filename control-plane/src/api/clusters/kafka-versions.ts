import type { Hono } from 'hono'
import { compatibleTargets, KAFKA_VERSIONS } from '../../model/kafka-versions.ts'
import { type ApiContext, type ApiEnv, findCluster } from '../http/context.ts'
import { pageOf, parsePage } from '../http/pages.ts'
import { requireClusterArn } from '../http/validation.ts'
import { provisionedOnly } from './clusters.ts'

/** https://docs.aws.amazon.com/msk/1.0/apireference/kafka-versions.html */
export function kafkaVersionRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  app.get('/v1/kafka-versions', (c) => {
    const { items, nextToken } = pageOf(KAFKA_VERSIONS, parsePage(c), (version) => version)
    return c.json({ kafkaVersions: items.map((version) => ({ version, status: 'ACTIVE' })), nextToken })
  })

  app.get('/v1/compatible-kafka-versions', async (c) => {
    const arn = c.req.query('clusterArn')
    const sources = arn === undefined ? KAFKA_VERSIONS : [await versionOf(arn, context)]
    const compatibleKafkaVersions = sources
      .map((sourceVersion) => ({ sourceVersion, targetVersions: compatibleTargets(sourceVersion) }))
      .filter(({ targetVersions }) => targetVersions.length > 0)
    return c.json({ compatibleKafkaVersions })
  })
}

async function versionOf(arn: string, context: ApiContext): Promise<string> {
  const cluster = await findCluster(requireClusterArn(arn, context.account), context)
  return provisionedOnly(cluster).provisioned.kafkaVersion
}
