/** The agent's side of the sync with real sockets and control planes that only pretend. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ControlPlanes } from './control-planes.ts'
import { type Credential, registeredCredential, sharedSecret } from './credential.ts'
import { createLog } from './log.ts'
import { SyncClient } from './sync.ts'
import { SPEC } from './testing/driver.ts'
import { FakeControlPlane, REGISTRATION_TOKEN, TOKEN } from './testing/fake-control-plane.ts'
import type { HostNotice } from './types.ts'

let folder = ''
let client: SyncClient | undefined
let controlPlanes: FakeControlPlane[] = []
let applied: string[] = []
let lines: string[] = []
let notices: readonly HostNotice[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-sync-'))
  writeFileSync(join(folder, 'token'), TOKEN)
  controlPlanes = [new FakeControlPlane(), new FakeControlPlane()]
  for (const each of controlPlanes) await each.listen()
  applied = []
  lines = []
  notices = []
})

afterEach(async () => {
  client?.close()
  for (const each of controlPlanes) await each.close()
  rmSync(folder, { recursive: true })
})

test('finds the control plane that leads, and the next one when the lead changes', async () => {
  const [first, second] = controlPlanes as [FakeControlPlane, FakeControlPlane]
  first.isStandby = true
  second.want(SPEC)
  start(urls())
  await expect.poll(() => applied).toEqual(['b-1'])
  expect(first.hosts.size).toBe(0)
  first.isStandby = false
  // Revisions follow from the content: the same one would mean the same units.
  first.want()
  first.want({ ...SPEC, unitId: 'b-2' }, SPEC)
  second.isStandby = true
  client?.kick()
  await expect.poll(() => applied).toEqual(['b-1', 'b-2', 'b-1'])
})

test('passes over addresses where nobody answers, and tells of each once', async () => {
  const [first, second] = controlPlanes as [FakeControlPlane, FakeControlPlane]
  const addresses = urls()
  await first.close()
  second.isStandby = true
  start(addresses)
  await expect.poll(() => warnings()).toHaveLength(2)
  const { syncs } = second
  await expect.poll(() => second.syncs).toBeGreaterThan(syncs + 3)
  expect(warnings()).toEqual([
    expect.stringContaining(`${addresses[0]}: connect ECONNREFUSED`),
    expect.stringContaining(`${addresses[1]}: /internal/hosts/h-1/sync answered 503`),
  ])
  second.isStandby = false
  second.want(SPEC)
  await expect.poll(() => applied).toEqual(['b-1'])
})

test('registers a credential that it keeps, once, and again after a restart or when it is not accepted', async () => {
  const [first] = controlPlanes as [FakeControlPlane]
  first.want(SPEC)
  writeFileSync(join(folder, 'registration-token'), REGISTRATION_TOKEN)
  const boot = () => start([urls()[0]!], registeredCredential(folder, join(folder, 'registration-token')))
  boot()
  await expect.poll(() => applied).toEqual(['b-1'])
  const kept = readFileSync(join(folder, 'credential'), 'utf8')
  expect(first.registrations).toEqual([kept])
  expect(kept).toMatch(/^[0-9a-f]{64}$/)
  client?.close()
  boot()
  // Who has units has read the answer: registering alone comes before it.
  await expect.poll(() => applied).toEqual(['b-1', 'b-1'])
  expect(first.registrations).toEqual([kept, kept])
  first.credential = undefined
  client?.kick()
  await expect.poll(() => first.registrations).toEqual([kept, kept, kept])
  expect(applied).toEqual(['b-1', 'b-1'])
})

test('whose registration is refused goes on asking, and applies nothing', async () => {
  const [first] = controlPlanes as [FakeControlPlane]
  first.credential = 'of somebody who was faster'
  first.want(SPEC)
  writeFileSync(join(folder, 'registration-token'), REGISTRATION_TOKEN)
  start([urls()[0]!], registeredCredential(folder, join(folder, 'registration-token')))
  await expect.poll(() => first.registrations.length).toBeGreaterThan(2)
  expect(applied).toEqual([])
  expect(warnings()).toEqual([expect.stringContaining('/internal/hosts/h-1/register answered 401')])
})

test('tells what is announced for its instance', async () => {
  const [first] = controlPlanes as [FakeControlPlane]
  start(urls())
  await expect.poll(() => first.hosts.size).toBe(1)
  notices = [{ kind: 'SPOT_INTERRUPTION', detail: 'terminate', notBefore: '2026-11-21T08:22:00Z' }]
  client?.kick()
  await expect.poll(() => first.notices).toEqual(notices)
})

test('finds control planes that took the places of all that it was started with, also after a restart', async () => {
  const [first, second] = controlPlanes as [FakeControlPlane, FakeControlPlane]
  const [firstUrl, secondUrl] = urls()
  first.controlPlanes = [firstUrl!, secondUrl!]
  start([firstUrl!])
  // Who asks again has read the first answer, and with it the addresses.
  await expect.poll(() => first.syncs).toBeGreaterThan(1)
  await first.close()
  second.want(SPEC)
  await expect.poll(() => applied).toEqual(['b-1'])
  client?.close()
  start([firstUrl!])
  await expect.poll(() => applied).toEqual(['b-1', 'b-1'])
})

test('keeps what it knows when it is told of something that is no address', async () => {
  const [first] = controlPlanes as [FakeControlPlane]
  first.controlPlanes = ['file:///etc/passwd']
  first.want(SPEC)
  start([urls()[0]!])
  await expect.poll(() => warnings()).toEqual([expect.stringContaining('is no http(s) URL')])
  expect(applied).toEqual([])
  first.controlPlanes = undefined
  await expect.poll(() => applied).toEqual(['b-1'])
})

function start(
  addresses: readonly string[],
  credential: Credential = sharedSecret(join(folder, 'token')),
): void {
  const log = createLog((line) => lines.push(line), Date.now)
  client = new SyncClient({
    controlPlanes: new ControlPlanes({ given: addresses, hostDir: folder, log }),
    hostId: 'h-1',
    credential,
    statuses: () => [],
    notices: () => notices,
    apply: (specs) => applied.push(...specs.map(({ unitId }) => unitId)),
    log,
    retryMs: { first: 1, longest: 20 },
  })
  void client.run()
}

function urls(): string[] {
  return controlPlanes.map(({ port }) => `http://127.0.0.1:${port}`)
}

function warnings(): string[] {
  return lines.filter((line) => line.includes('sync failed'))
}
