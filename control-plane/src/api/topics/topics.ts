import type { Context, Hono } from 'hono'
import * as z from 'zod'
import type { KafkaAdmin, TopicState } from '../../kafka/admin.ts'
import type { Cluster } from '../../model/cluster.ts'
import { servingEndpoints } from '../../model/endpoints.ts'
import { topicArn } from '../../model/identifiers.ts'
import { type ApiContext, type ApiEnv, clusterInPath } from '../http/context.ts'
import { badRequest, MskError } from '../http/errors.ts'
import { numericKey, pageOf, parsePage } from '../http/pages.ts'
import { parseBody } from '../http/validation.ts'
import { formatTopicConfigs, parseConfigChanges, parseTopicConfigs } from './topic-configs.ts'
import { inMskWords, topicNotFound } from './topic-errors.ts'

const MAX_PARTITIONS = 100_000

const topicName = z
  .string()
  .min(1)
  .max(249)
  .regex(/^[a-zA-Z0-9._-]+$/, 'The topic name has characters that are not valid.')
const configs = z.string().max(64 * 1024)
const partitionCount = z.int().min(1).max(MAX_PARTITIONS)

const createBody = z.object({
  topicName,
  partitionCount,
  replicationFactor: z.int().min(1).max(60),
  configs: configs.exactOptional(),
})
const updateBody = z.object({
  partitionCount: partitionCount.exactOptional(),
  configs: configs.exactOptional(),
})

/**
 * https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-topics.html: what a Kafka administrator does,
 * done by one. Unlike on AWS serverless clusters have it too.
 */
export function topicRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  const path = '/v1/clusters/:clusterArn/topics'

  app.post(path, async (c) => {
    const { configs, ...topic } = parseBody(createBody, c.var.body)
    const settings = configs === undefined ? {} : parseTopicConfigs(configs)
    const cluster = await withKafka(c, context, (admin) => admin.createTopic({ ...topic, configs: settings }))
    return c.json(answer(cluster, topic.topicName, 'CREATING', context))
  })

  app.get(path, async (c) => {
    const page = parsePage(c)
    const prefix = c.req.query('topicNameFilter') ?? ''
    let topics: readonly TopicState[] = []
    const cluster = await withKafka(c, context, async (admin) => {
      topics = (await admin.topology()).topics
    })
    const found = topics.filter(({ topicName }) => topicName.startsWith(prefix)).sort(byName)
    const { items, nextToken } = pageOf(found, page, ({ topicName }) => topicName)
    return c.json({ topics: items.map((topic) => topicInfo(cluster, topic, context)), nextToken })
  })

  app.get(`${path}/:topicName`, async (c) => {
    const name = nameInPath(c)
    let described = {}
    await withKafka(c, context, async (admin, cluster) => {
      const topic = await findTopic(admin, name)
      const settings = (await admin.describeTopicConfigs(name)).flatMap(({ name, value }) =>
        value === undefined ? [] : [[name, value] as const],
      )
      const { outOfSyncReplicaCount: _count, ...info } = topicInfo(cluster, topic, context)
      described = { ...info, configs: formatTopicConfigs(Object.fromEntries(settings)), status: 'ACTIVE' }
    })
    return c.json(described)
  })

  app.get(`${path}/:topicName/partitions`, async (c) => {
    const page = parsePage(c)
    let partitions: TopicState['partitions'] = []
    await withKafka(c, context, async (admin) => {
      partitions = (await findTopic(admin, nameInPath(c))).partitions
    })
    const { items, nextToken } = pageOf(partitions, page, ({ partition }) => numericKey(partition))
    return c.json({ partitions: items, nextToken })
  })

  app.put(`${path}/:topicName`, async (c) => {
    const request = parseBody(updateBody, c.var.body)
    const name = nameInPath(c)
    const cluster = await withKafka(c, context, (admin) => updateTopic(admin, name, request))
    return c.json(answer(cluster, name, 'UPDATING', context))
  })

  app.delete(`${path}/:topicName`, async (c) => {
    const name = nameInPath(c)
    const cluster = await withKafka(c, context, (admin) => admin.deleteTopic(name))
    return c.json(answer(cluster, name, 'DELETING', context))
  })
}

/** Only what is named changes: the other configurations keep their values. */
async function updateTopic(
  admin: KafkaAdmin,
  name: string,
  { partitionCount, configs }: z.output<typeof updateBody>,
): Promise<void> {
  if (partitionCount === undefined && configs === undefined) {
    throw badRequest('Specify configs, partitionCount or both.', 'configs')
  }
  const topic = await findTopic(admin, name)
  const current = topic.partitions.length
  if (partitionCount !== undefined && partitionCount < current) {
    throw badRequest(`The topic has ${current} partitions already, and can only get more.`, 'partitionCount')
  }
  if (configs !== undefined) await admin.alterTopicConfigs(name, parseConfigChanges(configs))
  if (partitionCount !== undefined && partitionCount > current) {
    await admin.createPartitions(name, partitionCount)
  }
}

async function withKafka(
  c: Context<ApiEnv>,
  context: ApiContext,
  task: (admin: KafkaAdmin, cluster: Cluster) => Promise<void>,
): Promise<Cluster> {
  const cluster = await clusterInPath(c, context)
  const endpoints = servingEndpoints(cluster)
  if (endpoints.length === 0) {
    const message = `The cluster is in the state ${cluster.state}: its topics cannot be reached.`
    throw new MskError('ConflictException', message, 'clusterArn')
  }
  await inMskWords(() => context.kafka(endpoints, (admin) => task(admin, cluster)))
  return cluster
}

async function findTopic(admin: KafkaAdmin, name: string): Promise<TopicState> {
  const { topics } = await admin.topology([name])
  const topic = topics.find(({ topicName }) => topicName === name)
  if (!topic) throw topicNotFound(name)
  return topic
}

function nameInPath(c: Context<ApiEnv>): string {
  const result = topicName.safeParse(c.req.param('topicName'))
  if (!result.success) throw badRequest('The topic name is not valid.', 'topicName')
  return result.data
}

function answer(cluster: Cluster, topicName: string, status: string, { account }: ApiContext) {
  return { topicArn: topicArn(account, cluster, topicName), topicName, status }
}

function topicInfo(cluster: Cluster, { topicName, partitions }: TopicState, { account }: ApiContext) {
  const outOfSync = partitions.map(
    ({ replicas, isr }) => replicas.filter((brokerId) => !isr.includes(brokerId)).length,
  )
  return {
    topicArn: topicArn(account, cluster, topicName),
    topicName,
    partitionCount: partitions.length,
    replicationFactor: partitions[0]?.replicas.length ?? 0,
    outOfSyncReplicaCount: outOfSync.reduce((sum, count) => sum + count, 0),
  }
}

function byName(a: TopicState, b: TopicState): number {
  return a.topicName < b.topicName ? -1 : a.topicName > b.topicName ? 1 : 0
}
