/** The whole agent as a process, with fake brokers and a fake control plane. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identify } from './process-identity.ts'
import { FakeControlPlane, TOKEN } from './testing/fake-control-plane.ts'
import { freePorts } from './testing/free-ports.ts'
import type { UnitSpec, UnitStatus } from './types.ts'

let folder = ''
let controlPlane: FakeControlPlane
let spec: UnitSpec
const agents: ChildProcess[] = []
const brokers = new Set<number>()

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-agent-'))
  writeFileSync(join(folder, 'agent-token'), `${TOKEN}\n`)
  controlPlane = new FakeControlPlane()
  await controlPlane.listen()
  const [port = 0] = await freePorts(1)
  spec = {
    unitId: 'u-1',
    clusterId: 'AAAAAAAAAAAAAAAAAAAAAQ',
    brokerId: 1,
    desired: 'RUNNING',
    generation: 0,
    properties: { 'node.id': '1', listeners: `PLAINTEXT://127.0.0.1:${port}` },
    port,
  }
})

afterEach(async () => {
  for (const agent of agents.splice(0)) await kill(agent)
  for (const pid of brokers) {
    if (identify(pid) !== undefined) process.kill(pid, 'SIGKILL')
  }
  brokers.clear()
  await controlPlane.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

test('a host folder that appears is noticed by itself, and its unit runs', async () => {
  const agent = startAgent()
  let log = ''
  agent.stderr?.on('data', (chunk) => {
    log += chunk
  })
  await expect.poll(() => log).toContain('host agent started')
  controlPlane.want(spec)
  addHost()
  await running()
  expect(controlPlane.hosts).toContain('i-0a')
  expect(readFileSync(join(unitFolder(), 'server.properties'), 'utf8')).toContain('node.id=1\n')
  expect(readFileSync(join(unitFolder(), 'broker.log'), 'utf8')).toContain('serving on')
})

test('a broker that is killed serves again, and both are told at once', async () => {
  addHost()
  startAgent()
  controlPlane.want(spec)
  const { pid } = await running()
  process.kill(pid, 'SIGKILL')
  const after = await running(pid)
  expect(after).toMatchObject({ restarts: 1 })
  expect(after.lastError).toContain('SIGKILL')
})

test('brokers outlive an agent that is killed; the next one adopts them and restarts them when they die', async () => {
  addHost()
  const first = startAgent()
  controlPlane.want(spec)
  const { pid } = await running()
  await kill(first)
  await forgetReports()
  startAgent()
  expect(await running()).toMatchObject({ pid, restarts: 0 })
  process.kill(pid, 'SIGKILL')
  expect(await running(pid)).toMatchObject({ restarts: 1 })
})

test('a broker that the former agent had no time to write down is adopted by its command line', async () => {
  addHost()
  const first = startAgent()
  controlPlane.want(spec)
  const { pid } = await running()
  await kill(first)
  rmSync(join(unitFolder(), 'unit.json'))
  await forgetReports()
  startAgent()
  expect(await running()).toMatchObject({ pid, restarts: 0 })
})

test('without a control plane, units are started from the last known spec, and told once it is back', async () => {
  addHost()
  const first = startAgent()
  controlPlane.want(spec)
  const { pid } = await running()
  await kill(first)
  process.kill(pid, 'SIGKILL')
  await controlPlane.close()
  const [port = 0] = await freePorts(1)
  startAgent(port)
  const starts = () => readFileSync(join(unitFolder(), 'broker.log'), 'utf8').match(/serving/g)
  await expect.poll(starts).toHaveLength(2)
  controlPlane = new FakeControlPlane()
  await controlPlane.listen(port)
  expect((await running()).pid).not.toBe(pid)
})

test('stop-units stops brokers cleanly and then the agent; the next agent starts them again', async () => {
  addHost()
  const agent = startAgent()
  controlPlane.want(spec)
  const { pid } = await running()
  agent.send('stop-units')
  const [code] = await once(agent, 'exit')
  expect(code).toBe(0)
  expect(identify(pid)).toBeUndefined()
  expect(readFileSync(join(unitFolder(), 'broker.log'), 'utf8')).toContain('SIGTERM')
  startAgent()
  await running(pid)
})

test('an agent whose supervisor is gone leaves, and its brokers stay', async () => {
  addHost()
  const agent = startAgent()
  controlPlane.want(spec)
  const { pid } = await running()
  agent.disconnect()
  const [code] = await once(agent, 'exit')
  expect(code).toBe(0)
  expect(identify(pid)).toBeDefined()
})

test('a broker that cannot start is retried ever slower, and its last words are told', async () => {
  addHost()
  startAgent()
  controlPlane.want({ ...spec, properties: { ...spec.properties, fake: 'crash' } })
  const deaths = () => controlPlane.status('u-1')?.restarts
  await expect.poll(deaths).toBeGreaterThanOrEqual(4)
  expect(controlPlane.status('u-1')?.lastError).toBe(
    'exited with code 3; last log line: cannot read the moon',
  )
  controlPlane.want(spec)
  await running()
})

test('stopped, started and removed as told', async () => {
  addHost()
  startAgent()
  controlPlane.want(spec)
  const { pid } = await running()
  controlPlane.want({ ...spec, desired: 'STOPPED' })
  await expect.poll(() => controlPlane.status('u-1')?.state).toBe('STOPPED')
  expect(identify(pid)).toBeUndefined()
  controlPlane.want(spec)
  await running(pid)
  controlPlane.want({ ...spec, desired: 'REMOVED' })
  await expect.poll(() => controlPlane.status('u-1')?.state).toBe('REMOVED')
  expect(existsSync(unitFolder())).toBe(false)
  controlPlane.want()
  await expect.poll(() => controlPlane.statuses).toEqual([])
})

test('a folder that is gone takes its brokers along', async () => {
  addHost()
  startAgent()
  controlPlane.want(spec)
  const { pid } = await running()
  rmSync(join(folder, 'hosts', 'i-0a'), { recursive: true })
  await expect.poll(() => identify(pid)).toBeUndefined()
})

test.each([
  [[], 'exactly one of --hosts-dir and --host-dir is required'],
  [['--hosts-dir', '/x', '--control-plane', 'ftp://x', '--broker-bundle', 'x'], 'ftp://x is no http(s) URL'],
  [['--nonsense'], "Unknown option '--nonsense'"],
])('bad flags %j: one line, exit 2', async (args, message) => {
  const agent = fork(join(import.meta.dirname, 'main.ts'), args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  })
  let errors = ''
  agent.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const [code] = await once(agent, 'close')
  expect(code).toBe(2)
  expect(errors).toContain(message)
  expect(errors.trim().split('\n')).toHaveLength(1)
})

function startAgent(port = controlPlane.port): ChildProcess {
  const args = ['--hosts-dir', join(folder, 'hosts'), '--control-plane', `http://127.0.0.1:${port}`]
  const agent = fork(
    join(import.meta.dirname, 'main.ts'),
    [...args, '--broker-bundle', join(import.meta.dirname, 'testing', 'fake-broker.ts')],
    {
      env: { ...process.env, FRESHET_AGENT_TOKEN_FILE: join(folder, 'agent-token') },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
    },
  )
  agent.stderr?.resume()
  agents.push(agent)
  return agent
}

function addHost(): void {
  mkdirSync(join(folder, 'hosts', 'i-0a'), { recursive: true })
  writeFileSync(
    join(folder, 'hosts', 'i-0a', 'host.json'),
    JSON.stringify({ hostId: 'i-0a', zone: 'us-east-1a' }),
  )
}

function unitFolder(): string {
  return join(folder, 'hosts', 'i-0a', 'units', 'u-1')
}

/** Waits until the unit is reported running, with another pid than `before`. */
async function running(before?: number): Promise<UnitStatus & { pid: number }> {
  const found = () => {
    const status = controlPlane.status('u-1')
    const pid = status?.pid
    return status?.state !== 'RUNNING' || pid === undefined || pid === before ? undefined : { ...status, pid }
  }
  await expect.poll(found).toBeDefined()
  const status = found()!
  brokers.add(status.pid)
  return status
}

/** What an agent that is dead has sent last may arrive after its end: the next one speaks to another control plane. */
async function forgetReports(): Promise<void> {
  await controlPlane.close()
  controlPlane = new FakeControlPlane()
  await controlPlane.listen()
  controlPlane.want(spec)
}

async function kill(agent: ChildProcess): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return
  agent.kill('SIGKILL')
  await once(agent, 'exit')
}
