/**
 * `freshet start`: brings up the control plane and the host agent, keeps both running, and stops everything on
 * Ctrl-C. Brokers are the agent's children and outlive all of this when it is killed.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../user-error.ts'
import { ensureAgentToken } from './agent-token.ts'
import { acquireLock, type Lock } from './lock.ts'
import type { StartOptions } from './options.ts'
import { checkPorts, type PortOptions } from './ports.ts'
import { awaitReady } from './readiness.ts'
import { SupervisedProcess } from './supervised-process.ts'
import { welcome } from './welcome.ts'

export interface LaunchOptions extends PortOptions {
  readonly programs: { readonly controlPlane: string; readonly hostAgent: string; readonly broker: string }
}

const LEFTOVER_PATIENCE_MS = 3_000
const CONTROL_PLANE_STOP_MS = 5_000
/** Longer than the agent's own patience with a broker, after which it kills it. */
const UNITS_STOP_MS = 40_000
/** npm passes a terminal's Ctrl-C on to us, who got it from the terminal too: that is one, not two. */
const SAME_SIGNAL_MS = 1_000

/** Returns the exit code. */
export async function launch(options: LaunchOptions): Promise<number> {
  const lock = await acquireLock(options.dataDir, options.port)
  try {
    await checkPorts(options, lock.tookOver ? LEFTOVER_PATIENCE_MS : 0)
    return await supervise(options, lock)
  } finally {
    lock.release()
  }
}

async function supervise(options: LaunchOptions, lock: Lock): Promise<number> {
  const { controlPlane, hostAgent } = createPrograms(options)
  const stopping = listenForStop(() => {
    say('Forced: brokers may still be on their way down.')
    controlPlane.kill()
    hostAgent.kill()
    lock.release()
    process.exit(1)
  })
  controlPlane.start()
  hostAgent.start()
  const ready = await awaitReady(options, stopping)
  if (ready !== undefined) {
    process.stdout.write(welcome(options, ready.clusters))
    if (ready.problem !== undefined) say(`Not everything is up: ${ready.problem}. See ${logsDir(options)}`)
    await aborted(stopping)
  }
  if (stopping.aborted) say('Stopping all brokers …')
  await Promise.all([controlPlane.stop(CONTROL_PLANE_STOP_MS), hostAgent.finish('stop-units', UNITS_STOP_MS)])
  if (!stopping.aborted) throw new UserError(`the control plane does not answer; see ${logsDir(options)}`)
  say('Stopped.')
  return 0
}

function createPrograms(options: LaunchOptions): Record<'controlPlane' | 'hostAgent', SupervisedProcess> {
  const { programs, dataDir, port, quickstart } = options
  const logs = logsDir(options)
  const hostsDir = join(dataDir, 'hosts')
  mkdirSync(logs, { recursive: true })
  mkdirSync(hostsDir, { recursive: true })
  const shared = { env: { FRESHET_AGENT_TOKEN_FILE: ensureAgentToken(dataDir) }, say }
  const flags = ['--data', dataDir, '--port', String(port), ...(quickstart ? ['--quickstart'] : [])]
  return {
    controlPlane: new SupervisedProcess({
      ...shared,
      name: 'The control plane',
      command: [programs.controlPlane, ...flags],
      logFile: join(logs, 'control-plane.log'),
    }),
    hostAgent: new SupervisedProcess({
      ...shared,
      name: 'The host agent',
      command: [
        ...[programs.hostAgent, '--hosts-dir', hostsDir],
        ...['--control-plane', `http://127.0.0.1:${port}`, '--broker-bundle', programs.broker],
      ],
      logFile: join(logs, 'host-agent.log'),
    }),
  }
}

function logsDir({ dataDir }: StartOptions): string {
  return join(dataDir, 'logs')
}

/** The first signal aborts the returned one; another one, later, calls `force`. */
function listenForStop(force: () => void): AbortSignal {
  const stop = new AbortController()
  let firstMs = 0
  const onSignal = () => {
    if (stop.signal.aborted && performance.now() - firstMs > SAME_SIGNAL_MS) force()
    if (stop.signal.aborted) return
    firstMs = performance.now()
    stop.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  return stop.signal
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
