import { BrokerRegistrationApi } from '../../apis/62-broker-registration.ts'
import { BrokerHeartbeatApi } from '../../apis/63-broker-heartbeat.ts'
import type { ClusterView } from '../../cluster/index.ts'
import type { Address, Runtime } from '../../runtime/types.ts'
import {
  type Api,
  type DraftFields,
  ErrorCode,
  type Fields,
  type InferFields,
  KafkaError,
} from '../../wire/index.ts'
import { BrokerClient, BrokerUnreachableError } from '../broker-client.ts'

const REQUEST_TIMEOUT_MS = 5000

/**
 * Answers come in the order of their requests. A sign of life must not wait for the changes that this broker asks for,
 * which take as long as the coordination store does.
 */
const SIGNS_OF_LIFE: ReadonlySet<number> = new Set([BrokerRegistrationApi.key, BrokerHeartbeatApi.key])

/** The connections to whichever broker is the controller now: one for signs of life, one for all else. */
export class ControllerLink {
  readonly #runtime: Runtime
  readonly #cluster: ClusterView
  readonly #clientId: string
  readonly #clients: [signsOfLife: BrokerClient | undefined, others: BrokerClient | undefined] = [
    undefined,
    undefined,
  ]

  constructor(runtime: Runtime, cluster: ClusterView, brokerId: number) {
    this.#runtime = runtime
    this.#cluster = cluster
    this.#clientId = `broker-${brokerId}`
  }

  /** Rejects with BrokerUnreachableError if there is no controller or it does not answer. */
  async request<Request extends Fields, Response extends Fields>(
    controllerId: number | undefined,
    api: Api<Request, Response>,
    body: DraftFields<Request>,
    timeoutMs = REQUEST_TIMEOUT_MS,
  ): Promise<InferFields<Response>> {
    const endpoint = this.#endpointOf(controllerId)
    if (endpoint === undefined) throw new BrokerUnreachableError('the controller is not known')
    return this.#clientFor(endpoint, SIGNS_OF_LIFE.has(api.key) ? 0 : 1).request(api, body, timeoutMs)
  }

  /**
   * Another broker is the controller: what still waits for the one before fails now. That one may be cut off, and the
   * new one not be willing to wait for a heartbeat as long as a request may take.
   */
  leaveAllBut(controllerId: number): void {
    const endpoint = this.#endpointOf(controllerId)
    for (const index of [0, 1] as const) if (!isAt(this.#clients[index], endpoint)) this.#close(index)
  }

  close(): void {
    this.#close(0)
    this.#close(1)
  }

  #close(index: 0 | 1): void {
    this.#clients[index]?.close()
    this.#clients[index] = undefined
  }

  #endpointOf(controllerId: number | undefined): Address | undefined {
    return controllerId === undefined ? undefined : this.#cluster.brokers.get(controllerId)?.endpoints[0]
  }

  #clientFor({ host, port }: Address, index: 0 | 1): BrokerClient {
    const current = this.#clients[index]
    if (current !== undefined && isAt(current, { host, port })) return current
    current?.close()
    const client = new BrokerClient(this.#runtime, { host, port }, this.#clientId)
    this.#clients[index] = client
    return client
  }
}

function isAt(client: BrokerClient | undefined, endpoint: Address | undefined): boolean {
  return client?.address.host === endpoint?.host && client?.address.port === endpoint?.port
}

/** Without a controller, or with one that is none any more, the next is asked; any other failure is not ours to hide. */
export function ifNoController(error: unknown): undefined {
  if (error instanceof BrokerUnreachableError) return undefined
  if (error instanceof KafkaError && error.code === ErrorCode.NOT_CONTROLLER) return undefined
  throw error
}
