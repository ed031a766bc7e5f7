import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { HostSpecification } from '../../model/host.ts'
import { fleetOver, HOST } from '../../testing/ec2-fleet.ts'
import { FakeEc2, type Fault } from '../../testing/fake-ec2.ts'
import type { FleetDriver, Progress } from '../driver.ts'

/**
 * Whatever EC2 answers, and whenever the control plane starts anew: a wanted host is one instance and one volume, never
 * two at any moment; an unwanted one is nothing.
 */

const HOSTS: HostSpecification[] = [HOST, { hostId: 'shared-us-east-1b-1', zone: 'us-east-1b' }]
const MAX_LAG_MS = 8_000
const TURNS = 400
const NO_CAPACITY = { code: 'Server.InsufficientInstanceCapacity', message: 'Insufficient capacity' }

const code = fc.constantFrom('TimeoutError', 'RequestLimitExceeded', 'InternalError')
const fault: fc.Arbitrary<Fault | undefined> = fc.option(
  fc.oneof(
    fc.record({ code, when: fc.constant('BEFORE' as const) }),
    fc.record({ code: fc.constant('TimeoutError'), when: fc.constant('AFTER' as const) }),
  ),
  { nil: undefined },
)
const turn = fc.record({
  hosts: fc.subarray([0, 1], { minLength: 1 }),
  event: fc.constantFrom('NONE', 'NONE', 'RESTART', 'KILL', 'NO_CAPACITY', 'CAPACITY', 'END_AT_ONCE'),
  passMs: fc.integer({ min: 0, max: 6_000 }),
})
const phase = fc.array(turn, { maxLength: 15 })
const faults = fc.array(fault, { maxLength: 60 })
const lags = fc.array(fc.integer({ min: 0, max: MAX_LAG_MS }), { minLength: 1, maxLength: 20 })

it.each([
  ['eventually consistent, with client tokens, as AWS', true],
  ['consistent, without client tokens, as LocalStack', false],
])('holds on an EC2 that is %s', async (_name, isAws) => {
  await fc.assert(
    fc.asyncProperty(phase, phase, faults, lags, async (coming, going, injected, lagsMs) => {
      const ec2 = new FakeEc2()
      ec2.honoursTokens = isAws
      const pending = [...injected]
      ec2.nextFault = () => pending.shift()
      let looks = 0
      ec2.nextLagMs = () => (isAws ? lagsMs[looks++ % lagsMs.length]! : 0)

      await play(ec2, coming, (fleet, host) => fleet.launchHost(host))
      const { fleet } = fleetOver(ec2)
      ec2.refused.clear()
      ec2.endingAtOnce.clear()
      // An instance that has just been lost is still shown, and asked for again only when it no longer is.
      ec2.advance(MAX_LAG_MS + 10_000)
      await finish(ec2, (host) => fleet.launchHost(host))
      expectOneOfEach(ec2)

      pending.push(...injected)
      await play(ec2, going, (driver, host) => driver.terminateHost(host.hostId))
      const last = fleetOver(ec2).fleet
      await finish(ec2, (host) => last.terminateHost(host.hostId))
      expect([ec2.liveInstances(), ec2.liveVolumes()]).toEqual([[], []])
    }),
    { numRuns: 100, seed: 20_261_121 },
  )
})

it('leaves nothing of a host whose launch was broken off at any point', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 8 }), faults, lags, async (steps, injected, lagsMs) => {
      const ec2 = new FakeEc2()
      const pending = [...injected]
      ec2.nextFault = () => pending.shift()
      let looks = 0
      ec2.nextLagMs = () => lagsMs[looks++ % lagsMs.length]!
      const { fleet } = fleetOver(ec2)
      for (let step = 0; step < steps; step++) {
        await ask(() => fleet.launchHost(HOST))
        ec2.advance(2_000)
      }
      await finish(ec2, ({ hostId }) => fleet.terminateHost(hostId))
      expect([ec2.liveInstances(), ec2.liveVolumes()]).toEqual([[], []])
    }),
    { numRuns: 100, seed: 20_261_121 },
  )
})

const harm = fc.constantFrom('END', 'STOP', 'IMPAIR', 'LOSE', 'DETACH')
const stuck = fc.record({ unending: fc.boolean(), undetachable: fc.boolean() })

it('replaces a failed host by one instance with one volume, its own unless that is lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      harm,
      stuck,
      fc.array(turn, { maxLength: 15 }),
      faults,
      lags,
      async (kind, { unending, undetachable }, turns, injected, lagsMs) => {
        const ec2 = new FakeEc2()
        const before = fleetOver(ec2)
        await before.launch()
        const [volume] = ec2.liveVolumes()
        if (unending) for (const { instanceId } of ec2.liveInstances()) ec2.unending.add(instanceId)
        if (undetachable) ec2.undetachable.add(volume!.volumeId)
        inflict(kind, ec2)
        ec2.advance(MAX_LAG_MS + 10_000)
        const failure = (await before.fleet.findFailures(new Set([HOST.hostId]))).get(HOST.hostId)!
        const pending = [...injected]
        ec2.nextFault = () => pending.shift()
        let looks = 0
        ec2.nextLagMs = () => lagsMs[looks++ % lagsMs.length]!
        let { fleet } = before
        for (const { event, passMs } of turns) {
          if (event === 'RESTART') fleet = fleetOver(ec2).fleet
          await ask(() => fleet.replaceHost(HOST, failure))
          expectNoTwins(ec2)
          ec2.advance(passMs)
        }
        await finishHost(ec2, () => fleet.replaceHost(HOST, failure))
        const [instance, ...others] = ec2.liveInstances()
        expect(others).toEqual([])
        expect(instance?.instanceId).not.toBe(failure.instanceId)
        const attached = ec2.liveVolumes().filter(({ attachment }) => attachment !== undefined)
        expect(attached.map(({ attachment }) => attachment?.instanceId)).toEqual([instance?.instanceId])
        expect(attached[0]?.volumeId === volume?.volumeId).toBe(kind !== 'LOSE')
        // All that was ever made for it goes with it.
        await finishHost(ec2, () => fleet.terminateHost(HOST.hostId))
        expect([ec2.liveInstances(), ec2.liveVolumes()]).toEqual([[], []])
      },
    ),
    { numRuns: 150, seed: 20_261_121 },
  )
})

function inflict(kind: typeof harm extends fc.Arbitrary<infer T> ? T : never, ec2: FakeEc2): void {
  const [instance] = ec2.liveInstances()
  const [volume] = ec2.liveVolumes()
  if (kind === 'END') ec2.kill(instance!.instanceId)
  if (kind === 'STOP') ec2.stop(instance!.instanceId)
  if (kind === 'IMPAIR') ec2.impaired.add(instance!.instanceId)
  if (kind === 'LOSE') ec2.lose(volume!.volumeId, 'deleted')
  if (kind === 'DETACH') void ec2.detachVolume(volume!.volumeId, instance!.instanceId)
}

type Turn = typeof turn extends fc.Arbitrary<infer T> ? T : never

async function play(
  ec2: FakeEc2,
  turns: readonly Turn[],
  step: (fleet: FleetDriver, host: HostSpecification) => Promise<Progress>,
) {
  let { fleet } = fleetOver(ec2)
  for (const { hosts, event, passMs } of turns) {
    if (event === 'RESTART') fleet = fleetOver(ec2).fleet
    if (event === 'KILL') for (const { instanceId } of ec2.liveInstances()) ec2.kill(instanceId)
    if (event === 'NO_CAPACITY') ec2.refused.set('m7g.large on-demand', 'InsufficientInstanceCapacity')
    if (event === 'END_AT_ONCE') ec2.endingAtOnce.set('m7g.large on-demand', NO_CAPACITY)
    if (event === 'CAPACITY') {
      ec2.refused.clear()
      ec2.endingAtOnce.clear()
    }
    for (const index of hosts) await ask(() => step(fleet, HOSTS[index]!))
    expectNoTwins(ec2)
    ec2.advance(passMs)
  }
}

async function finish(ec2: FakeEc2, step: (host: HostSpecification) => Promise<Progress>) {
  for (const host of HOSTS) await finishHost(ec2, () => step(host))
}

async function finishHost(ec2: FakeEc2, step: () => Promise<Progress>) {
  let isDone = false
  for (let count = 0; count < TURNS && !isDone; count++) {
    isDone = (await ask(step))?.done ?? false
    expectNoTwins(ec2)
    ec2.advance(2_000)
  }
  expect(isDone, `done within ${TURNS} turns`).toBe(true)
}

/** An error is no answer: the reconciler asks again. */
async function ask(step: () => Promise<Progress>): Promise<Progress | undefined> {
  try {
    return await step()
  } catch (error) {
    expect(['TimeoutError', 'InternalError']).toContain(error instanceof Error ? error.name : error)
    return undefined
  }
}

function expectNoTwins(ec2: FakeEc2) {
  const hostIds = ec2.liveInstances().map(({ tags }) => tags['freshet:host'])
  expect(new Set(hostIds).size).toBe(hostIds.length)
  expect(ec2.liveVolumes().length).toBeLessThanOrEqual(HOSTS.length)
}

function expectOneOfEach(ec2: FakeEc2) {
  const instances = ec2.liveInstances()
  expect(instances.map(({ tags }) => tags['freshet:host']).sort()).toEqual(HOSTS.map(({ hostId }) => hostId))
  const holders = ec2.liveVolumes().map(({ attachment }) => attachment?.instanceId)
  expect(holders.sort()).toEqual(instances.map(({ instanceId }) => instanceId).sort())
}
