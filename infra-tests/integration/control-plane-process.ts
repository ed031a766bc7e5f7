import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Child, startChild, stopChild } from '../support/child.ts'
import { freePorts } from '../support/ports.ts'
import { PATIENCE_MS, waitFor } from '../support/wait.ts'
import { type FakeAgent, startFakeAgent } from './fake-agent.ts'

/** The control plane's program, with an agent that only pretends to run brokers. */
export interface ControlPlaneProcess {
  readonly endpoint: string
  readonly port: number
  readonly dataFolder: string
  readonly agent: FakeAgent
  child(): Child
  /** Starts the program again on the same data, after it ended. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export const AGENT_TOKEN = 'integration-secret'
export const program = join(import.meta.dirname, '..', '..', 'control-plane', 'src', 'main.ts')

export async function startControlPlane(): Promise<ControlPlaneProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-control-plane-'))
  const [port = 0] = await freePorts(1)
  const endpoint = `http://127.0.0.1:${port}`
  writeFileSync(join(folder, 'agent-token'), `${AGENT_TOKEN}\n`)
  const start = async () => {
    const args = [program, '--data', folder, '--port', String(port)]
    const child = startChild(process.execPath, args, join(folder, 'control-plane.log'))
    await waitFor(
      `the control plane: ${child.log()}`,
      PATIENCE_MS,
      async () => (await fetch(`${endpoint}/health`)).ok,
    )
    return child
  }
  let child = await start()
  const agent = startFakeAgent({ dataFolder: folder, endpoint, token: AGENT_TOKEN })
  return {
    endpoint,
    port,
    dataFolder: folder,
    agent,
    child: () => child,
    async restart() {
      await child.ended
      child = await start()
    },
    async stop() {
      await agent.stop()
      await stopChild(child)
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
    },
  }
}
