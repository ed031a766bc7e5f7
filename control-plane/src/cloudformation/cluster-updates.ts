import { at, differs } from './properties.ts'

export interface ClusterUpdateCall {
  readonly method: 'PUT' | 'PATCH'
  /** Below the cluster's own path. */
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * The first of MSK's updates that brings a cluster nearer to its properties, or undefined when there is none. Only
 * what changed among the properties counts: volumes that have grown by themselves are none of their business.
 */
export function nextUpdate(
  wanted: unknown,
  before: unknown,
  cluster: unknown,
): ClusterUpdateCall | undefined {
  const actual = at(cluster, 'provisioned')
  const isPending = ({ property, shown = property }: Member) => {
    const value = at(wanted, ...property)
    const changed = value !== undefined && differs([value], [at(before, ...property)])
    return changed && differs(value, at(actual, ...shown))
  }
  const update = UPDATES.find(({ members }) => members.some(isPending))
  return update && { method: update.method ?? 'PUT', path: update.path, body: update.body(wanted) }
}

interface Update {
  readonly members: readonly Member[]
  readonly method?: 'PATCH'
  readonly path: string
  body(wanted: unknown): Record<string, unknown>
}

interface Member {
  readonly property: readonly string[]
  /** Where DescribeClusterV2 shows it, if not under the same names. */
  readonly shown?: readonly string[]
}

const VOLUME = ['brokerNodeGroupInfo', 'storageInfo', 'ebsStorageInfo']
const INSTANCE_TYPE = ['brokerNodeGroupInfo', 'instanceType']
const CONNECTIVITY = ['brokerNodeGroupInfo', 'connectivityInfo']
const IN_TRANSIT = ['encryptionInfo', 'encryptionInTransit']

/** Storage before brokers that are to have it; what brings machines last. */
const UPDATES: readonly Update[] = [
  {
    members: [{ property: ['kafkaVersion'], shown: ['currentBrokerSoftwareInfo', 'kafkaVersion'] }],
    path: '/version',
    body: (wanted) => ({ targetKafkaVersion: at(wanted, 'kafkaVersion') }),
  },
  {
    members: [
      { property: ['configurationInfo', 'arn'], shown: ['currentBrokerSoftwareInfo', 'configurationArn'] },
      {
        property: ['configurationInfo', 'revision'],
        shown: ['currentBrokerSoftwareInfo', 'configurationRevision'],
      },
    ],
    path: '/configuration',
    body: (wanted) => given(wanted, 'configurationInfo'),
  },
  {
    members: [
      { property: ['enhancedMonitoring'] },
      { property: ['openMonitoring'] },
      { property: ['loggingInfo'] },
    ],
    path: '/monitoring',
    body: (wanted) => given(wanted, 'enhancedMonitoring', 'openMonitoring', 'loggingInfo'),
  },
  {
    members: [{ property: ['clientAuthentication'] }, { property: IN_TRANSIT }],
    method: 'PATCH',
    path: '/security',
    body: (wanted) => ({
      ...given(wanted, 'clientAuthentication'),
      ...(at(wanted, ...IN_TRANSIT) !== undefined && {
        encryptionInfo: { encryptionInTransit: at(wanted, ...IN_TRANSIT) },
      }),
    }),
  },
  {
    members: [{ property: CONNECTIVITY }],
    path: '/connectivity',
    body: (wanted) => ({ connectivityInfo: at(wanted, ...CONNECTIVITY) }),
  },
  {
    members: [{ property: ['storageMode'] }],
    path: '/storage',
    body: (wanted) => given(wanted, 'storageMode'),
  },
  {
    members: [{ property: VOLUME }],
    path: '/nodes/storage',
    body: (wanted) => ({
      targetBrokerEBSVolumeInfo: [
        {
          kafkaBrokerNodeId: 'All',
          volumeSizeGB: at(wanted, ...VOLUME, 'volumeSize'),
          ...given(at(wanted, ...VOLUME), 'provisionedThroughput'),
        },
      ],
    }),
  },
  {
    members: [{ property: ['rebalancing'] }],
    path: '/rebalancing',
    body: (wanted) => given(wanted, 'rebalancing'),
  },
  {
    members: [{ property: INSTANCE_TYPE }],
    path: '/nodes/type',
    body: (wanted) => ({ targetInstanceType: at(wanted, ...INSTANCE_TYPE) }),
  },
  {
    members: [{ property: ['numberOfBrokerNodes'] }],
    path: '/nodes/count',
    body: (wanted) => ({ targetNumberOfBrokerNodes: at(wanted, 'numberOfBrokerNodes') }),
  },
]

function given(wanted: unknown, ...names: readonly string[]): Record<string, unknown> {
  const members = names.map((name) => [name, at(wanted, name)] as const)
  return Object.fromEntries(members.filter(([, value]) => value !== undefined))
}
