import type { ClusterView } from '../cluster/index.ts'
import type { Runtime } from '../runtime/types.ts'
import { BrokerClient } from './broker-client.ts'

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

  close(): void {
    for (const client of this.#clients.values()) client.close()
    this.#clients.clear()
  }
}
