import { describe, expect, it } from 'vitest'
import { ConfigResourceType } from '../records.ts'
import { TestCluster } from '../test-cluster.ts'
import {
  AlterConfigOperation,
  type AlteredResource,
  type IncrementallyAlteredConfig,
} from './alter-configs.ts'

const { TOPIC, BROKER, GROUP } = ConfigResourceType
const { SET, DELETE, APPEND, SUBTRACT } = AlterConfigOperation

function withOrders(): TestCluster {
  const cluster = new TestCluster()
  cluster.start(1)
  cluster.create('orders', { configs: [{ name: 'retention.ms', value: '1000' }] })
  return cluster
}

function change(
  cluster: TestCluster,
  resource: readonly [type: number, name: string],
  ...changes: readonly (readonly [name: string, operation: number, value: string | null])[]
): AlteredResource {
  const configs: IncrementallyAlteredConfig[] = changes.map(([name, configOperation, value]) => ({
    name,
    configOperation,
    value,
  }))
  const [resourceType, resourceName] = resource
  return cluster.send('incrementalAlterConfigs', {
    resources: [{ resourceType, resourceName, configs }],
    validateOnly: false,
  })[0]!
}

function overrides(cluster: TestCluster, type: ConfigResourceType, name: string) {
  return Object.fromEntries(cluster.image.configs(type, name))
}

const orders = [TOPIC, 'orders'] as const

describe('incremental alter configs', () => {
  it('sets and removes single overrides of a topic', () => {
    const cluster = withOrders()
    expect(change(cluster, orders, ['segment.ms', SET, '5000'], ['retention.ms', DELETE, null])).toEqual({
      resourceType: TOPIC,
      resourceName: 'orders',
      errorCode: 0,
      errorMessage: null,
    })
    expect(overrides(cluster, TOPIC, 'orders')).toEqual({ 'segment.ms': '5000' })
    expect(cluster.lastChange?.configsChanged).toEqual([{ type: TOPIC, name: 'orders' }])
  })

  it('appends to a list and takes from it, beginning with the default', () => {
    const cluster = withOrders()
    change(cluster, orders, ['retention.ms', DELETE, null])
    change(cluster, orders, ['cleanup.policy', APPEND, 'compact'])
    expect(overrides(cluster, TOPIC, 'orders')).toEqual({ 'cleanup.policy': 'delete,compact' })
    change(cluster, orders, ['cleanup.policy', APPEND, 'compact'])
    expect(cluster.lastRecords).toEqual([])
    change(cluster, orders, ['cleanup.policy', SUBTRACT, 'delete'])
    expect(overrides(cluster, TOPIC, 'orders')).toEqual({ 'cleanup.policy': 'compact' })
  })

  it('writes nothing for what is so already', () => {
    const cluster = withOrders()
    expect(change(cluster, orders, ['retention.ms', SET, '1000'], ['nope', DELETE, null]).errorCode).toBe(0)
    expect(cluster.lastRecords).toEqual([])
  })

  it('refuses a lag of compaction that contradicts the other one', () => {
    const cluster = withOrders()
    const message = 'conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)'
    expect(change(cluster, orders, ['max.compaction.lag.ms', SET, '5']).errorCode).toBe(0)
    const refused = change(cluster, orders, ['min.compaction.lag.ms', SET, '10'])
    expect(refused).toMatchObject({ errorCode: 40, errorMessage: message })
    const both = change(
      cluster,
      orders,
      ['min.compaction.lag.ms', SET, '10'],
      ['max.compaction.lag.ms', DELETE, null],
    )
    expect(both.errorCode).toBe(0)
  })

  it('sets defaults for one broker and for all', () => {
    const cluster = withOrders()
    expect(change(cluster, [BROKER, '1'], ['log.segment.bytes', SET, '2000000']).errorCode).toBe(0)
    expect(change(cluster, [BROKER, ''], ['log.retention.ms', SET, '60000']).errorCode).toBe(0)
    expect(overrides(cluster, BROKER, '1')).toEqual({ 'log.segment.bytes': '2000000' })
    expect(cluster.create('later').configs.find(({ name }) => name === 'retention.ms')?.value).toBe('60000')
  })

  it.each([
    [
      'a bad value',
      orders,
      ['retention.ms', SET, 'abc'],
      40,
      'Invalid value abc for configuration retention.ms: Not a number of type LONG',
    ],
    ['a value out of range', orders, ['retention.ms', SET, '-5'], 40, 'Value must be at least -1'],
    ['an unknown config', orders, ['nope', SET, '1'], 40, 'Unknown topic config name: nope'],
    ['no value', orders, ['retention.ms', SET, null], 42, 'Null value not supported for : retention.ms'],
    ['nothing to append', orders, ['cleanup.policy', APPEND, null], 42, 'Null value not supported'],
    [
      'appending to a number',
      orders,
      ['retention.ms', APPEND, '1'],
      40,
      "Can't APPEND to key retention.ms because its type is not LIST.",
    ],
    [
      'taking from a number',
      orders,
      ['retention.ms', SUBTRACT, '1'],
      40,
      "Can't SUBTRACT to key retention.ms because its type is not LIST.",
    ],
    ['appending to what is unknown', orders, ['nope', APPEND, '1'], 40, 'Unknown topic config name: nope'],
    ['an unknown operation', orders, ['retention.ms', 9, '1'], 42, 'Unknown operation 9'],
    [
      'a level that lz4 does not have',
      orders,
      ['compression.lz4.level', SET, '4'],
      40,
      'Cannot set configuration compression.lz4.level to 4',
    ],
    [
      'a min ISR of one broker',
      [BROKER, '1'],
      ['min.insync.replicas', SET, '2'],
      40,
      'Broker-level min.insync.replicas cannot be altered while ELR is enabled.',
    ],
    [
      'no min ISR of the cluster',
      [BROKER, ''],
      ['min.insync.replicas', DELETE, null],
      40,
      'Cluster level min.insync.replicas cannot be removed while ELR is enabled.',
    ],
    ['an unknown topic', [TOPIC, 'zz'], ['retention.ms', SET, '1'], 3, "The topic 'zz' does not exist."],
    ['a bad topic name', [TOPIC, 'a b'], ['retention.ms', SET, '1'], 17, 'Topic name is invalid'],
    [
      'no topic name',
      [TOPIC, ''],
      ['retention.ms', SET, '1'],
      42,
      'Default topic resources are not allowed.',
    ],
    ['an unknown broker', [BROKER, '9'], ['log.retention.ms', SET, '1'], 102, 'No broker with id 9 found.'],
    [
      'a broker id with a zero before',
      [BROKER, '01'],
      ['log.retention.ms', SET, '1'],
      102,
      'No broker with id 01',
    ],
    [
      'a bad broker id',
      [BROKER, 'x'],
      ['log.retention.ms', SET, '1'],
      42,
      'Unable to parse broker name as a base 10 number.',
    ],
    [
      'what is fixed at start',
      [BROKER, ''],
      ['num.partitions', SET, '3'],
      42,
      'Cannot update these configs dynamically: [num.partitions]',
    ],
    [
      'hours at run time',
      [BROKER, ''],
      ['log.retention.hours', SET, '3'],
      42,
      'Cannot update these configs dynamically: [log.retention.hours]',
    ],
    ['an unknown broker config', [BROKER, ''], ['nope', SET, '3'], 40, 'Unknown broker config name: nope'],
    ['another kind of resource', [64, 'm'], ['a', SET, '3'], 42, 'resource type 64'],
    ['an unknown group config', [GROUP, 'g'], ['nope', SET, '3'], 40, 'Unknown group config name: nope'],
    [
      'what is beyond the limits of the brokers',
      [GROUP, 'g'],
      ['share.record.lock.duration.ms', SET, '5000'],
      40,
      'share.record.lock.duration.ms must be greater than or equal to group.share.min.record.lock.duration.ms',
    ],
    [
      'a session shorter than the brokers allow',
      [GROUP, 'g'],
      ['consumer.session.timeout.ms', SET, '5000'],
      40,
      'consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms',
    ],
    [
      'more standby replicas than the brokers allow',
      [GROUP, 'g'],
      ['streams.num.standby.replicas', SET, '3'],
      40,
      'streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas',
    ],
    ['no duration', [GROUP, 'g'], ['share.auto.offset.reset', SET, 'by_duration:1h'], 40, 'by_duration'],
    ['a group without a name', [GROUP, ''], ['share.auto.offset.reset', SET, 'latest'], 42, 'Default group'],
  ] as const)('refuses %s and changes nothing', (_, resource, config, code, message) => {
    const cluster = withOrders()
    const refused = change(cluster, resource, ['segment.ms', DELETE, null], config)
    expect(refused.errorCode).toBe(code)
    expect(refused.errorMessage).toContain(message)
    expect(cluster.lastRecords).toEqual([])
  })

  it('refuses a config or a resource given twice', () => {
    const cluster = withOrders()
    const twice = change(cluster, orders, ['segment.ms', SET, '1'], ['segment.ms', SET, '2'])
    expect(twice).toMatchObject({ errorCode: 42, errorMessage: 'Error due to duplicate config keys' })
    const resource = { resourceType: TOPIC, resourceName: 'orders', configs: [] }
    const reply = cluster.send('incrementalAlterConfigs', {
      resources: [resource, resource],
      validateOnly: false,
    })
    expect(reply.map(({ errorCode }) => errorCode)).toEqual([42, 42])
  })
})

describe('alter configs', () => {
  const replace = (cluster: TestCluster, name: string, value: string | null, validateOnly = false) =>
    cluster.send('alterConfigs', {
      resources: [{ resourceType: TOPIC, resourceName: 'orders', configs: [{ name, value }] }],
      validateOnly,
    })[0]!

  it('replaces all overrides', () => {
    const cluster = withOrders()
    expect(replace(cluster, 'segment.ms', '7000').errorCode).toBe(0)
    expect(overrides(cluster, TOPIC, 'orders')).toEqual({ 'segment.ms': '7000' })
  })

  it('leaves all brokers their min.insync.replicas', () => {
    const cluster = withOrders()
    const resource = { resourceType: BROKER, resourceName: '', configs: [] }
    const [replaced] = cluster.send('alterConfigs', { resources: [resource], validateOnly: false })
    expect(replaced?.errorCode).toBe(0)
    expect(overrides(cluster, BROKER, '')).toEqual({ 'min.insync.replicas': '1' })
  })

  it('changes nothing when it only validates or is refused', () => {
    const cluster = withOrders()
    expect(replace(cluster, 'segment.ms', '7000', true).errorCode).toBe(0)
    expect(replace(cluster, 'segment.ms', 'x').errorCode).toBe(40)
    expect(replace(cluster, 'segment.ms', null).errorCode).toBe(42)
    expect(overrides(cluster, TOPIC, 'orders')).toEqual({ 'retention.ms': '1000' })
  })
})
