import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createActiveApi, UNKNOWN_CLUSTER } from '../testing/active-api.ts'
import { PROVISIONED_REQUEST, SERVERLESS_REQUEST } from '../testing/fixtures.ts'

/** Whatever somebody with a valid key sends: an answer, or an error of the model, and never that of a bug. */

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.constantFrom(
    '',
    '\u0000',
    'ä'.repeat(300),
    '0',
    'K1',
    'All',
    '*',
    '%',
    '../..',
    'arn:aws:kafka',
    'x'.repeat(300_000),
    '\u0001'.repeat(2_000),
  ),
)
const value = fc.oneof(
  text,
  fc.constantFrom(null, true, -1, 0, 1.5, 2 ** 53, 1e300, [], {}, [null], ['a', 'a'], { enabled: 'yes' }),
  fc.jsonValue({ maxDepth: 3 }),
)

/** Requests that are right, or nearly; one member of each is then changed. */
const BODIES: readonly object[] = [
  { clusterName: 'orders-2', ...PROVISIONED_REQUEST },
  { clusterName: 'orders-3', provisioned: PROVISIONED_REQUEST, tags: { team: 'sales' } },
  { clusterName: 'events-2', serverless: SERVERLESS_REQUEST },
  { targetNumberOfBrokerNodes: 6 },
  { targetBrokerEBSVolumeInfo: [{ kafkaBrokerNodeId: 'All', volumeSizeGB: 200 }] },
  { targetInstanceType: 'kafka.m7g.xlarge', targetKafkaVersion: '4.3.x.kraft', storageMode: 'TIERED' },
  { loggingInfo: { brokerLogs: { s3: { enabled: true, bucket: 'logs', prefix: 'a/' } } } },
  { openMonitoring: { prometheus: { jmxExporter: { enabledInBroker: true } } }, brokerIds: ['1'] },
  { connectivityInfo: { vpcConnectivity: { clientAuthentication: { tls: { enabled: true } } } } },
  { clientAuthentication: { sasl: { scram: { enabled: true } } }, rebalancing: { status: 'PAUSED' } },
  { name: 'tuned', description: 'a', serverProperties: 'bnVtLnBhcnRpdGlvbnM9Mw==', kafkaVersions: ['4.1.x'] },
  { configurationInfo: { arn: 'arn', revision: 1 }, tags: { a: 'b' }, policy: '{}' },
  { topicName: 'a', partitionCount: 3, replicationFactor: 3, configs: 'e30=' },
  { secretArnList: ['arn:aws:secretsmanager:us-east-1:000000000000:secret:AmazonMSK_a-a1B2c3'] },
  { vpcId: 'vpc-1', clientSubnets: ['subnet-1'], securityGroups: ['sg-1'], authentication: 'TLS' },
]

const hostile = fc.record({
  route: fc.nat(),
  parameter: fc.oneof(
    fc.constantFrom('known', 'unknown', 'known'),
    text.filter((each) => each.length < 1_000),
  ),
  query: fc.dictionary(
    fc.constantFrom(
      'maxResults',
      'nextToken',
      'clusterNameFilter',
      'topicNameFilter',
      'tagKeys',
      'currentVersion',
    ),
    text.filter((each) => each.length < 1_000),
  ),
  body: fc.constantFrom(...BODIES),
  member: fc.nat(),
  changed: value,
})

/** With one of its members, at any depth, replaced. */
function withMember(request: object, member: number, changed: unknown): unknown {
  let left = member % countOf(request)
  return JSON.parse(JSON.stringify(request), (name, value) => (name !== '' && left-- === 0 ? changed : value))
}

function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce((sum, each) => sum + 1 + countOf(each), 0)
}

it('is answered, or refused by an error of the model', async () => {
  const active = () => createActiveApi({ clientAuthentication: { sasl: { scram: { enabled: true } } } })
  let api = await active()
  const routes = api.app.routes.filter(
    ({ method, path }) => method !== 'ALL' && /^\/(v1|api|freshet|replication)\//.test(path),
  )
  expect(routes.length).toBeGreaterThan(60)
  await fc.assert(
    fc.asyncProperty(hostile, async ({ route, parameter, query, body, member, changed }) => {
      // Of one that is busy, or on its way out, there is little that could be changed.
      if ((await api.cluster()).state !== 'ACTIVE') api = await active()
      const { method, path } = routes[route % routes.length]!
      const known = new Map([
        ['known', encodeURIComponent(api.arn)],
        ['unknown', UNKNOWN_CLUSTER],
      ])
      const inPath = known.get(parameter) ?? encodeURIComponent(parameter.toWellFormed())
      const target = path.replaceAll(/:\w+/g, inPath === '' ? '-' : inPath)
      const search = new URLSearchParams(query).toString().replaceAll('+', '%20')
      const request = { currentVersion: (await api.cluster()).currentVersion, ...body }
      const sent = withMember(request, member, changed)
      const answer = await api.call(method, `${target}?${search}`, method === 'GET' ? undefined : sent)
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(500)
      if (answer.status >= 400) {
        expect(answer.headers.get('x-amzn-errortype')).toMatch(/^\w+Exception$/)
        expect(answer.body.message).toEqual(expect.any(String))
      }
    }),
    { seed: 20_261_122, numRuns: 1_500 },
  )
})
