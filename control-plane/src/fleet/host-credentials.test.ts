import { beforeEach, describe, expect, it } from 'vitest'
import { memoryDocuments } from '../testing/fixtures.ts'
import { HostCredentials, registrationToken } from './host-credentials.ts'

const SECRET = 'secret-of-the-fleet'
const CREDENTIAL = 'c'.repeat(64)
const documents = memoryDocuments()
let volumes: Map<string, string>
let refusals: string[]
let clock: { nowMs: number }

beforeEach(async () => {
  volumes = new Map([['h-1', 'vol-1']])
  refusals = []
  clock = { nowMs: 0 }
  for (const { key } of await documents.list('')) await documents.delete(key)
})

describe('a host', () => {
  it('speaks for itself, and for no other, once it has registered', async () => {
    const hosts = controlPlane()
    expect(await hosts.maySpeakFor('h-1', `Bearer ${CREDENTIAL}`)).toBe(false)
    expect(await hosts.register('h-1', token('h-1', 'vol-1'), CREDENTIAL)).toBe(true)
    expect(await hosts.maySpeakFor('h-1', `Bearer ${CREDENTIAL}`)).toBe(true)
    expect(await hosts.maySpeakFor('h-2', `Bearer ${CREDENTIAL}`)).toBe(false)
    expect(await hosts.maySpeakFor('h-1', undefined)).toBe(false)
    expect(await hosts.maySpeakFor('h-1', token('h-1', 'vol-1'))).toBe(false)
  })

  it('may repeat its registration, at any control plane, when the answer was lost', async () => {
    await controlPlane().register('h-1', token('h-1', 'vol-1'), CREDENTIAL)
    expect(await controlPlane().register('h-1', token('h-1', 'vol-1'), CREDENTIAL)).toBe(true)
    expect(await controlPlane().maySpeakFor('h-1', `Bearer ${CREDENTIAL}`)).toBe(true)
    expect(refusals).toEqual([])
  })

  it('registers anew with a new volume, and what it had before is void within a minute everywhere', async () => {
    const [hosts, other] = [controlPlane(), controlPlane()]
    await hosts.register('h-1', token('h-1', 'vol-1'), CREDENTIAL)
    expect(await other.maySpeakFor('h-1', `Bearer ${CREDENTIAL}`)).toBe(true)
    volumes.set('h-1', 'vol-2')
    expect(await hosts.register('h-1', token('h-1', 'vol-2'), 'another')).toBe(true)
    expect(await hosts.maySpeakFor('h-1', `Bearer ${CREDENTIAL}`)).toBe(false)
    expect(await other.maySpeakFor('h-1', `Bearer ${CREDENTIAL}`)).toBe(true)
    clock.nowMs += 60_000
    expect(await other.maySpeakFor('h-1', `Bearer ${CREDENTIAL}`)).toBe(false)
    expect(await other.maySpeakFor('h-1', 'Bearer another')).toBe(true)
  })

  it('that is gone speaks no more', async () => {
    const hosts = controlPlane()
    await hosts.register('h-1', token('h-1', 'vol-1'), CREDENTIAL)
    await hosts.forget('h-1')
    expect(await hosts.maySpeakFor('h-1', `Bearer ${CREDENTIAL}`)).toBe(false)
    expect(await documents.list('')).toEqual([])
  })

  it('is heard at once where it has not registered', async () => {
    const [hosts, other] = [controlPlane(), controlPlane()]
    expect(await other.maySpeakFor('h-1', `Bearer ${CREDENTIAL}`)).toBe(false)
    await hosts.register('h-1', token('h-1', 'vol-1'), CREDENTIAL)
    clock.nowMs += 1_000
    expect(await other.maySpeakFor('h-1', `Bearer ${CREDENTIAL}`)).toBe(true)
  })
})

describe('a registration is refused, and logged,', () => {
  it('when the token is used again with another credential', async () => {
    const hosts = controlPlane()
    await hosts.register('h-1', token('h-1', 'vol-1'), CREDENTIAL)
    expect(await hosts.register('h-1', token('h-1', 'vol-1'), 'of-a-thief')).toBe(false)
    expect(await hosts.maySpeakFor('h-1', 'Bearer of-a-thief')).toBe(false)
    expect(await hosts.maySpeakFor('h-1', `Bearer ${CREDENTIAL}`)).toBe(true)
    expect(refusals).toEqual(['h-1: the token of volume vol-1 was used before, with another credential'])
  })

  it('when the token is of a volume that the host no longer has', async () => {
    volumes.set('h-1', 'vol-2')
    expect(await controlPlane().register('h-1', token('h-1', 'vol-1'), CREDENTIAL)).toBe(false)
    expect(refusals).toEqual(["h-1: the token is of volume vol-1, which is not the host's"])
  })

  it.each([
    ['of another host', token('h-2', 'vol-1')],
    ['of another fleet', `Bearer ${registrationToken('another', 'h-1', 'vol-1')}`],
    ['made up', 'Bearer vol-1.00'],
    ['missing', undefined],
  ])('when the token is %s', async (_name, authorization) => {
    expect(await controlPlane().register('h-1', authorization, CREDENTIAL)).toBe(false)
    expect(refusals).toEqual(['h-1: the token is not of this host'])
  })
})

it('of two agents that register at once with different credentials one is accepted', async () => {
  const outcomes = await Promise.all(
    ['a', 'b'].map((credential) => controlPlane().register('h-1', token('h-1', 'vol-1'), credential)),
  )
  expect(outcomes.sort()).toEqual([false, true])
})

it('lets whoever knows the secret of the fleet speak for every host', async () => {
  expect(await controlPlane().maySpeakFor('h-9', `Bearer ${SECRET}`)).toBe(true)
})

function controlPlane(): HostCredentials {
  return new HostCredentials({
    documents,
    agentToken: SECRET,
    volumeOf: async (hostId) => volumes.get(hostId),
    log: { info() {}, error: (_message, fields) => refusals.push(`${fields?.hostId}: ${fields?.reason}`) },
    now: () => clock.nowMs,
  })
}

function token(hostId: string, volumeId: string): string {
  return `Bearer ${registrationToken(SECRET, hostId, volumeId)}`
}
