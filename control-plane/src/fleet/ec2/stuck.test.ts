import { describe, expect, it } from 'vitest'
import { fleetOver, HOST } from '../../testing/ec2-fleet.ts'
import { FakeEc2 } from '../../testing/fake-ec2.ts'

describe('an instance that does not end', () => {
  it('is ended by force after five minutes, and only then another one gets the volume', async () => {
    const { ec2, fleet, launch } = fleetOver(new FakeEc2())
    await launch()
    ec2.unending.add('i-2')
    ec2.kill('i-2')
    for (let second = 0; second < 298; second += 2) {
      expect(await fleet.replaceHost(HOST, {})).toMatchObject({ done: false })
      ec2.advance(2_000)
    }
    expect(ec2.instance('i-2').state).toBe('shutting-down')
    expect(ec2.volume('vol-1').attachment).toMatchObject({ instanceId: 'i-2', state: 'attached' })
    expect(ec2.requests).toHaveLength(1)
    ec2.advance(2_000)
    expect(await fleet.replaceHost(HOST, {})).toEqual({
      done: false,
      waitingFor:
        'host h-1: its former instance is shutting down (instance i-2 was still shutting down after 300 s)',
      trouble: 'instance i-2 was still shutting down after 300 s',
    })
    await launch()
    expect(ec2.liveInstances()).toMatchObject([{ instanceId: 'i-3' }])
    expect(ec2.liveVolumes()).toMatchObject([{ volumeId: 'vol-1', attachment: { instanceId: 'i-3' } }])
  })

  it('keeps its volume for as long, though another instance of the host is there', async () => {
    const { ec2, fleet, launch } = fleetOver(new FakeEc2())
    await launch()
    const [request] = ec2.requests
    ec2.unending.add('i-2')
    ec2.kill('i-2')
    await ec2.runInstance({ ...request!, clientToken: 'another' })
    ec2.advance(4_000)
    expect(await fleet.launchHost(HOST)).toMatchObject({
      waitingFor: 'host h-1: volume vol-1 is held by i-2, which is shutting down',
    })
    expect(ec2.volume('vol-1').attachment).toMatchObject({ instanceId: 'i-2', state: 'attached' })
  })

  it('does not keep an unwanted host for ever', async () => {
    const { ec2, launch, fleet } = fleetOver(new FakeEc2())
    await launch()
    ec2.unending.add('i-2')
    ec2.undetachable.add('vol-1')
    expect(await secondsUntilDone(ec2, () => fleet.terminateHost(HOST.hostId))).toBeLessThan(440)
    expect([ec2.liveInstances(), ec2.liveVolumes()]).toEqual([[], []])
  })
})

describe('a volume that stays detaching', () => {
  it('from an instance that has ended is detached by force after two minutes, and the reason is told', async () => {
    const { ec2, launch, fleet } = fleetOver(new FakeEc2())
    await launch()
    ec2.undetachable.add('vol-1')
    ec2.kill('i-2')
    const troubles = new Set<unknown>()
    const seconds = await secondsUntilDone(ec2, async () => {
      const progress = await fleet.replaceHost(HOST, {})
      if (!progress.done) troubles.add(progress.trouble)
      return progress
    })
    expect(seconds).toBeGreaterThan(120)
    expect(seconds).toBeLessThan(150)
    expect([...troubles]).toEqual([
      undefined,
      'volume vol-1 was still detaching from instance i-2, which has ended, after 120 s',
    ])
    expect(ec2.liveVolumes()).toMatchObject([{ volumeId: 'vol-1', attachment: { instanceId: 'i-3' } }])
  })

  it('from an instance that EC2 does not show as ended is left alone: it may write', async () => {
    const { ec2, launch, fleet } = fleetOver(new FakeEc2())
    await launch()
    ec2.undetachable.add('vol-1')
    await ec2.detachVolume('vol-1', 'i-2')
    for (let second = 0; second < 3_600; second += 10) {
      expect(await fleet.launchHost(HOST)).toMatchObject({
        waitingFor: 'host h-1: volume vol-1 is detaching',
      })
      ec2.advance(10_000)
    }
    expect(ec2.instance('i-2').state).toBe('running')
  })

  it('from a running instance counts as detached, for the day that its agent is silent', async () => {
    const { ec2, launch, fleet, replace } = fleetOver(new FakeEc2())
    await launch()
    ec2.undetachable.add('vol-1')
    await ec2.detachVolume('vol-1', 'i-2')
    const failure = (await fleet.findFailures(new Set(['h-1']))).get('h-1')!
    expect(failure).toEqual({
      kind: 'VOLUME_DETACHED',
      instanceId: 'i-2',
      reason: 'Its data volume is detaching from i-2',
    })
    await replace(failure)
    expect(ec2.liveVolumes()).toMatchObject([{ volumeId: 'vol-1', attachment: { instanceId: 'i-3' } }])
  })
})

async function secondsUntilDone(
  ec2: FakeEc2,
  ask: () => Promise<{ readonly done: boolean }>,
): Promise<number> {
  for (let second = 0; second < 1_000; second += 2) {
    if ((await ask()).done) return second
    ec2.advance(2_000)
  }
  throw new Error('It is never done')
}
