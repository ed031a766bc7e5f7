/**
 * The agents of many hosts in one process: `simulated-agents.ts ENDPOINT TOKEN HOST...`. Each says that everything that
 * it is to run does run, and polls on, as a real one does.
 */
import type { SyncResponse } from '@freshet/host-agent'

/** Of the real agent. */
const POLL_MS = 10_000
const RETRY_MS = 100

const [endpoint, token, ...hosts] = process.argv.slice(2)

await Promise.all(hosts.map(runAgent))

async function runAgent(host: string): Promise<void> {
  let answer: SyncResponse = { revision: 0, units: [] }
  for (;;) {
    const units = answer.units.map(({ unitId }) => ({ unitId, state: 'RUNNING', restarts: 0 }))
    const response = await fetch(`${endpoint}/internal/hosts/${host}/sync`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ revision: answer.revision, waitMs: POLL_MS, units }),
    }).catch(() => undefined)
    if (response?.ok) answer = (await response.json()) as SyncResponse
    else await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}
