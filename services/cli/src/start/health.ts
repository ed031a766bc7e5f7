/** What `GET /health` of the control plane tells, as far as the launcher needs it. */

import { get } from 'node:http'
import { text } from 'node:stream/consumers'

export interface ClusterHealth {
  readonly name: string
  readonly state: string
  readonly bootstrapBrokers?: string | undefined
}

const TIMEOUT_MS = 2_000

/** The clusters; undefined while the control plane does not answer. */
export async function fetchClusters(port: number): Promise<readonly ClusterHealth[] | undefined> {
  try {
    return parseClusters(JSON.parse(await getText(`http://127.0.0.1:${port}/health`)))
  } catch {
    // Not there yet, or on its way up again: the caller asks until it is.
    return undefined
  }
}

export function parseClusters(health: unknown): readonly ClusterHealth[] | undefined {
  if (typeof health !== 'object' || health === null || !('clusters' in health)) return undefined
  if (!Array.isArray(health.clusters)) return undefined
  return health.clusters.flatMap((cluster: unknown) => {
    if (typeof cluster !== 'object' || cluster === null || !('name' in cluster && 'state' in cluster))
      return []
    const bootstrapBrokers = 'bootstrapBrokers' in cluster ? cluster.bootstrapBrokers : undefined
    return [
      {
        name: String(cluster.name),
        state: String(cluster.state),
        bootstrapBrokers: typeof bootstrapBrokers === 'string' ? bootstrapBrokers : undefined,
      },
    ]
  })
}

/** node:http instead of fetch spares this process a third of its memory. */
function getText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      text(response).then(resolve, reject)
    })
    request.on('error', reject)
  })
}
