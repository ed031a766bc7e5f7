import type { ClusterView } from '../../cluster/index.ts'
import type { Runtime } from '../../runtime/types.ts'
import type { Api, DraftFields, Fields, InferFields } from '../../wire/index.ts'
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
  ): Promise<InferFields<Response>> {
    const endpoint =
      controllerId === undefined ? undefined : this.#cluster.brokers.get(controllerId)?.endpoints[0]
    if (endpoint === undefined) throw new BrokerUnreachableError('the controller is not known')
    return this.#clientFor(endpoint.host, endpoint.port).request(api, body, REQUEST_TIMEOUT_MS)
  }

  close(): void {
    this.#client?.close()
    this.#client = undefined
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
