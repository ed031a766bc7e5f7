import type { ClusterView } from '../cluster/index.ts'
import type { Runtime } from '../runtime/types.ts'
import type { Api, DraftFields, Fields, InferFields } from '../wire/index.ts'
import { BrokerClient, BrokerUnreachableError } from './broker-client.ts'

const REQUEST_TIMEOUT_MS = 5000

/** One connection to each other broker, at the address under which it is registered now. */
export class BrokerLinks {
  readonly #runtime: Runtime
  readonly #cluster: ClusterView
  readonly #clientId: string
  readonly #clients = new Map<number, BrokerClient>()

  constructor(runtime: Runtime, cluster: ClusterView, clientId: string) {
    this.#runtime = runtime
    this.#cluster = cluster
    this.#clientId = clientId
  }

  /** Undefined while the broker is not registered. */
  to(brokerId: number): BrokerClient | undefined {
    const endpoint = this.#cluster.brokers.get(brokerId)?.endpoints[0]
    if (endpoint === undefined) return undefined
    const { host, port } = endpoint
    const known = this.#clients.get(brokerId)
    if (known !== undefined && known.address.host === host && known.address.port === port) return known
    known?.close()
    const client = new BrokerClient(this.#runtime, { host, port }, this.#clientId)
    this.#clients.set(brokerId, client)
    return client
  }

  /** Sends a request in its newest version. Rejects with BrokerUnreachableError. */
  async request<Request extends Fields, Response extends Fields>(
    brokerId: number,
    api: Api<Request, Response>,
    body: DraftFields<Request>,
  ): Promise<InferFields<Response>> {
    const client = this.to(brokerId)
    if (client === undefined)
      throw new BrokerUnreachableError(`the address of broker ${brokerId} is not known`)
    return client.request(api, body, REQUEST_TIMEOUT_MS)
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
    this.#clients.clear()
  }
}
