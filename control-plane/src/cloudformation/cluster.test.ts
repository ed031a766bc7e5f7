import { describe, expect, it } from 'vitest'
import { createCustomResources } from '../testing/custom-resources.ts'

const CLUSTER = 'Custom::FreshetCluster'
const PROPERTIES = {
  ServiceToken: 'arn:aws:sns:us-east-1:000000000000:topic',
  ClusterName: 'orders',
  KafkaVersion: '4.1.x.kraft',
  NumberOfBrokerNodes: '3',
  BrokerNodeGroupInfo: {
    InstanceType: 'kafka.m7g.large',
    ClientSubnets: ['subnet-a', 'subnet-b', 'subnet-c'],
    StorageInfo: { EBSStorageInfo: { VolumeSize: '100' } },
  },
  Tags: { team: 'sales' },
}

async function activeCluster() {
  const resources = createCustomResources()
  await resources.send(resources.create(CLUSTER, PROPERTIES))
  const { clusterArn } = await resources.activate('orders')
  const updating = (changes: object) =>
    resources.update(CLUSTER, clusterArn, PROPERTIES, { ...PROPERTIES, ...changes })
  const current = async () => (await resources.clusters.get('orders'))!
  return { ...resources, clusterArn, updating, current }
}

describe('Create', () => {
  it('makes the cluster of its properties, once, and answers when it is ACTIVE', async () => {
    const { send, create, activate, clusters } = createCustomResources()
    const request = create(CLUSTER, PROPERTIES)
    expect(await send(request)).toMatchObject({
      status: 'WAITING',
      physicalResourceId: expect.stringMatching(/^arn:aws:kafka/),
    })
    expect(await send(request)).toMatchObject({ status: 'WAITING' })
    const { clusterArn } = await activate('orders')
    expect(await send(request)).toEqual({
      status: 'SUCCESS',
      physicalResourceId: clusterArn,
      data: {
        Arn: clusterArn,
        BootstrapBrokerString: '127.0.0.1:19092,127.0.0.1:19093,127.0.0.1:19094',
        BootstrapBrokerStringTls: '',
        BootstrapBrokerStringSaslScram: '',
        BootstrapBrokerStringSaslIam: '',
      },
    })
    const cluster = (await clusters.get('orders'))!
    expect(cluster.clusterType === 'PROVISIONED' && cluster.provisioned).toMatchObject({
      numberOfBrokerNodes: 3,
      kafkaVersion: '4.1.x.kraft',
      brokerNodeGroupInfo: { storageInfo: { ebsStorageInfo: { volumeSize: 100 } } },
    })
    expect(cluster.tags.team).toBe('sales')
  })

  it('is refused in the words of MSK, and then there is nothing to delete', async () => {
    const { send, create, remove } = createCustomResources()
    const refused = await send(create(CLUSTER, { ...PROPERTIES, NumberOfBrokerNodes: '4' }))
    if (refused.status !== 'FAILED') throw new Error(refused.status)
    expect(refused.reason).toContain('multiple of Availability Zones')
    expect(await send(remove(CLUSTER, refused.physicalResourceId))).toMatchObject({ status: 'SUCCESS' })
  })

  it('does not take over a cluster of the same name', async () => {
    const { send, create } = await activeCluster()
    const refused = await send(create(CLUSTER, PROPERTIES))
    expect(refused).toMatchObject({ status: 'FAILED', reason: expect.stringContaining('already exists') })
  })

  it('makes a serverless cluster too', async () => {
    const { send, create, activate } = createCustomResources()
    const request = create('Custom::FreshetServerlessCluster', {
      ClusterName: 'events',
      VpcConfigs: [{ SubnetIds: ['subnet-a', 'subnet-b'] }],
      ClientAuthentication: { Sasl: { Iam: { Enabled: 'true' } } },
    })
    expect(await send(request)).toMatchObject({ status: 'WAITING' })
    expect((await activate('events')).clusterType).toBe('SERVERLESS')
    expect(await send(request)).toMatchObject({ status: 'SUCCESS' })
  })
})

describe('Update', () => {
  it('makes one of MSK’s updates after the other, each once', async () => {
    const { send, updating, finish, current, clusterArn } = await activeCluster()
    const group = PROPERTIES.BrokerNodeGroupInfo
    const request = updating({
      KafkaVersion: '4.2.x',
      BrokerNodeGroupInfo: { ...group, StorageInfo: { EBSStorageInfo: { VolumeSize: '200' } } },
    })
    const types: unknown[] = []
    for (let looks = 0; looks < 10; looks++) {
      const outcome = await send(request)
      if (outcome.status !== 'WAITING') {
        expect(outcome).toMatchObject({ status: 'SUCCESS', physicalResourceId: clusterArn })
        break
      }
      const { activeOperation } = await current()
      if (activeOperation?.operationType !== types.at(-1)) types.push(activeOperation?.operationType)
      else await finish('orders')
    }
    expect(types).toEqual(['UPDATE_CLUSTER_KAFKA_VERSION', 'UPDATE_BROKER_STORAGE'])
    expect(await current()).toMatchObject({
      state: 'ACTIVE',
      provisioned: {
        kafkaVersion: '4.2.x',
        brokerNodeGroupInfo: { storageInfo: { ebsStorageInfo: { volumeSize: 200 } } },
      },
    })
  })

  it('changes tags, and leaves alone those that others gave', async () => {
    const { send, updating, call, clusterArn, current } = await activeCluster()
    await call('POST', `/v1/tags/${encodeURIComponent(clusterArn)}`, { tags: { theirs: 'x' } })
    const outcome = await send(updating({ Tags: { owner: 'me' } }))
    expect(outcome).toMatchObject({ status: 'SUCCESS' })
    expect(Object.keys((await current()).tags).sort()).toEqual([
      'freshet:cloudformation-request',
      'owner',
      'theirs',
    ])
  })

  it('leaves alone what grew without it', async () => {
    const { send, updating, call, clusterArn, finish, current } = await activeCluster()
    const target = `/v1/clusters/${encodeURIComponent(clusterArn)}/nodes/storage`
    const { currentVersion } = await current()
    const volumes = [{ kafkaBrokerNodeId: 'All', volumeSizeGB: 300 }]
    await call('PUT', target, { currentVersion, targetBrokerEBSVolumeInfo: volumes })
    await finish('orders')
    expect(await send(updating({ Tags: {} }))).toMatchObject({ status: 'SUCCESS' })
  })

  it('fails when the update is given up, with its reason, and is not begun again', async () => {
    const { send, updating, giveUp } = await activeCluster()
    const request = updating({ NumberOfBrokerNodes: '6' })
    await send(request)
    await giveUp('orders', 'no capacity in us-east-1a')
    const outcome = await send(request)
    expect(outcome).toMatchObject({ status: 'FAILED', reason: 'no capacity in us-east-1a' })
  })

  it('to another name or network makes another cluster', async () => {
    const { send, updating, activate, clusterArn } = await activeCluster()
    const request = updating({ ClusterName: 'orders-2' })
    expect(await send(request)).toMatchObject({ status: 'WAITING' })
    const other = await activate('orders-2')
    expect(other.clusterArn).not.toBe(clusterArn)
    expect(await send(request)).toMatchObject({ status: 'SUCCESS', physicalResourceId: other.clusterArn })
  })
})

describe('Delete', () => {
  it('answers when the cluster is gone', async () => {
    const { send, remove, clusterArn, current, forget } = await activeCluster()
    const request = remove(CLUSTER, clusterArn)
    expect(await send(request)).toMatchObject({ status: 'WAITING' })
    expect((await current()).state).toBe('DELETING')
    expect(await send(request)).toMatchObject({ status: 'WAITING' })
    await forget('orders')
    expect(await send(request)).toEqual({ status: 'SUCCESS', physicalResourceId: clusterArn, data: {} })
  })
})

describe('the fleet', () => {
  it('cannot be deleted while it has clusters', async () => {
    const { send, remove, create, clusterArn, forget } = await activeCluster()
    expect(await send(create('Custom::FreshetFleet', {}))).toMatchObject({ status: 'SUCCESS' })
    const request = remove('Custom::FreshetFleet', 'fleet')
    expect(await send(request)).toMatchObject({ status: 'FAILED', reason: expect.stringContaining('orders') })
    await send(remove(CLUSTER, clusterArn))
    expect(await send(request)).toMatchObject({ status: 'WAITING' })
    await forget('orders')
    expect(await send(request)).toMatchObject({ status: 'SUCCESS' })
  })

  it('nor while it has hosts', async () => {
    const { send, remove, fleet } = createCustomResources()
    await fleet.launchHost({ hostId: 'h-1', zone: 'us-east-1a', instanceType: 'kafka.m7g.large' })
    const request = remove('Custom::FreshetFleet', 'fleet')
    expect(await send(request)).toMatchObject({ status: 'WAITING', reason: expect.stringContaining('h-1') })
    await fleet.terminateHost('h-1')
    expect(await send(request)).toMatchObject({ status: 'SUCCESS' })
  })
})

it('knows which resources there are', async () => {
  const { send, create } = createCustomResources()
  const outcome = await send(create('Custom::FreshetQueue', {}))
  expect(outcome).toMatchObject({ status: 'FAILED', reason: expect.stringContaining('Custom::FreshetTopic') })
})
