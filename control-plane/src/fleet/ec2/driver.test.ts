import { describe, expect, it } from 'vitest'
import { fleetForAWhile, fleetOver, HOST, SETTINGS } from '../../testing/ec2-fleet.ts'
import { FakeEc2 } from '../../testing/fake-ec2.ts'
import { UnusableSubnet } from '../driver.ts'

describe('a host', () => {
  it('is one instance with one volume in its zone, and has an address once both are there', async () => {
    const { ec2, fleet, launch, addressOf } = fleetOver(new FakeEc2())
    expect(await fleet.launchHost(HOST)).toMatchObject({ done: false })
    expect(await launch()).toContain('host h-1: volume vol-1 is being attached')
    expect(await addressOf()).toBe('10.0.0.1')
    expect(await fleet.listHosts()).toEqual([{ hostId: 'h-1', zone: 'us-east-1a' }])
    const [request] = ec2.requests
    expect(request).toMatchObject({ instanceType: 'm7g.large', market: 'on-demand', subnetId: 'subnet-1' })
    expect(request?.userData).toContain('nvme-Amazon_Elastic_Block_Store_vol1')
    expect(ec2.liveVolumes()).toMatchObject([{ sizeGiB: 200, attachment: { instanceId: 'i-2' } }])
  })

  it('that exists is left alone', async () => {
    const { ec2, launch } = fleetOver(new FakeEc2())
    await launch()
    ec2.calls.length = 0
    expect(await launch()).toEqual([])
    expect(ec2.calls).toEqual(['DescribeInstances', 'DescribeVolumes'])
  })

  it('leaves nothing behind, and going twice is going once', async () => {
    const { ec2, fleet, launch, terminate } = fleetOver(new FakeEc2())
    await launch()
    await terminate()
    expect([ec2.liveInstances(), ec2.liveVolumes(), await fleet.listHosts()]).toEqual([[], [], []])
    await terminate()
  })

  it('can come again under the name of an earlier one', async () => {
    const { ec2, launch, terminate } = fleetOver(new FakeEc2())
    await launch()
    await terminate()
    await launch()
    expect([ec2.liveInstances().length, ec2.liveVolumes().length]).toEqual([1, 1])
  })

  it.each(['kill', 'stop'] as const)('is replaced after a %s, with its volume', async (end) => {
    const { ec2, launch, addressOf } = fleetOver(new FakeEc2())
    await launch()
    ec2[end]('i-2')
    await launch()
    expect(ec2.liveInstances()).toMatchObject([{ instanceId: 'i-3', state: 'running' }])
    expect(ec2.liveVolumes()).toMatchObject([{ volumeId: 'vol-1', attachment: { instanceId: 'i-3' } }])
    expect(await addressOf()).toBe('10.0.0.2')
  })

  it('that lives makes way for another instance with its volume when it is asked to, once', async () => {
    const { ec2, fleet, launch, replace } = fleetOver(new FakeEc2())
    await launch()
    const instanceId = (await fleet.instanceOf('h-1'))!
    await replace({ kind: 'INSTANCE_IMPAIRED', instanceId, reason: 'asked for' })
    await replace({ kind: 'INSTANCE_IMPAIRED', instanceId, reason: 'asked for' })
    expect(await fleet.instanceOf('h-1')).toBe('i-3')
    expect(ec2.liveInstances()).toMatchObject([{ instanceId: 'i-3', state: 'running' }])
    expect(ec2.liveVolumes()).toMatchObject([{ volumeId: 'vol-1', attachment: { instanceId: 'i-3' } }])
    expect(await fleet.instanceOf('h-9')).toBeUndefined()
  })

  it.each([
    ['template', { launchTemplateVersion: '2' }],
    ['package', { software: { bucket: 'assets', keys: { aarch64: 'newer.tgz' } } }],
  ])('made of another %s than new ones is outdated until it is replaced', async (_what, newer) => {
    const ec2 = new FakeEc2()
    const former = fleetOver(ec2)
    await former.launch()
    expect(await former.fleet.outdatedHosts()).toEqual(new Map())
    const next = fleetOver(ec2, newer)
    expect([...(await next.fleet.outdatedHosts()).keys()]).toEqual(['h-1'])
    // As such it is left alone.
    await next.launch()
    expect(await next.fleet.instanceOf('h-1')).toBe('i-2')
    await next.replace({ kind: 'INSTANCE_IMPAIRED', instanceId: 'i-2', reason: 'outdated' })
    expect(await next.fleet.outdatedHosts()).toEqual(new Map())
  })

  it('of another type is another instance with the same volume, which may grow', async () => {
    const { ec2, launch } = fleetOver(new FakeEc2())
    await launch()
    await launch({ ...HOST, instanceType: 'kafka.m7g.xlarge', volumeSizeGB: 300 })
    expect(ec2.requests.map(({ instanceType }) => instanceType)).toEqual(['m7g.large', 'm7g.xlarge'])
    expect(ec2.liveInstances()).toHaveLength(1)
    expect(ec2.liveVolumes()).toMatchObject([{ volumeId: 'vol-1', sizeGiB: 300 }])
  })

  it('has a volume of the throughput that is asked for, and under that key', async () => {
    const { ec2, launch } = fleetOver(new FakeEc2())
    const volumeKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/1'
    await launch({ ...HOST, volumeThroughputMiB: 300, volumeKeyArn })
    expect(ec2.volumeRequests).toMatchObject([{ sizeGiB: 200, throughputMiB: 300, keyArn: volumeKeyArn }])
    await launch({ ...HOST, volumeThroughputMiB: 500, volumeKeyArn })
    expect(ec2.liveVolumes()).toMatchObject([{ volumeId: 'vol-1', sizeGiB: 200, throughputMiB: 500 }])
    // Switched off; and nothing shrinks.
    await launch({ ...HOST, volumeSizeGB: 100 })
    expect(ec2.liveVolumes()).toMatchObject([{ volumeId: 'vol-1', sizeGiB: 200, throughputMiB: 125 }])
  })

  it('is there though its volume was changed too lately to be what is asked for, and says so', async () => {
    const { ec2, fleet, launch, replace } = fleetOver(new FakeEc2())
    await launch({ ...HOST, volumeThroughputMiB: 300 })
    ec2.optimizing.add('vol-1')
    const volumeTrouble = 'volume vol-1: VolumeModificationRateExceeded: VolumeModificationRateExceeded'
    const address = '10.0.0.1'
    expect(await fleet.launchHost(HOST)).toEqual({ done: true, address, volumeTrouble })
    expect(await fleet.changingVolumes(new Set(['h-1', 'h-2']))).toEqual(
      new Map([['h-1', 'volume vol-1 is optimizing, 63 % done']]),
    )
    ec2.kill('i-2')
    await replace({ kind: 'INSTANCE_ENDED', reason: 'killed' })
    expect(ec2.liveVolumes()).toMatchObject([{ throughputMiB: 300, attachment: { instanceId: 'i-3' } }])
    ec2.optimizing.clear()
    expect(await fleet.changingVolumes(new Set(['h-1']))).toEqual(new Map())
    await launch()
    expect(ec2.liveVolumes()).toMatchObject([{ throughputMiB: 125 }])
  })

  it('keeps one instance where there are more, the one with the volume', async () => {
    const { ec2, launch } = fleetOver(new FakeEc2())
    await launch()
    const [request] = ec2.requests
    await ec2.runInstance({ ...request!, clientToken: 'another' })
    await launch()
    expect(ec2.liveInstances()).toMatchObject([{ instanceId: 'i-2' }])
  })

  it('with two data volumes is for a person to look at', async () => {
    const { ec2, fleet, launch } = fleetOver(new FakeEc2())
    await launch()
    const { tags } = ec2.volumes.get('vol-1')!
    await ec2.createVolume({ clientToken: 'another', zone: HOST.zone, sizeGiB: 1, throughputMiB: 125, tags })
    await expect(fleet.launchHost(HOST)).rejects.toThrow('more than one data volume: vol-1, vol-3')
  })

  it('is not that of another service, even if somebody gave both the same name', async () => {
    const ec2 = new FakeEc2()
    const [one, other] = [fleetOver(ec2), fleetOver(ec2, { coordinationTable: 'another' })]
    await one.launch()
    expect(await other.fleet.listHosts()).toEqual([])
    await other.launch()
    expect([await one.fleet.instanceOf('h-1'), await other.fleet.instanceOf('h-1')]).toEqual(['i-2', 'i-4'])
    await other.terminate()
    expect(ec2.liveInstances()).toMatchObject([{ instanceId: 'i-2' }])
    expect(ec2.liveVolumes()).toMatchObject([{ volumeId: 'vol-1' }])
  })

  it('is the same for a control plane that has just started', async () => {
    const { ec2, launch } = fleetOver(new FakeEc2())
    await launch()
    expect(await fleetOver(ec2).addressOf()).toBe('10.0.0.1')
  })
})

describe('a host that has failed', () => {
  it.each([
    ['ended', 'INSTANCE_ENDED', undefined, (ec2: FakeEc2) => ec2.kill('i-2')],
    ['is stopped', 'INSTANCE_ENDED', 'i-2', (ec2: FakeEc2) => ec2.stop('i-2')],
    ['fails its checks', 'INSTANCE_IMPAIRED', 'i-2', (ec2: FakeEc2) => void ec2.impaired.add('i-2')],
    ['lost its volume', 'VOLUME_LOST', 'i-2', (ec2: FakeEc2) => ec2.lose('vol-1', 'deleted')],
    ['has a failed disk', 'VOLUME_LOST', 'i-2', (ec2: FakeEc2) => ec2.lose('vol-1', 'error')],
    ['had its volume detached', 'VOLUME_DETACHED', 'i-2', (ec2: FakeEc2) => ec2.detachVolume('vol-1', 'i-2')],
  ])(
    'because it %s is found, and replaced by one instance with one volume',
    async (_name, kind, instanceId, fail) => {
      const { ec2, fleet, launch, replace } = fleetOver(new FakeEc2())
      await launch()
      const wanted = new Set(['h-1'])
      expect(await fleet.findFailures(wanted)).toEqual(new Map())
      await fail(ec2)
      const failure = (await fleet.findFailures(wanted)).get('h-1')!
      expect([failure.kind, failure.instanceId]).toEqual([kind, instanceId])
      await replace(failure)
      expect(await fleet.findFailures(wanted)).toEqual(new Map())
      expect(ec2.liveInstances()).toMatchObject([{ state: 'running' }])
      expect(ec2.liveInstances()[0]?.instanceId).not.toBe('i-2')
      const attached = ec2.liveVolumes().filter(({ attachment }) => attachment !== undefined)
      expect(attached.map(({ volumeId }) => volumeId === 'vol-1')).toEqual([kind !== 'VOLUME_LOST'])
      expect(await fleet.volumeOf('h-1')).toBe(attached[0]?.volumeId)
    },
  )

  it('says why its instance ended, in the words of EC2', async () => {
    const { ec2, fleet, launch } = fleetOver(new FakeEc2())
    await launch()
    const reason = { code: 'Server.SpotInstanceTermination', message: 'Spot instance termination' }
    ec2.kill('i-2', reason)
    expect((await fleet.findFailures(new Set(['h-1']))).get('h-1')?.reason).toBe(
      'Its instance has ended: Server.SpotInstanceTermination: Spot instance termination',
    )
  })

  it('is replaced once, however often it is asked for', async () => {
    const { ec2, fleet, launch, replace } = fleetOver(new FakeEc2())
    await launch()
    ec2.impaired.add('i-2')
    const failure = (await fleet.findFailures(new Set(['h-1']))).get('h-1')!
    await replace(failure)
    await replace(failure)
    expect(ec2.requests).toHaveLength(2)
  })
})

describe('without capacity', () => {
  it('takes the next type, then the next market', async () => {
    const { ec2, launch } = fleetOver(new FakeEc2())
    ec2.refused.set('m7g.xlarge spot', 'InsufficientInstanceCapacity')
    ec2.refused.set('m6g.xlarge spot', 'AuthFailure.ServiceLinkedRoleCreationNotPermitted')
    await launch({ hostId: 'shared-us-east-1b-1', zone: 'us-east-1b' })
    const [request] = ec2.requests
    expect(request).toMatchObject({ instanceType: 'm7g.xlarge', market: 'on-demand', subnetId: 'subnet-2' })
    expect(ec2.liveVolumes()).toMatchObject([{ sizeGiB: 50 }])
  })

  it('says of each type why, and goes on when there is some', async () => {
    const { ec2, fleet, launch } = fleetForAWhile(new FakeEc2())
    ec2.refused.set('m7g.large on-demand', 'InsufficientInstanceCapacity')
    ec2.refused.set('m6g.large on-demand', 'VcpuLimitExceeded')
    expect(await fleet.launchHost(HOST)).toEqual({
      done: false,
      waitingFor:
        'host h-1: EC2 has no instance in us-east-1a: m7g.large on-demand: InsufficientInstanceCapacity: no m7g.large for now, m6g.large on-demand: VcpuLimitExceeded: no m6g.large for now',
    })
    ec2.refused.clear()
    await launch()
    expect(ec2.liveInstances()).toHaveLength(1)
  })

  it('finds the instance of a lost answer, though the first type has capacity again', async () => {
    const { ec2, fleet, launch } = fleetForAWhile(new FakeEc2())
    ec2.refused.set('m7g.large on-demand', 'InsufficientInstanceCapacity')
    const lost = { code: 'TimeoutError', when: 'AFTER' } as const
    ec2.nextFault = (call) => (call === 'RunInstances' && ec2.instances.size === 0 ? lost : undefined)
    ec2.nextLagMs = () => 1_000
    await expect(fleet.launchHost(HOST)).rejects.toThrow('TimeoutError')
    ec2.nextFault = () => undefined
    ec2.refused.clear()
    await launch()
    expect(ec2.requests.map(({ instanceType }) => instanceType)).toEqual(['m6g.large'])
    expect(ec2.liveInstances()).toHaveLength(1)
  })

  it('chooses among types only when EC2 shows all that another control plane may have made', async () => {
    const former = fleetForAWhile(new FakeEc2())
    const { ec2 } = former
    ec2.refused.set('m7g.large on-demand', 'InsufficientInstanceCapacity')
    await former.fleet.launchHost(HOST)
    ec2.nextLagMs = () => 10_000
    ec2.refused.clear()
    ec2.advance(1_000)
    const next = fleetOver(ec2)
    expect(await next.fleet.launchHost(HOST)).toMatchObject({
      waitingFor: expect.stringContaining('not show yet'),
    })
    await next.launch()
    expect(ec2.requests.map(({ instanceType }) => instanceType)).toEqual(['m6g.large'])
  })
})

it.each(['RequestLimitExceeded', 'VolumeLimitExceeded', 'InsufficientFreeAddressesInSubnet'])(
  'waits when EC2 answers %s',
  async (code) => {
    const { ec2, fleet, launch } = fleetOver(new FakeEc2())
    ec2.nextFault = (call) => (call === 'CreateVolume' ? { code, when: 'BEFORE' } : undefined)
    expect(await fleet.launchHost(HOST)).toEqual({ done: false, waitingFor: `host h-1: ${code}: ${code}` })
    ec2.nextFault = () => undefined
    await launch()
  },
)

it('fails where waiting does not help', async () => {
  const { ec2, fleet } = fleetOver(new FakeEc2())
  ec2.nextFault = () => ({ code: 'UnauthorizedOperation', when: 'BEFORE' })
  await expect(fleet.launchHost(HOST)).rejects.toThrow('UnauthorizedOperation')
  await expect(fleet.terminateHost('h-1')).rejects.toThrow('UnauthorizedOperation')
})

it('places brokers in the zones of subnets that have hosts', async () => {
  const { ec2, fleet } = fleetOver(new FakeEc2())
  ec2.subnets.set('subnet-x', 'us-east-1c').set('subnet-y', 'us-east-1a').set('subnet-z', 'us-west-2a')
  expect(await fleet.zonesOf(['subnet-x', 'subnet-y'])).toEqual(['us-east-1c', 'us-east-1a'])
  await expect(fleet.zonesOf(['subnet-z'])).rejects.toThrow(UnusableSubnet)
  await expect(fleet.zonesOf(['subnet-0'])).rejects.toThrow('The subnet subnet-0 does not exist.')
  expect(fleet.zones).toEqual(Object.keys(SETTINGS.subnets))
})

it('keeps metadata of clusters in a table, a namespace each', async () => {
  const { fleet, removed } = fleetOver(new FakeEc2())
  await fleet.prepareCluster('uuid')
  expect(fleet.coordinationUrl('uuid')).toBe('dynamodb://freshet/clusters/uuid')
  await fleet.removeCluster('uuid')
  expect(removed).toEqual(['clusters/uuid'])
})
