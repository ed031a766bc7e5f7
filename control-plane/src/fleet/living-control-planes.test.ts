import { expect, it, vi } from 'vitest'
import { memoryDocuments, NOW } from '../testing/fixtures.ts'
import { LivingControlPlanes } from './living-control-planes.ts'

const KNOWN = ['http://10.0.0.1:9690', 'http://10.0.1.1:9690']

function service() {
  const documents = memoryDocuments()
  const clock = { nowMs: NOW }
  const onChange = vi.fn()
  const announce = vi.fn(async () => undefined)
  const now = () => clock.nowMs
  const controlPlane = (holder: string, url: string) =>
    new LivingControlPlanes({ documents, holder, url, known: KNOWN, now, onChange, announce })
  return { documents, clock, controlPlane, onChange, announce }
}

it('tells of those that live before those that are only known', async () => {
  const { controlPlane } = service()
  const [one, other] = [controlPlane('a 1:9690', KNOWN[1]!), controlPlane('b 2:9690', 'http://10.0.2.9:9690')]
  await one.look()
  await other.look()
  await one.look()
  expect(one.urls).toEqual(['http://10.0.1.1:9690', 'http://10.0.2.9:9690', 'http://10.0.0.1:9690'])
})

it('no longer tells of one that has been silent for a while, and forgets it at last', async () => {
  const { documents, clock, controlPlane } = service()
  const [one, other] = [controlPlane('a 1:9690', KNOWN[0]!), controlPlane('b 2:9690', 'http://10.0.2.9:9690')]
  await other.look()
  await one.look()
  expect(one.urls).toContain('http://10.0.2.9:9690')
  clock.nowMs += 100_000
  await one.look()
  expect(one.urls).toEqual(KNOWN)
  expect(await documents.list('control-planes/')).toHaveLength(2)
  clock.nowMs += 3_600_000
  await one.look()
  expect(await documents.list('control-planes/')).toHaveLength(1)
})

it('has nothing to tell where there is only one', async () => {
  const documents = memoryDocuments()
  const alone = new LivingControlPlanes({
    ...{ documents, holder: 'alone', now: () => NOW },
    ...{ onChange: vi.fn(), announce: vi.fn() },
  })
  await alone.look()
  expect([alone.urls, await documents.list('')]).toEqual([undefined, []])
})

it('says when others live than before, and renews its own entry more rarely than it looks', async () => {
  const { documents, clock, controlPlane, onChange } = service()
  const [one, other] = [controlPlane('a 1:9690', KNOWN[0]!), controlPlane('b 2:9690', 'http://10.0.2.9:9690')]
  await one.look()
  expect(onChange).toHaveBeenCalledTimes(1)
  const entry = () => documents.get('control-planes/a_1:9690')
  const before = await entry()
  clock.nowMs += 5_000
  await one.look()
  expect(await entry()).toEqual(before)
  expect(onChange).toHaveBeenCalledTimes(1)
  await other.look()
  onChange.mockClear()
  await one.look()
  expect(onChange).toHaveBeenCalledTimes(1)
  clock.nowMs += 15_000
  await one.look()
  expect(await entry()).not.toEqual(before)
})

it('is announced to the one that leads when it is new, until that has succeeded', async () => {
  const { clock, controlPlane, announce } = service()
  const one = controlPlane('a 1:9690', KNOWN[0]!)
  announce.mockRejectedValueOnce(new Error('throttled'))
  await expect(one.look()).rejects.toThrow('throttled')
  await one.look()
  expect(announce).toHaveBeenCalledTimes(2)
  clock.nowMs += 20_000
  await one.look()
  expect(announce).toHaveBeenCalledTimes(2)
})

it('is no longer told of once it has left', async () => {
  const { controlPlane, announce } = service()
  const [one, other] = [controlPlane('a 1:9690', KNOWN[0]!), controlPlane('b 2:9690', 'http://10.0.2.9:9690')]
  await other.look()
  await one.look()
  announce.mockClear()
  await other.leave()
  expect(announce).toHaveBeenCalledTimes(1)
  await one.look()
  expect(one.urls).toEqual(KNOWN)
})
