/** Waits until what was started can be used. */
import { setTimeout as delay } from 'node:timers/promises'
import { probe } from '@freshet/host-agent'
import { type ClusterHealth, fetchClusters } from './health.ts'

export interface Readiness {
  readonly clusters: readonly ClusterHealth[]
  /** Why a cluster that should be usable is not yet. */
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
      const problem = await firstProblem(clusters, options.quickstart)
      if (problem === undefined) return { clusters }
      last = { clusters, problem }
    }
    await delay(POLL_MS, undefined, { signal }).catch(() => {})
  }
  return signal.aborted ? undefined : last
}

async function firstProblem(
  clusters: readonly ClusterHealth[],
  quickstart: boolean,
): Promise<string | undefined> {
  const first = clusters.find(({ name }) => name === QUICKSTART_NAME)
  if (quickstart && first?.state !== 'ACTIVE') {
    return `cluster ${QUICKSTART_NAME} is ${first?.state ?? 'missing'}`
  }
  const problems = await Promise.all(clusters.filter(({ state }) => state === 'ACTIVE').map(silentBrokers))
  return problems.find((problem) => problem !== undefined)
}

/** A cluster of a former run is ACTIVE before its brokers are back: they are asked themselves. */
async function silentBrokers({ name, bootstrapBrokers }: ClusterHealth): Promise<string | undefined> {
  const addresses = bootstrapBrokers?.split(',') ?? []
  const serving = await Promise.all(addresses.map(serves))
  const silent = addresses.filter((_, index) => !serving[index])
  return silent.length === 0 ? undefined : `cluster ${name}: no answer from ${silent.join(', ')}`
}

function serves(address: string): Promise<boolean> {
  const [host, port] = address.split(':')
  return probe(host ?? '', Number(port))
}
