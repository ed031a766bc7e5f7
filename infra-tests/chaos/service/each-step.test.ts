/**
 * kill -9 of the control plane at every document that it writes: operations are finished by its successors, nothing is
 * made twice, nothing is left. `npm test` does so while a cluster comes and goes, `npm run kill-each-step` for every type of operation.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateClusterV2Command,
  DeleteClusterCommand,
  DescribeClusterV2Command,
  GetBootstrapBrokersCommand,
  KafkaClient,
  ListClusterOperationsV2Command,
} from '@aws-sdk/client-kafka'
import { openSqliteStore } from '@freshet/coordination'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { STEPS } from '../../../control-plane/src/model/operation-steps.ts'
import { type Child, startChild, stopChild } from '../../support/child.ts'
import { askOperator, type OperatedHost } from '../../support/operator.ts'
import { freePorts } from '../../support/ports.ts'
import { suite } from '../../support/requirements.ts'
import { titledUpdates } from '../../support/updates.ts'
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
    expect([...starts().values()]).toEqual([1, 1, 1])
  })

  if (isLong) {
    test('it has partitions that can move', async () => {
      const brokers = await waitFor('the bootstrap brokers', 30_000, async () => {
        const { BootstrapBrokerString } = await api.send(new GetBootstrapBrokersCommand({ ClusterArn }))
        return BootstrapBrokerString?.split(',')
      })
      const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
      const admin = kafka.admin()
      await admin.connect()
      const topics = [{ topic: 'orders', numPartitions: 6, replicationFactor: 3 }]
      await admin.createTopics({ topics, waitForLeaders: true })
      await admin.disconnect()
    })

    test.each(titledUpdates)('%s', { timeout: PATIENCE_MS }, async (_title, { type, restarts, ask }) => {
      const deathsBefore = deaths('clusters/mortal')
      const startsBefore = starts()
      await asked(async () => {
        const CurrentVersion = `${(await documentOf('mortal')).currentVersion}`
        await ask(api, { ClusterArn, CurrentVersion })
      })
      await operationEnded(type)
      const stepCount = STEPS[type as keyof typeof STEPS].length
      // The wish, a beginning and an end of each step.
      expect(deaths('clusters/mortal') - deathsBefore).toBeGreaterThanOrEqual(1 + 2 * stepCount)
      expect(await hostCount()).toBe(type === 'INCREASE_BROKER_COUNT' ? 6 : 3)
      expectStarted(startsBefore, restarts)
    })

    test.each([
      ['replace', 'REPLACE_HOST', 1],
      ['drain', 'MOVE_BROKERS', 0],
      ['terminate', 'MOVE_BROKERS', 0],
    ] as const)('a host of it: %s', { timeout: PATIENCE_MS }, async (what, type, restarts) => {
      const [broker] = (await documentOf('mortal')).brokers as { hostId: string }[]
      const { hostId } = broker!
      const startsBefore = starts()
      const path = `/freshet/v1/hosts/${hostId}`
      await asked(() => askOperator(endpoint(), 'POST', `${path}/${what}`), `hosts/${hostId}`)
      await operationEnded(type)
      await ended(async () => {
        const { hosts: left } = await askOperator<{ hosts: OperatedHost[] }>(
          endpoint(),
          'GET',
          '/freshet/v1/hosts',
        )
        const host = left.find((each) => each.hostId === hostId)
        return what === 'terminate' ? host === undefined : host?.operation?.state === 'COMPLETE'
      })
      expectStarted(startsBefore, restarts)
      if (what !== 'drain') return
      // It stays, empty, until somebody gives it back.
      await asked(() => askOperator(endpoint(), 'POST', `${path}/terminate`), `hosts/${hostId}`)
      await ended(async () => !existsSync(join(hosts, hostId, 'host.json')))
    })

    test('a host that is gone is replaced', { timeout: PATIENCE_MS }, async () => {
      const [victim = ''] = readdirSync(hosts)
      rmSync(join(hosts, victim), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
      await ended(async () => (await state()) === 'HEALING')
      await ended(async () => (await state()) === 'ACTIVE')
      expect(await hostCount()).toBe(3)
      expect(existsSync(join(hosts, victim, 'host.json'))).toBe(true)
    })

    test('a serverless cluster comes and goes', { timeout: PATIENCE_MS }, async () => {
      const Serverless = { VpcConfigs: [{ SubnetIds: ['subnet-0000000a', 'subnet-0000000b'] }] }
      const create = new CreateClusterV2Command({ ClusterName: 'small', Serverless })
      await asked(() => api.send(create), 'clusters/small')
      const arn = `${(await documentOf('small')).clusterArn}`
      await ended(async () => (await state(arn)) === 'ACTIVE')
      expect(await hostCount()).toBe(6)
      await asked(() => api.send(new DeleteClusterCommand({ ClusterArn: arn })), 'clusters/small')
      await ended(async () => !(await documents()).some(({ key }) => key.includes('small')))
      expect(await hostCount()).toBe(3)
    })
  }

  test('it is deleted without a trace', { timeout: PATIENCE_MS }, async () => {
    await asked(() => api.send(new DeleteClusterCommand({ ClusterArn })))
    await ended(async () => (await documents()).every(({ key }) => key.startsWith('configurations/')))
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
  async function asked(send: () => Promise<unknown>, key = 'clusters/mortal'): Promise<void> {
    const before = deaths(key)
    const recorded = waitFor('a change to be recorded', 60_000, async () => {
      await send().catch(() => undefined)
      return deaths(key) > before
    })
    await Promise.race([recorded, nobodyLives()])
  }

  async function ended(condition: () => Promise<boolean>): Promise<void> {
    const end = waitFor(
      'the operation to end',
      PATIENCE_MS - 10_000,
      () => condition().catch(() => false),
      50,
    )
    await Promise.race([end, nobodyLives()])
  }

  /** A control plane that cannot start ends the test with its reason. */
  async function nobodyLives(): Promise<never> {
    await lives
    throw new Error('no control plane is started any more')
  }

  async function operationEnded(type: string): Promise<void> {
    await ended(async () => {
      const { ClusterOperationInfoList: [newest] = [] } = await api.send(
        new ListClusterOperationsV2Command({ ClusterArn }),
      )
      return newest?.OperationType === type && /_COMPLETE$/.test(newest.OperationState ?? '')
    })
    await ended(async () => (await state()) === 'ACTIVE')
  }

  /** How often each broker has started. */
  function starts(): Map<string, number> {
    const found = new Map<string, number>()
    for (const host of readdirSync(hosts)) {
      const units = join(hosts, host, 'units')
      for (const unit of existsSync(units) ? readdirSync(units) : []) {
        const log = readFileSync(join(units, unit, 'broker.log'), 'utf8')
        found.set(unit, log.match(/"broker started"/g)?.length ?? 0)
      }
    }
    return found
  }

  /** New brokers once, those that were to restart once more, and no other. */
  function expectStarted(before: ReadonlyMap<string, number>, restarts: number): void {
    let restarted = 0
    for (const [unit, count] of starts()) {
      const more = count - (before.get(unit) ?? 0)
      expect([unit, more]).toEqual([unit, before.has(unit) ? expect.toBeOneOf([0, 1]) : 1])
      if (before.has(unit)) restarted += more
    }
    expect(restarted).toBe(restarts)
  }

  function endpoint(): string {
    return `http://127.0.0.1:${port}`
  }

  function deaths(key: string): number {
    const log = join(folder, 'mortal.log')
    return existsSync(log) ? readFileSync(log, 'utf8').split(`wrote ${key}\n`).length - 1 : 0
  }

  async function state(arn = ClusterArn): Promise<string | undefined> {
    return (await api.send(new DescribeClusterV2Command({ ClusterArn: arn }))).ClusterInfo?.State
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
