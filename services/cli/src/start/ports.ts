/** Ports that Freshet is about to use: a taken one is told before anything starts. */
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { hasCode, isAlive, listFolder, readUnits } from '@freshet/host-agent'
import { UserError } from '../user-error.ts'
import type { StartOptions } from './options.ts'

export interface PortOptions extends StartOptions {
  /** Of the quickstart cluster's brokers. */
  readonly quickstartPorts: readonly number[]
}

const LOOPBACK = '127.0.0.1'
const RETRY_MS = 50

/** `patienceMs`: how long to wait for a port that the processes of a killed launcher may still hold. */
export async function checkPorts(options: PortOptions, patienceMs: number): Promise<void> {
  const { port, dataDir, quickstart, quickstartPorts } = options
  if (quickstart && quickstartPorts.includes(port)) {
    throw new UserError(
      `port ${port} belongs to the quickstart cluster; choose another --port or add --no-quickstart`,
    )
  }
  await requireFree(port, patienceMs, 'stop what uses it, or choose another one with --port N')
  if (!quickstart) return
  const ours = portsOfOurBrokers(dataDir)
  for (const brokerPort of quickstartPorts.filter((candidate) => !ours.has(candidate))) {
    await requireFree(
      brokerPort,
      patienceMs,
      `the quickstart cluster needs it: stop what uses it, or start with --no-quickstart`,
    )
  }
}

/** Brokers outlive a launcher that was killed: the next one finds them serving. */
function portsOfOurBrokers(dataDir: string): Set<number> {
  const hostsDir = join(dataDir, 'hosts')
  const units = listFolder(hostsDir).flatMap((hostId) => readUnits(join(hostsDir, hostId), () => {}))
  const alive = units.filter(({ started }) => started !== undefined && isAlive(started.process))
  return new Set(alive.map(({ spec }) => spec.port))
}

async function requireFree(port: number, patienceMs: number, advice: string): Promise<void> {
  const deadlineMs = performance.now() + patienceMs
  for (;;) {
    const problem = await tryListen(port)
    if (problem === undefined) return
    if (!hasCode(problem, 'EADDRINUSE'))
      throw new UserError(`port ${port} cannot be used: ${problem.message}`)
    if (performance.now() >= deadlineMs) throw new UserError(`port ${port} is already in use; ${advice}`)
    await delay(RETRY_MS)
  }
}

function tryListen(port: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.on('error', resolve)
    server.listen(port, LOOPBACK, () => server.close(() => resolve(undefined)))
  })
}
