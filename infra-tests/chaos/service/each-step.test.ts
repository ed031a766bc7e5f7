/**
 * kill -9 of the control plane at every document that it writes: operations are finished by its successors, nothing is
 * made twice, nothing is left. `npm run kill-each-step` does so for more operations than `npm test`.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateClusterV2Command,
  DeleteClusterCommand,
  DescribeClusterV2Command,
  KafkaClient,
  ListNodesCommand,
  UpdateBrokerCountCommand,
} from '@aws-sdk/client-kafka'
import { openSqliteStore } from '@freshet/coordination'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Child, startChild, stopChild } from '../../support/child.ts'
import { freePorts } from '../../support/ports.ts'
import { suite } from '../../support/requirements.ts'
import { sleep, waitFor } from '../../support/wait.ts'
import { bundleMortal } from './mortal-bundle.ts'

const DIST = join(import.meta.dirname, '..', '..', '..', 'dist')
const TOKEN = 'each-step'
const isLong = process.env.FRESHET_EACH_STEP === 'all'
const PATIENCE_MS = 240_000

suite('kill -9 of the control plane at every write', ['freshet'], () => {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-each-step-'))
  const hosts = join(folder, 'hosts')
  let port = 0
  let api: KafkaClient
  let agent: Child
  let isOver = false
  let lives: Promise<void>
  let ClusterArn = ''
  let program = ''

  beforeAll(async () => {
    ;[port = 0] = await freePorts(1)
    mkdirSync(hosts)
    const tokenFile = join(folder, 'agent-token')
    writeFileSync(tokenFile, TOKEN)
    program = await bundleMortal(folder)
    lives = liveAndDie()
    agent = startChild(
      process.execPath,
      [
        ...[join(DIST, 'host-agent.mjs'), '--hosts-dir', hosts, '--broker-bundle', join(DIST, 'broker.mjs')],
        ...['--control-plane', `http://127.0.0.1:${port}`],
      ],
      join(folder, 'agent.log'),
      { env: { FRESHET_AGENT_TOKEN_FILE: tokenFile, FRESHET_STOP_UNITS_ON_EXIT: '1' } },
    )
    api = new KafkaClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    })
  })

  afterAll(async () => {
    isOver = true
    await lives
    if (agent) await stopChild(agent, 40_000)
    api?.destroy()
    rmSync(program, { force: true })
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  })

  test('a cluster is created', { timeout: PATIENCE_MS }, async () => {
    const zones = ['subnet-0000000a', 'subnet-0000000b', 'subnet-0000000c']
    const create = new CreateClusterV2Command({
      ClusterName: 'mortal',
      Provisioned: {
        BrokerNodeGroupInfo: { ClientSubnets: zones, InstanceType: 'kafka.m7g.large' },
        KafkaVersion: '4.1.x',
        NumberOfBrokerNodes: 3,
      },
    })
    await asked(() => api.send(create))
    ClusterArn = `${(await documentOf('mortal')).clusterArn}`
    await ended(async () => (await state()) === 'ACTIVE')
    // The wish, a beginning and an end of each of six steps, and the history.
    expect(deaths('clusters/mortal')).toBeGreaterThanOrEqual(12)
    expect(await hostCount()).toBe(3)
  })

  if (isLong) {
    test.each([6, 3])('it has %i brokers', { timeout: PATIENCE_MS }, async (count) => {
      const CurrentVersion = `${(await documentOf('mortal')).currentVersion}`
      const before = deaths('clusters/mortal')
      await asked(() =>
        api.send(
          new UpdateBrokerCountCommand({ ClusterArn, CurrentVersion, TargetNumberOfBrokerNodes: count }),
        ),
      )
      await ended(async () => (await state()) === 'ACTIVE' && (await nodeCount()) === count)
      expect(deaths('clusters/mortal') - before).toBeGreaterThanOrEqual(12)
      expect(await hostCount()).toBe(count)
    })

    test('a host that is gone is replaced', { timeout: PATIENCE_MS }, async () => {
      const [victim = ''] = readdirSync(hosts)
      rmSync(join(hosts, victim), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
      await ended(async () => (await state()) === 'HEALING')
      await ended(async () => (await state()) === 'ACTIVE')
      expect(await hostCount()).toBe(3)
      expect(existsSync(join(hosts, victim, 'host.json'))).toBe(true)
    })
  }

  test('its brokers were started once each, and it is deleted without a trace', {
    timeout: PATIENCE_MS,
  }, async () => {
    for (const host of readdirSync(hosts)) {
      for (const unit of readdirSync(join(hosts, host, 'units'))) {
        const log = readFileSync(join(hosts, host, 'units', unit, 'broker.log'), 'utf8')
        expect([unit, log.match(/"broker started"/g)?.length ?? 0]).toEqual([unit, 1])
      }
    }
    await asked(() => api.send(new DeleteClusterCommand({ ClusterArn })))
    await ended(async () => (await documents()).length === 0)
    expect(await hostCount()).toBe(0)
    expect(readdirSync(join(folder, 'clusters'))).toEqual([])
  })

  /** One control plane after the other, each until its first write. */
  async function liveAndDie(): Promise<void> {
    while (!isOver) {
      const child = startChild(process.execPath, [program, folder, String(port)], join(folder, 'mortal.log'))
      while (child.isRunning() && !isOver) await sleep(5)
      if (isOver) await stopChild(child)
      expect(isOver || (await child.ended)).toBeOneOf([true, 'SIGKILL'])
    }
  }

  /** Whoever asks for a change hears no answer: the control plane has died of recording it. */
  async function asked(send: () => Promise<unknown>): Promise<void> {
    const before = deaths('clusters/mortal')
    await waitFor('a change to be recorded', 60_000, async () => {
      await send().catch(() => undefined)
      return deaths('clusters/mortal') > before
    })
  }

  function ended(condition: () => Promise<boolean>): Promise<true> {
    return waitFor('the operation to end', PATIENCE_MS - 10_000, () => condition().catch(() => false), 50)
  }

  function deaths(key: string): number {
    const log = join(folder, 'mortal.log')
    return existsSync(log) ? readFileSync(log, 'utf8').split(`wrote ${key}\n`).length - 1 : 0
  }

  async function state(): Promise<string | undefined> {
    return (await api.send(new DescribeClusterV2Command({ ClusterArn }))).ClusterInfo?.State
  }

  async function nodeCount(): Promise<number | undefined> {
    return (await api.send(new ListNodesCommand({ ClusterArn }))).NodeInfoList?.length
  }

  async function documents() {
    const store = openSqliteStore({ path: join(folder, 'control.db') })
    const all = await store.documents.list<Record<string, unknown>>('')
    await store.close()
    return all
  }

  async function documentOf(clusterName: string): Promise<Record<string, unknown>> {
    const found = (await documents()).find(({ key }) => key === `clusters/${clusterName}`)
    if (!found) throw new Error(`there is no cluster ${clusterName}`)
    return found.value
  }

  async function hostCount(): Promise<number> {
    return readdirSync(hosts).filter((host) => existsSync(join(hosts, host, 'host.json'))).length
  }
})
