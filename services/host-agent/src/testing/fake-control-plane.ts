/** For tests: the control plane's side of the sync protocol, with the units that the test wants. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HostNotice, SyncRequest, UnitSpec, UnitStatus } from '../types.ts'

export const TOKEN = 'a-secret-of-the-test'
export const REGISTRATION_TOKEN = 'vol-1.good-for-one-registration'

export class FakeControlPlane {
  readonly #server: Server
  readonly #waiting = new Set<() => void>()
  #revision = 0
  #units: readonly UnitSpec[] = []
  /** Another one has the lease: agents are sent away. */
  isStandby = false
  /** That a host may use besides the secret of all, once it has registered it. */
  credential: string | undefined
  readonly registrations: string[] = []
  /** That it tells agents of. */
  controlPlanes: readonly string[] | undefined
  notices: readonly HostNotice[] = []
  /** What the agent told last, at once: a long poll repeats it, and is to bring nothing else. */
  statuses: readonly UnitStatus[] = []
  /** How often it was asked what to run, refused or not. */
  syncs = 0
  /** Host ids that asked. */
  readonly hosts = new Set<string>()

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  listen(port = 0): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
  }

  get port(): number {
    const address = this.#server.address() as AddressInfo
    return address.port
  }

  want(...units: readonly UnitSpec[]): void {
    this.#units = units
    this.#revision += 1
    for (const wake of this.#waiting) wake()
  }

  status(unitId: string): UnitStatus | undefined {
    return this.statuses.find((status) => status.unitId === unitId)
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, hostId, path] = /^\/internal\/hosts\/([^/]+)\/(sync|register)$/.exec(request.url ?? '') ?? []
    const isKnown = this.#accepted(path).includes(request.headers.authorization ?? '')
    if (hostId === undefined || !isKnown) {
      response.writeHead(hostId === undefined ? 404 : 401).end()
      return
    }
    if (path === 'register') {
      await this.#register(request, response)
      return
    }
    this.syncs += 1
    if (this.isStandby) {
      response.writeHead(503).end()
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const body: SyncRequest = JSON.parse(Buffer.concat(chunks).toString())
    this.hosts.add(hostId)
    if (body.waitMs === 0) this.statuses = body.units
    this.notices = body.notices ?? []
    if (body.revision === this.#revision) await this.#changed(body.waitMs)
    response.writeHead(200, { 'content-type': 'application/json' })
    const { controlPlanes } = this
    response.end(JSON.stringify({ revision: this.#revision, units: this.#units, controlPlanes }))
  }

  #accepted(path: string | undefined): string[] {
    if (path === 'register') return [`Bearer ${REGISTRATION_TOKEN}`]
    return [`Bearer ${TOKEN}`, ...(this.credential === undefined ? [] : [`Bearer ${this.credential}`])]
  }

  async #register(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const { credential }: { credential: string } = JSON.parse(Buffer.concat(chunks).toString())
    this.registrations.push(credential)
    this.credential ??= credential
    const isRefused = this.credential !== credential
    response.writeHead(isRefused ? 401 : 200, { 'content-type': 'application/json' }).end('{}')
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
