/** Levels of the broker's loggers, changed while it runs (KIP-412). */
import { beforeEach, expect, test } from 'vitest'
import { AlterConfigOperation } from '../cluster/index.ts'
import { TestCluster } from '../server/test-cluster.ts'
import { createTopic } from '../server/test-requests.ts'
import { ErrorCode } from '../wire/index.ts'
import { DescribeConfigsApi } from './32-describe-configs.ts'
import { AlterConfigsApi } from './33-alter-configs.ts'
import { IncrementalAlterConfigsApi } from './44-incremental-alter-configs.ts'

const [TOPIC, BROKER_LOGGER] = [2, 8]
const { SET, DELETE, APPEND, SUBTRACT } = AlterConfigOperation
let cluster: TestCluster

beforeEach(async () => {
  cluster = await TestCluster.start(2)
})

type Config = readonly [name: string, value: string | null, configOperation?: number]

async function alter(brokerId: number, configs: readonly Config[], resourceName = String(brokerId)) {
  const { responses } = await cluster.request(brokerId, IncrementalAlterConfigsApi, 1, {
    resources: [{ resourceType: BROKER_LOGGER, resourceName, configs: configs.map(toConfig) }],
    validateOnly: false,
  })
  return responses[0]
}

function toConfig([name, value, configOperation = SET]: Config) {
  return { name, value, configOperation }
}

async function levels(brokerId: number, configurationKeys: string[] | null = null) {
  const { results } = await cluster.request(brokerId, DescribeConfigsApi, 4, {
    resources: [{ resourceType: BROKER_LOGGER, resourceName: String(brokerId), configurationKeys }],
    includeSynonyms: true,
    includeDocumentation: true,
  })
  expect(results[0]?.errorCode).toBe(ErrorCode.NONE)
  return results[0]?.configs ?? []
}

test('a level holds for its broker alone, whichever is the controller, and is told with its source', async () => {
  for (const brokerId of [1, 2]) {
    await alter(brokerId, [['kafka.network.SocketServer', 'ERROR']])
    expect(await levels(brokerId, ['kafka.network.SocketServer', 'nobody'])).toEqual([
      {
        name: 'kafka.network.SocketServer',
        value: 'ERROR',
        readOnly: false,
        configSource: 6,
        isSensitive: false,
        synonyms: [],
        configType: 0,
        documentation: null,
      },
    ])
    await alter(brokerId, [['kafka.network.SocketServer', null, DELETE]])
    expect((await levels(brokerId)).find(({ name }) => name === 'kafka.network.SocketServer')?.value).toBe(
      'INFO',
    )
  }
  await alter(1, [['root', 'DEBUG']])
  expect((await levels(2)).find(({ name }) => name === 'root')?.value).toBe('INFO')
})

test('what the broker logs is what the level lets through', async () => {
  const strict = await TestCluster.start(1, { 'max.connections.per.ip': '1' })
  const refused = () => strict.logged.filter(({ message }) => message.startsWith('connection refused')).length
  const setLevel = (value: string) =>
    strict.request(1, IncrementalAlterConfigsApi, 1, {
      resources: [
        {
          resourceType: BROKER_LOGGER,
          resourceName: '1',
          configs: [toConfig(['kafka.network.SocketServer', value])],
        },
      ],
      validateOnly: false,
    })
  await setLevel('WARN')
  strict.connect(1)
  await strict.advance(100)
  expect(refused()).toBe(1)
  await setLevel('ERROR')
  strict.connect(1)
  await strict.advance(100)
  expect(refused()).toBe(1)
  await strict.stopAll()
})

test('every request is logged while the level of kafka.request.logger is DEBUG', async () => {
  await alter(1, [['kafka.request.logger', 'DEBUG']])
  cluster.requestsLogged.length = 0
  await levels(1)
  expect(
    cluster.requestsLogged.find(({ message }) => message === 'DescribeConfigs is answered')?.fields,
  ).toMatchObject({
    apiVersion: 4,
    clientId: 'test-client',
    clientHost: 'client',
    throttleMs: 0,
  })
  await alter(1, [['kafka.request.logger', null, DELETE]])
  cluster.requestsLogged.length = 0
  await levels(1)
  expect(cluster.requestsLogged).toEqual([])
})

test.each<[string, readonly Config[], string, number, string]>([
  [
    'a logger that is none',
    [['kafka.Nobody', 'INFO']],
    '1',
    ErrorCode.INVALID_CONFIG,
    'Logger kafka.Nobody does not exist!',
  ],
  [
    'a level that is none',
    [['root', 'LOUD']],
    '1',
    ErrorCode.INVALID_CONFIG,
    'DEBUG, ERROR, FATAL, INFO, TRACE, WARN',
  ],
  ['root without a level', [['root', null, DELETE]], '1', ErrorCode.INVALID_REQUEST, 'not allowed'],
  ['an appended level', [['root', 'INFO', APPEND]], '1', ErrorCode.INVALID_REQUEST, 'APPEND operation'],
  ['a subtracted level', [['root', 'INFO', SUBTRACT]], '1', ErrorCode.INVALID_REQUEST, 'SUBTRACT operation'],
  ['an unknown operation', [['root', 'INFO', 9]], '1', ErrorCode.INVALID_REQUEST, 'Unknown operation type 9'],
  ['no level', [['root', null]], '1', ErrorCode.INVALID_REQUEST, 'Null value not supported for : root'],
  [
    'a logger twice',
    [
      ['root', 'INFO'],
      ['root', 'WARN'],
    ],
    '1',
    ErrorCode.INVALID_REQUEST,
    'duplicate config keys',
  ],
  [
    'another broker',
    [['root', 'INFO']],
    '2',
    ErrorCode.INVALID_REQUEST,
    'Unexpected node id. Expected 1, but received 2',
  ],
  [
    'no broker',
    [['root', 'INFO']],
    'x',
    ErrorCode.INVALID_REQUEST,
    'Node id must be an integer, but it is: x',
  ],
])(
  '%s is refused, and nothing of the resource is changed',
  async (_, configs, resourceName, errorCode, message) => {
    const outcome = await alter(1, [['kafka', 'WARN'], ...configs], resourceName)
    expect(outcome?.errorCode).toBe(errorCode)
    expect(outcome?.errorMessage).toContain(message)
    expect(
      (await levels(1)).every(
        ({ name, value }) => value === (name === 'kafka.request.logger' ? 'WARN' : 'INFO'),
      ),
    ).toBe(true)
  },
)

test('a request that only asks changes nothing; AlterConfigs knows no loggers', async () => {
  const resources = [
    { resourceType: BROKER_LOGGER, resourceName: '1', configs: [toConfig(['root', 'ERROR'])] },
  ]
  const { responses } = await cluster.request(1, IncrementalAlterConfigsApi, 1, {
    resources,
    validateOnly: true,
  })
  expect(responses[0]?.errorCode).toBe(ErrorCode.NONE)
  expect((await levels(1, ['root']))[0]?.value).toBe('INFO')
  const replaced = await cluster.request(1, AlterConfigsApi, 2, { resources, validateOnly: false })
  expect(replaced.responses[0]?.errorCode).toBe(ErrorCode.INVALID_REQUEST)
})

test('loggers and topics may come in one request to the broker that is the controller', async () => {
  await createTopic(cluster, 1, { name: 'orders' })
  const controller = [1, 2].find((id) => cluster.broker(id).isController) ?? 0
  const { responses } = await cluster.request(controller, IncrementalAlterConfigsApi, 1, {
    resources: [
      { resourceType: TOPIC, resourceName: 'orders', configs: [toConfig(['retention.ms', '1000'])] },
      {
        resourceType: BROKER_LOGGER,
        resourceName: String(controller),
        configs: [toConfig(['root', 'WARN'])],
      },
    ],
    validateOnly: false,
  })
  expect(responses.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.NONE, ErrorCode.NONE])
  expect((await levels(controller, ['root']))[0]?.value).toBe('WARN')
})
