/** Hosts of the deployed service, as their operator has them (docs/hosts.md). */
import { askOperator, type OperatedHost } from '../../support/operator.ts'
import { waitFor } from '../../support/wait.ts'
import type { Deployed } from './lab.ts'

const PATH = '/freshet/v1/hosts'
const OPERATION_TIMEOUT_MS = 120_000
const POLL_MS = 250

/** Those with brokers of a cluster, or of any. */
export async function hostsOf(service: Deployed, clusterArn?: string): Promise<OperatedHost[]> {
  const { hosts } = await ask<{ hosts: OperatedHost[] }>(service, 'GET', '')
  if (clusterArn === undefined) return hosts
  return hosts.filter(({ brokers }) => brokers.some((broker) => broker.clusterArn === clusterArn))
}

/** Resolves when the operation has ended and the host is empty; with undefined if it is gone then. */
export async function operateHost(
  service: Deployed,
  hostId: string,
  what: 'drain' | 'terminate',
): Promise<OperatedHost | undefined> {
  await ask(service, 'POST', `/${hostId}/${what}`, '{"reason": "its disk is slow"}')
  const ended = await waitFor(
    `the host ${hostId} to be through: ${what}`,
    OPERATION_TIMEOUT_MS,
    async () => {
      const host = (await hostsOf(service)).find((each) => each.hostId === hostId)
      // A control plane that does not lead may show brokers for a moment longer than the operation.
      const isThrough = host?.operation?.state !== 'IN_PROGRESS' && (host?.brokers.length ?? 0) === 0
      if (!isThrough) throw new Error(JSON.stringify(host))
      return { host }
    },
    POLL_MS,
  )
  return ended.host
}

function ask<T>(service: Deployed, method: string, path: string, body?: string): Promise<T> {
  return askOperator<T>(service.endpoint, method, `${PATH}${path}`, body, service.administrator)
}
