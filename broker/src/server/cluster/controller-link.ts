import type { ClusterView } from '../../cluster/index.ts'
import type { Runtime } from '../../runtime/types.ts'
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

/** The connection to whichever broker is the controller now. */
export class ControllerLink {
  readonly #runtime: Runtime
  readonly #cluster: ClusterView
  readonly #clientId: string
  #client: BrokerClient | undefined

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
    return this.#clientFor(endpoint.host, endpoint.port).request(api, body, timeoutMs)
  }

  /**
   * Another broker is the controller: what still waits for the one before fails now. That one may be cut off, and the
   * new one not be willing to wait for a heartbeat as long as a request may take.
   */
  leaveAllBut(controllerId: number): void {
    const address = this.#client?.address
    const endpoint = this.#endpointOf(controllerId)
    if (address?.host !== endpoint?.host || address?.port !== endpoint?.port) this.close()
  }

  close(): void {
    this.#client?.close()
    this.#client = undefined
  }

  #endpointOf(controllerId: number | undefined) {
    return controllerId === undefined ? undefined : this.#cluster.brokers.get(controllerId)?.endpoints[0]
  }

  #clientFor(host: string, port: number): BrokerClient {
    const current = this.#client
    if (current !== undefined && current.address.host === host && current.address.port === port)
      return current
    current?.close()
    this.#client = new BrokerClient(this.#runtime, { host, port }, this.#clientId)
    return this.#client
  }
}

/** Without a controller, or with one that is none any more, the next is asked; any other failure is not ours to hide. */
export function ifNoController(error: unknown): undefined {
  if (error instanceof BrokerUnreachableError) return undefined
  if (error instanceof KafkaError && error.code === ErrorCode.NOT_CONTROLLER) return undefined
  throw error
}
