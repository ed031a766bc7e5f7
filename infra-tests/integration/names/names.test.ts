/**
 * An agent that knows the control planes by their name only: its resolver, as the machine's C library has it, asks a name
 * server for what the control plane's own code has written into Route 53.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryStore } from '@freshet/coordination'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openZone } from '../../../control-plane/src/dns/route53.ts'
import { ServiceRecord, serviceUrl } from '../../../control-plane/src/dns/service-record.ts'
import { type Child, startChild, stopChild } from '../../support/child.ts'
import { freePorts } from '../../support/ports.ts'
import { suite } from '../../support/requirements.ts'
import { PATIENCE_MS, waitFor } from '../../support/wait.ts'
import { type DnsServer, startDnsServer } from './dns-server.ts'
import { type FakeRoute53, startFakeRoute53 } from './fake-route53.ts'

const ZONE = 'freshet.internal.'
const programs = join(import.meta.dirname, '..', '..', '..', 'dist')
/** On loopback, this process's own: name servers listen at port 53. */
const loopback = (last: number) => `127.${64 + (process.pid >> 16)}.${(process.pid >> 8) & 255}.${last}`
const NAME_SERVER = loopback(2)

suite('the name of the control planes', ['freshet', 'mounts'], () => {
  let folder: string
  let port: number
  let route53: FakeRoute53
  let dns: DnsServer
  let record: ServiceRecord
  let living: readonly string[] = []
  let controlPlane: Child | undefined
  let agent: Child | undefined

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'freshet-names-'))
    mkdirSync(join(folder, 'hosts'))
    writeFileSync(join(folder, 'agent-token'), 'names-secret\n')
    ;[port = 0] = await freePorts(1)
    route53 = await startFakeRoute53()
    dns = await startDnsServer(NAME_SERVER, route53.records)
    record = new ServiceRecord({
      zone: openZone('Z1', {
        region: 'us-east-1',
        endpoint: route53.url,
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      }),
      zoneName: ZONE,
      documents: createMemoryStore({ now: Date.now }).documents,
      living: () => living,
    })
    agent = startAgent()
  })

  afterAll(async () => {
    agent?.process.kill('SIGTERM')
    await agent?.ended
    if (controlPlane) await stopChild(controlPlane)
    dns?.close()
    route53?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('leads an agent to a control plane wherever it is, and to its successor at another address', async () => {
    await serveAt(loopback(3))
    await waitFor(
      `the agent to ask for a name that is not there yet; ${agent?.log()}`,
      PATIENCE_MS,
      async () => dns.asked.includes('control-plane.freshet.internal'),
    )
    expect([...route53.records]).toEqual([])
    await record.refresh()
    await healthy(loopback(3))
    await stopChild(controlPlane!)
    await serveAt(loopback(4))
    await record.refresh()
    await healthy(loopback(4))
    expect([...route53.records.values()]).toEqual([[loopback(4)]])
  }, 240_000)

  /** A control plane with a cluster, for whose hosts the agent asks. */
  async function serveAt(address: string): Promise<void> {
    const flags = ['--data', folder, '--listen', address, '--port', String(port), '--quickstart']
    controlPlane = startChild(
      process.execPath,
      [join(programs, 'control-plane.mjs'), ...flags],
      join(folder, 'control-plane.log'),
    )
    await waitFor(
      `a control plane at ${address}`,
      PATIENCE_MS,
      async () => (await health(address)) !== undefined,
    )
    living = [`http://${address}:${port}`]
  }

  /** Its cluster serves, and no host is without an agent that speaks to this very control plane. */
  async function healthy(address: string): Promise<void> {
    await waitFor(`agents at ${address}; ${agent?.log()}`, PATIENCE_MS, async () => {
      const { status, clusters } = (await health(address)) ?? {}
      return status === 'ok' && clusters?.[0]?.state === 'ACTIVE'
    })
  }

  async function health(address: string) {
    const response = await fetch(`http://${address}:${port}/health`).catch(() => undefined)
    return response?.ok
      ? ((await response.json()) as { status: string; clusters: { state: string }[] })
      : undefined
  }

  /** In a mount namespace of its own, in which the name server is the machine's. */
  function startAgent(): Child {
    writeFileSync(join(folder, 'resolv.conf'), `nameserver ${NAME_SERVER}\noptions timeout:1 attempts:1\n`)
    writeFileSync(join(folder, 'nsswitch.conf'), 'hosts: files dns\n')
    const mounts = ['resolv.conf', 'nsswitch.conf'].map(
      (file) => `mount --bind ${folder}/${file} /etc/${file}`,
    )
    const program = [
      process.execPath,
      join(programs, 'host-agent.mjs'),
      ...['--hosts-dir', join(folder, 'hosts'), '--control-plane', serviceUrl(ZONE, port)],
      ...['--broker-bundle', join(programs, 'broker.mjs')],
    ]
    return startChild(
      'unshare',
      ['--mount', 'sh', '-c', `${mounts.join(' && ')} && exec "$@"`, 'sh', ...program],
      join(folder, 'agent.log'),
      {
        env: {
          FRESHET_AGENT_TOKEN_FILE: join(folder, 'agent-token'),
          FRESHET_STOP_UNITS_ON_EXIT: '1',
        },
      },
    )
  }
})
