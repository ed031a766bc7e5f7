/** `freshet start` as a process, with a fake control plane, the real host agent and a fake broker. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identify, probe, readUnits } from '@freshet/host-agent'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePorts } from '../../../host-agent/src/testing/free-ports.ts'

/** The system's own list of processes takes a while. */
const LISTING = { interval: 25 }
/** Of the command lines here only a broker's has it: the agent's names the broker's program too. */
const BROKER = '--config'

let data = ''
let port = 0
let brokerPort = 0
const launchers: Launcher[] = []
const servers: Server[] = []

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'freshet-launcher-'))
  ;[port = 0, brokerPort = 0] = await freePorts(2)
  writeFileSync(join(data, 'quickstart.json'), JSON.stringify({ brokerPort }))
})

afterEach(async () => {
  for (const launcher of launchers.splice(0)) launcher.child.kill('SIGKILL')
  for (const server of servers.splice(0)) server.close()
  // The agent first: it would start a broker again.
  await expect.poll(() => childrenOf(data).filter((line) => !line.includes(BROKER)), LISTING).toEqual([])
  for (const line of childrenOf(data)) process.kill(pidIn(line), 'SIGKILL')
  rmSync(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
})

test('tells how to use it once the broker serves, and Ctrl-C stops everything cleanly', async () => {
  const launcher = await started()
  expect(launcher.output).toContain(`http://127.0.0.1:${port}`)
  expect(launcher.output).toContain(`127.0.0.1:${brokerPort}  (cluster quickstart)`)
  expect(launcher.output).toContain(data)
  expect(launcher.output).toMatch(/aws kafka .*\n\n.*kcat .*\n\n.*kafkajs/)
  expect(statSync(join(data, 'agent-token')).mode & 0o777).toBe(0o600)
  const { pid } = broker()
  // A terminal's Ctrl-C arrives twice: from the terminal, and passed on by npm.
  launcher.child.kill('SIGINT')
  launcher.child.kill('SIGINT')
  expect(await launcher.exit()).toBe(0)
  expect(launcher.output).toContain('Stopped.')
  expect(identify(pid)).toBeUndefined()
  expect(readFileSync(brokerLog(), 'utf8')).toContain('SIGTERM')
  expect(existsSync(join(data, 'launcher.json'))).toBe(false)
  expect(childrenOf(data)).toEqual([])
})

test('a second start finds the same broker again', async () => {
  const first = await started()
  first.child.kill('SIGTERM')
  expect(await first.exit()).toBe(0)
  await started()
  expect(await probe('127.0.0.1', brokerPort)).toBe(true)
})

test('what dies is started again', async () => {
  const launcher = await started()
  for (const program of ['fake-control-plane.ts', 'host-agent/src/main.ts', BROKER]) {
    const before = pidOf(program)!
    process.kill(before, 'SIGKILL')
    await expect.poll(() => pidOf(program) ?? before, LISTING).not.toBe(before)
    await expect.poll(() => probe('127.0.0.1', brokerPort)).toBe(true)
  }
  expect(launcher.output).toContain('The control plane died (killed by SIGKILL)')
  expect(launcher.output).toContain('The host agent died (killed by SIGKILL)')
})

test('killed with -9, it takes control plane and agent along, brokers serve on, the next start adopts them', async () => {
  const first = await started()
  const { pid } = broker()
  first.child.kill('SIGKILL')
  await expect.poll(() => childrenOf(data), LISTING).toHaveLength(1)
  expect(await probe('127.0.0.1', brokerPort)).toBe(true)
  const second = await started()
  expect(broker().pid).toBe(pid)
  second.child.kill('SIGINT')
  expect(await second.exit()).toBe(0)
  expect(identify(pid)).toBeUndefined()
})

test('a second launcher on the same data folder is told which process holds it', async () => {
  const first = await started()
  const [another] = await freePorts(1)
  const second = start('--port', String(another))
  expect(await second.exit()).toBe(1)
  expect(second.output.trim()).toBe(
    `freshet: the data folder ${data} is in use by the Freshet with process id ${first.child.pid} and port ${port}`,
  )
  expect(await probe('127.0.0.1', brokerPort)).toBe(true)
})

test('a taken REST port is one clear line', async () => {
  await occupy(port)
  const launcher = start()
  expect(await launcher.exit()).toBe(1)
  expect(launcher.output).toBe(
    `freshet: port ${port} is already in use; stop what uses it, or choose another one with --port N\n`,
  )
  expect(existsSync(join(data, 'launcher.json'))).toBe(false)
})

test('a taken broker port is one clear line, and no matter without a quickstart cluster', async () => {
  await occupy(brokerPort)
  const launcher = start()
  expect(await launcher.exit()).toBe(1)
  expect(launcher.output).toContain(
    `freshet: port ${brokerPort} is already in use; the quickstart cluster needs it`,
  )
  expect(launcher.output.trim().split('\n')).toHaveLength(1)
  const without = start('--no-quickstart')
  await expect.poll(() => without.output).toContain('no cluster yet')
})

test('a data folder that cannot be made is one clear line', async () => {
  const launcher = start('--data', join(data, 'quickstart.json', 'below-a-file'))
  expect(await launcher.exit()).toBe(1)
  expect(launcher.output).toMatch(/^freshet: the data folder .*below-a-file cannot be written: .*\n$/)
})

interface Launcher {
  readonly child: ChildProcess
  output: string
  exit(): Promise<number | null>
}

function start(...flags: string[]): Launcher {
  const script = join(import.meta.dirname, '../testing/launch.ts')
  const args = [script, String(brokerPort), '--data', data, '--port', String(port), ...flags]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const launcher: Launcher = { child, output: '', exit: async () => (await closed)[0] }
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      launcher.output += chunk
    })
  }
  launchers.push(launcher)
  return launcher
}

async function started(): Promise<Launcher> {
  const launcher = start()
  await expect.poll(() => launcher.output).toContain('Freshet is running')
  return launcher
}

/** Processes whose command line names the data folder, by the system's own list. */
function childrenOf(folder: string): string[] {
  const own = new Set(launchers.map(({ child }) => child.pid))
  return execFileSync('ps', ['-axo', 'pid=,stat=,command='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(folder) && !own.has(pidIn(line)))
    .filter((line) => !line.trim().split(/\s+/)[1]?.startsWith('Z'))
}

function pidOf(program: string): number | undefined {
  const line = childrenOf(data).find((process) => process.includes(program) && !process.includes('launch.ts'))
  return line === undefined ? undefined : pidIn(line)
}

function pidIn(line: string): number {
  return Number(line.trim().split(/\s+/)[0])
}

function broker(): { pid: number } {
  const [unit] = readUnits(join(data, 'hosts', 'host-1'), () => {})
  if (unit?.started === undefined) throw new Error('no broker was started')
  return unit.started.process
}

function brokerLog(): string {
  return join(data, 'hosts', 'host-1', 'units', 'u-1', 'broker.log')
}

async function occupy(taken: number): Promise<void> {
  const server = createServer().listen(taken, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
}
