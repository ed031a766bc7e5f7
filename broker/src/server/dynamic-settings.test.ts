/** Settings of brokers that are changed while they run (KIP-226), in virtual time. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DescribeConfigsApi } from '../apis/32-describe-configs.ts'
import { IncrementalAlterConfigsApi } from '../apis/44-incremental-alter-configs.ts'
import { AlterConfigOperation, ConfigResourceType } from '../cluster/index.ts'
import { ErrorCode } from '../wire/index.ts'
import { TestCluster } from './test-cluster.ts'
import { createTopic } from './test-requests.ts'

const { SET, DELETE } = AlterConfigOperation
let cluster: TestCluster

beforeEach(async () => {
  cluster = await TestCluster.start(2)
})
afterEach(() => cluster.stopAll())

async function alter(resourceName: string, name: string, value: string | null) {
  const configOperation = value === null ? DELETE : SET
  const { responses } = await cluster.request(1, IncrementalAlterConfigsApi, 1, {
    resources: [
      {
        resourceType: ConfigResourceType.BROKER,
        resourceName,
        configs: [{ name, value, configOperation }],
      },
    ],
    validateOnly: false,
  })
  await cluster.advance(100)
  return responses[0]?.errorCode
}

/** Whether a broker takes one connection more. */
async function accepts(brokerId: number): Promise<boolean> {
  const client = cluster.connect(brokerId)
  await cluster.advance(100)
  return !client.isClosed
}

test('a limit of connections for all brokers holds at once, one for a broker counts over it, until it is removed', async () => {
  expect(await accepts(2)).toBe(true)
  expect(await alter('', 'max.connections.per.ip', '1')).toBe(ErrorCode.NONE)
  expect(await accepts(2)).toBe(false)
  expect(await alter('2', 'max.connections.per.ip', '100')).toBe(ErrorCode.NONE)
  expect(await accepts(2)).toBe(true)
  expect(await accepts(1)).toBe(false)
  await alter('', 'max.connections.per.ip', null)
  expect(await accepts(1)).toBe(true)
})

test('what was set holds for a broker that starts later', async () => {
  await alter('', 'transaction.partition.verification.enable', 'false')
  await alter('2', 'log.cleaner.backoff.ms', '1')
  await cluster.stop(2)
  await cluster.startBroker(2)
  expect(cluster.broker(2).config.settings).toMatchObject({
    'transaction.partition.verification.enable': false,
    'log.cleaner.backoff.ms': 1,
  })
  expect(cluster.broker(1).config.settings['log.cleaner.backoff.ms']).toBe(15_000)
})

test('producers are forgotten after the new time', async () => {
  await createTopic(cluster, 1, { name: 'orders' })
  await alter('', 'producer.id.expiration.ms', '12345')
  const logs = [1, 2].flatMap((id) => [...cluster.broker(id).partitions].map(({ log }) => log))
  expect(logs.map(({ config }) => config.producerIdExpirationMs)).toEqual([12_345])
})

test.each(['consumer', 'share', 'streams'])(
  'the assignment interval of %s groups that have none of their own is what the brokers have',
  async (kind) => {
    const name = `group.${kind}.assignment.interval.ms`
    expect(await alter('', name, '15001')).toBe(ErrorCode.INVALID_REQUEST)
    expect(await alter('', name, '2000')).toBe(ErrorCode.NONE)
    const { results } = await cluster.request(2, DescribeConfigsApi, 4, {
      resources: [
        {
          resourceType: ConfigResourceType.GROUP,
          resourceName: 'readers',
          configurationKeys: [`${kind}.assignment.interval.ms`],
        },
      ],
      includeSynonyms: false,
      includeDocumentation: false,
    })
    expect(results[0]?.configs.map(({ value }) => value)).toEqual(['2000'])
  },
)

test.each(['listeners', 'log.cleaner.enable', 'group.consumer.max.assignment.interval.ms'])(
  '%s can only be set at the start',
  async (name) => {
    expect(await alter('1', name, '1')).toBe(ErrorCode.INVALID_REQUEST)
  },
)
