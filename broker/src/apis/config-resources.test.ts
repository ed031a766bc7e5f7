/** Client metrics subscriptions, and the list of what is configured. */
import { beforeEach, expect, test } from 'vitest'
import { AlterConfigOperation } from '../cluster/index.ts'
import { TestCluster } from '../server/test-cluster.ts'
import { createTopic } from '../server/test-requests.ts'
import { ErrorCode } from '../wire/index.ts'
import { IncrementalAlterConfigsApi } from './44-incremental-alter-configs.ts'
import { ListConfigResourcesApi } from './74-list-config-resources.ts'

const [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP] = [2, 4, 8, 16, 32]
let cluster: TestCluster

beforeEach(async () => {
  cluster = await TestCluster.start(1)
})

async function alter(resourceType: number, resourceName: string, name: string, value: string | null) {
  const configOperation = value === null ? AlterConfigOperation.DELETE : AlterConfigOperation.SET
  const { responses } = await cluster.request(1, IncrementalAlterConfigsApi, 1, {
    resources: [{ resourceType, resourceName, configs: [{ name, configOperation, value }] }],
    validateOnly: false,
  })
  return responses[0]
}

async function list(resourceTypes: number[], version = 1) {
  const { errorCode, configResources } = await cluster.request(1, ListConfigResourcesApi, version, {
    resourceTypes,
  })
  expect(errorCode).toBe(ErrorCode.NONE)
  return configResources.map(({ resourceType, resourceName }) => `${resourceType} ${resourceName}`)
}

test.each([
  [CLIENT_METRICS, '', 'metrics', '*', ErrorCode.INVALID_REQUEST],
  [CLIENT_METRICS, 'm', 'nope', '1', ErrorCode.INVALID_REQUEST],
  [CLIENT_METRICS, 'm', 'interval.ms', '99', ErrorCode.INVALID_REQUEST],
  [CLIENT_METRICS, 'm', 'match', 'client_id=(', ErrorCode.INVALID_CONFIG],
  [CLIENT_METRICS, 'm', 'match', 'client_id=', ErrorCode.INVALID_CONFIG],
  [CLIENT_METRICS, 'm', 'match', 'client_id=a.*,client_source_port=[0-9]+', ErrorCode.NONE],
  [64, 'x', 'y', 'z', ErrorCode.INVALID_REQUEST],
])('setting on resource %i %s: %s=%s is answered with %i', async (type, resource, name, value, errorCode) => {
  expect((await alter(type, resource, name, value))?.errorCode).toBe(errorCode)
})

test('what has configurations is listed', async () => {
  await createTopic(cluster, 1, { name: 'orders' })
  await alter(GROUP, 'g', 'share.isolation.level', 'read_committed')
  await alter(CLIENT_METRICS, 'm', 'metrics', '*')
  expect(await list([TOPIC])).toEqual(['2 orders'])
  expect(await list([BROKER, BROKER_LOGGER])).toEqual(['4 1', '8 1'])
  expect(await list([GROUP])).toEqual(['32 g'])
  expect(await list([])).toEqual(['2 orders', '4 1', '16 m', '32 g', '8 1'])
  expect(await list([], 0)).toEqual(['16 m'])
  await alter(GROUP, 'g', 'share.isolation.level', null)
  expect(await list([GROUP])).toEqual([])
})

test('a type that nobody knows is refused', async () => {
  const { errorCode } = await cluster.request(1, ListConfigResourcesApi, 1, { resourceTypes: [3] })
  expect(errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION)
})
