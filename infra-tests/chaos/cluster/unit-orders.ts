/** The control plane's side of the agents' protocol, reduced to what a run wants of its brokers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { SyncRequest, SyncResponse, UnitSpec } from '@freshet/host-agent'

export const TOKEN = 'a-secret-of-the-run'

export class UnitOrders {
  readonly #server: Server
  readonly #units = new Map<string, UnitSpec>()
  readonly #waiting = new Set<() => void>()
  #revision = 1

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: Error) => response.destroy(error))
    })
  }

  /** Resolves with the port. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.on('error', reject)
      this.#server.listen(0, () => {
        const address = this.#server.address()
        if (address === null || typeof address === 'string') throw new Error('an HTTP server has a port')
        resolve(address.port)
      })
    })
  }

  /** What the agent of that host is to run from now on. */
  order(hostId: string, unit: UnitSpec): void {
    this.#units.set(hostId, unit)
    this.#revision += 1
    for (const wake of this.#waiting) wake()
  }

  close(): Promise<void> {
    for (const wake of this.#waiting) wake()
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const hostId = /^\/internal\/hosts\/([^/]+)\/sync$/.exec(request.url ?? '')?.[1]
    if (hostId === undefined || request.headers.authorization !== `Bearer ${TOKEN}`) {
      response.writeHead(404).end()
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const { revision, waitMs } = JSON.parse(Buffer.concat(chunks).toString()) as SyncRequest
    if (revision === this.#revision) await this.#changed(waitMs)
    const unit = this.#units.get(hostId)
    const answer: SyncResponse = { revision: this.#revision, units: unit === undefined ? [] : [unit] }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }

  #changed(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, waitMs)
      this.#waiting.add(wake)
    })
  }
}
