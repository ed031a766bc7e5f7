import { describe, expect, it } from 'vitest'
import { fleetForAWhile, fleetOver, HOST } from '../../testing/ec2-fleet.ts'
import { FakeEc2 } from '../../testing/fake-ec2.ts'

describe('an instance that ends before it runs', () => {
  const noCapacity = { code: 'Server.InsufficientInstanceCapacity', message: 'Insufficient capacity' }
  const limit = {
    code: 'Client.VolumeLimitExceeded',
    message: 'Client.VolumeLimitExceeded: Volume limit exceeded',
  }

  it('for want of capacity is followed by one of the next type', async () => {
    const { ec2, launch } = fleetForAWhile(new FakeEc2())
    ec2.endingAtOnce.set('m7g.large on-demand', noCapacity)
    const waits = await launch()
    expect(ec2.requests.map(({ instanceType }) => instanceType)).toEqual(['m7g.large', 'm6g.large'])
    expect(waits.at(-1)).toBe(
      'host h-1: volume vol-1 is being attached (instance i-2, m7g.large on-demand, ended at once: Server.InsufficientInstanceCapacity: Insufficient capacity)',
    )
  })

  it('gets no twin of another type while EC2 may not show its successor', async () => {
    const { ec2, fleet, launch } = fleetForAWhile(new FakeEc2())
    ec2.endingAtOnce.set('m7g.large on-demand', noCapacity)
    await fleet.launchHost(HOST)
    ec2.endingAtOnce.clear()
    ec2.advance(4_000)
    ec2.nextLagMs = () => 10_000
    await fleet.launchHost(HOST)
    ec2.advance(1_000)
    ec2.nextLagMs = () => 1_500
    expect(await fleet.launchHost(HOST)).toMatchObject({
      waitingFor: expect.stringContaining('EC2 may not show yet all that is m7g.large on-demand'),
    })
    await launch()
    expect(ec2.requests.map(({ instanceType }) => instanceType)).toEqual(['m7g.large', 'm7g.large'])
  })

  it('for a reason that all types share is tried again more and more rarely, and said to make no progress', async () => {
    const { ec2, fleet, launch } = fleetForAWhile(new FakeEc2())
    for (const type of ['m7g.large', 'm6g.large']) ec2.endingAtOnce.set(`${type} on-demand`, limit)
    const requested: number[] = []
    const troubles = new Set<unknown>()
    for (let second = 0; second < 600; second++) {
      const progress = await fleet.launchHost(HOST)
      if (progress.done) throw new Error('A host without an instance')
      if (second > 10) {
        expect(progress.waitingFor).toContain('Client.VolumeLimitExceeded: Volume limit exceeded')
        expect(progress.waitingFor).not.toContain(`${limit.code}: ${limit.code}`)
        troubles.add(progress.trouble)
      }
      if (requested.length < ec2.requests.length) requested.push(second)
      ec2.advance(1_000)
    }
    expect(troubles.size).toBe(4)
    expect(requested.map((second, index) => second - (requested[index - 1] ?? 0) >= 60 * index)).toEqual(
      requested.map(() => true),
    )
    expect(requested).toHaveLength(4)
    ec2.endingAtOnce.clear()
    ec2.advance(300_000)
    await launch()
    expect(ec2.liveInstances()).toHaveLength(1)
    // What is long over is not told of the next one.
    ec2.advance(600_000)
    expect(await fleet.launchHost({ ...HOST, instanceType: 'kafka.m7g.xlarge' })).not.toHaveProperty(
      'trouble',
    )
  })
})

describe('a volume that stays attaching', () => {
  it('goes to another instance, and the reason is told', async () => {
    const { ec2, launch } = fleetOver(new FakeEc2())
    ec2.unattachable.add('i-2')
    const waits = await launch()
    expect(ec2.liveInstances()).toMatchObject([{ instanceId: 'i-3' }])
    expect(ec2.liveVolumes()).toMatchObject([{ volumeId: 'vol-1', attachment: { instanceId: 'i-3' } }])
    expect(waits.at(-1)).toBe(
      'host h-1: volume vol-1 is being attached (volume vol-1 was not attached to instance i-2 within 120 s)',
    )
  })

  it('for hours costs ever fewer instances', async () => {
    const { ec2, fleet } = fleetOver(new FakeEc2())
    for (let id = 2; id < 100; id++) ec2.unattachable.add(`i-${id}`)
    for (let second = 0; second < 6 * 3_600; second += 10) {
      expect(await fleet.launchHost(HOST)).toMatchObject({ done: false })
      ec2.advance(10_000)
    }
    expect(ec2.requests.length).toBeLessThan(20)
  })

  it('to whatever instance is no progress', async () => {
    const { ec2, fleet } = fleetOver(new FakeEc2())
    for (let id = 2; id < 20; id++) ec2.unattachable.add(`i-${id}`)
    const troubles: unknown[] = []
    for (let second = 0; second < 600; second += 2) {
      const progress = await fleet.launchHost(HOST)
      if (!progress.done && second > 140) troubles.push(progress.trouble)
      ec2.advance(2_000)
    }
    expect(
      troubles.every((trouble) => /vol-1 was not attached to instance i-\d+/.test(String(trouble))),
    ).toBe(true)
    expect(ec2.requests.length).toBeGreaterThan(2)
    expect(ec2.requests.length).toBeLessThan(6)
  })
})
