/** Waits until what was started can be used. */
import { setTimeout as delay } from 'node:timers/promises'
import { probe } from '@freshet/host-agent'
import { type ClusterHealth, fetchClusters } from './health.ts'

export interface Readiness {
  readonly clusters: readonly ClusterHealth[]
  /** Why the quickstart cluster cannot be used yet. */
  readonly problem?: string
}

export const QUICKSTART_NAME = 'quickstart'
const READY_TIMEOUT_MS = 30_000
const POLL_MS = 50

/** Undefined if the control plane never answered, or if `signal` fired. */
export async function awaitReady(
  options: { port: number; quickstart: boolean },
  signal: AbortSignal,
): Promise<Readiness | undefined> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS
  let last: Readiness | undefined
  while (performance.now() < deadlineMs && !signal.aborted) {
    const clusters = await fetchClusters(options.port)
    if (clusters !== undefined) {
      const problem = options.quickstart ? await quickstartProblem(clusters) : undefined
      if (problem === undefined) return { clusters }
      last = { clusters, problem }
    }
    await delay(POLL_MS, undefined, { signal }).catch(() => {})
  }
  return signal.aborted ? undefined : last
}

/** A cluster of a former run is ACTIVE before its brokers are back: they are asked themselves. */
async function quickstartProblem(clusters: readonly ClusterHealth[]): Promise<string | undefined> {
  const cluster = clusters.find(({ name }) => name === QUICKSTART_NAME)
  if (cluster?.state !== 'ACTIVE') return `cluster ${QUICKSTART_NAME} is ${cluster?.state ?? 'missing'}`
  const addresses = cluster.bootstrapBrokers?.split(',') ?? []
  const serving = await Promise.all(addresses.map(serves))
  const silent = addresses.filter((_, index) => !serving[index])
  return silent.length === 0 ? undefined : `cluster ${QUICKSTART_NAME}: no answer from ${silent.join(', ')}`
}

function serves(address: string): Promise<boolean> {
  const [host, port] = address.split(':')
  return probe(host ?? '', Number(port))
}
