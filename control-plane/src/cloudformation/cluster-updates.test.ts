import { expect, it } from 'vitest'
import { nextUpdate } from './cluster-updates.ts'

const group = (changes: object) => ({
  brokerNodeGroupInfo: {
    instanceType: 'kafka.m7g.large',
    storageInfo: { ebsStorageInfo: { volumeSize: 100 } },
    ...changes,
  },
})
const BEFORE = { kafkaVersion: '4.1.x', numberOfBrokerNodes: 3, ...group({}) }
const CLUSTER = {
  provisioned: {
    ...BEFORE,
    currentBrokerSoftwareInfo: { kafkaVersion: '4.1.x' },
    enhancedMonitoring: 'DEFAULT',
    storageMode: 'LOCAL',
    rebalancing: { status: 'ACTIVE' },
  },
}
const CONFIGURATION = { arn: 'arn:aws:kafka:us-east-1:1:configuration/a/b-1', revision: 2 }

it.each([
  [{ kafkaVersion: '4.2.x' }, 'PUT', '/version', { targetKafkaVersion: '4.2.x' }],
  [{ configurationInfo: CONFIGURATION }, 'PUT', '/configuration', { configurationInfo: CONFIGURATION }],
  [{ enhancedMonitoring: 'PER_BROKER' }, 'PUT', '/monitoring', { enhancedMonitoring: 'PER_BROKER' }],
  [
    { clientAuthentication: { sasl: { iam: { enabled: true } } } },
    'PATCH',
    '/security',
    { clientAuthentication: { sasl: { iam: { enabled: true } } } },
  ],
  [
    { encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS' } } },
    'PATCH',
    '/security',
    { encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS' } } },
  ],
  [
    group({ connectivityInfo: { publicAccess: { type: 'DISABLED' } } }),
    'PUT',
    '/connectivity',
    { connectivityInfo: { publicAccess: { type: 'DISABLED' } } },
  ],
  [{ storageMode: 'TIERED' }, 'PUT', '/storage', { storageMode: 'TIERED' }],
  [
    group({ storageInfo: { ebsStorageInfo: { volumeSize: 200 } } }),
    'PUT',
    '/nodes/storage',
    { targetBrokerEBSVolumeInfo: [{ kafkaBrokerNodeId: 'All', volumeSizeGB: 200 }] },
  ],
  [{ rebalancing: { status: 'PAUSED' } }, 'PUT', '/rebalancing', { rebalancing: { status: 'PAUSED' } }],
  [
    group({ instanceType: 'kafka.m7g.xlarge' }),
    'PUT',
    '/nodes/type',
    { targetInstanceType: 'kafka.m7g.xlarge' },
  ],
  [{ numberOfBrokerNodes: 6 }, 'PUT', '/nodes/count', { targetNumberOfBrokerNodes: 6 }],
])('of %j is %s %s', (changes, method, path, body) => {
  expect(nextUpdate({ ...BEFORE, ...changes }, BEFORE, CLUSTER)).toEqual({ method, path, body })
})

it('is none when the cluster is so already, or when nothing was changed', () => {
  const shown = { provisioned: { ...CLUSTER.provisioned, numberOfBrokerNodes: 6 } }
  expect(nextUpdate({ ...BEFORE, numberOfBrokerNodes: 6 }, BEFORE, shown)).toBeUndefined()
  expect(nextUpdate(BEFORE, BEFORE, shown)).toBeUndefined()
})

it('is back to what was when an update is rolled back', () => {
  const shown = { provisioned: { ...CLUSTER.provisioned, numberOfBrokerNodes: 6 } }
  const update = nextUpdate(BEFORE, { ...BEFORE, numberOfBrokerNodes: 6 }, shown)
  expect(update?.body).toEqual({ targetNumberOfBrokerNodes: 3 })
})
