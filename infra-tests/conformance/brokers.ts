/** What both kinds of brokers have in common: a properties file, and a sign of life. */
import type { Child } from '../support/child.ts'
import { RawClient } from '../support/raw-client.ts'
import { waitFor } from '../support/wait.ts'

export function propertiesText(properties: Readonly<Record<string, string>>): string {
  return `${Object.entries(properties)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`
}

/** Resolves when the broker answers Metadata and knows the whole cluster, with how long that took. */
export async function awaitBroker(
  port: number,
  child: Child,
  clusterSize: number,
  timeoutMs: number,
): Promise<number> {
  const startMs = performance.now()
  const attempt = async () => {
    if (!child.isRunning()) return true
    const client = await RawClient.connect({ host: '127.0.0.1', port }, 1_000)
    try {
      return (await client.metadata([])).brokers.size === clusterSize
    } finally {
      client.close()
    }
  }
  await waitFor(`a broker on port ${port}`, timeoutMs, attempt, 5)
  if (!child.isRunning()) throw new Error(`the broker on port ${port} ended:\n${child.log()}`)
  return performance.now() - startMs
}
