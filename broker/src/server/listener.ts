import type { Address, Listener, Runtime, Socket } from '../runtime/types.ts'
import type { Admission, ConnectionQuotas } from '../security/index.ts'
import type { Logger } from '../telemetry/logger.ts'
import { KafkaError, WireError } from '../wire/index.ts'
import { Connection, type ConnectionLimits, type RequestPort } from './connection.ts'
import type { FramePool } from './frame-pool.ts'

export interface ListenerLimits extends ConnectionLimits {
  /** A connection without traffic and without a waiting request is closed after this long (`connections.max.idle.ms`). */
  readonly idleMsMax: number
}

const IDLE_CHECK_MS = 10_000
/** Refused connections that are kept waiting. */
const REFUSED_MAX = 1_000

export interface ListenerParts {
  readonly name: string
  readonly runtime: Runtime
  readonly port: RequestPort
  readonly pool: FramePool
  readonly limits: ListenerLimits
  /** Those of all listeners together. */
  readonly quotas: ConnectionQuotas
  readonly logger: Logger
}

/** Accepts clients on one address and keeps track of them. */
export class BrokerListener {
  readonly #name: string
  readonly #runtime: Runtime
  readonly #port: RequestPort
  readonly #pool: FramePool
  readonly #limits: ListenerLimits
  readonly #logger: Logger
  readonly #quotas: ConnectionQuotas
  readonly #connections = new Set<Connection>()
  readonly #refused = new Set<Socket>()
  #listener: Listener | undefined

  constructor({ name, runtime, port, pool, limits, quotas, logger }: ListenerParts) {
    this.#name = name
    this.#runtime = runtime
    this.#port = port
    this.#pool = pool
    this.#limits = limits
    this.#quotas = quotas
    this.#logger = logger
  }

  /** Rejects with code EADDRINUSE if the port is taken. */
  async start(address: Address): Promise<Address> {
    this.#listener = await this.#runtime.network.listen(address, (socket) => this.#admit(socket))
    this.#checkIdle()
    return this.#listener.address
  }

  #admit(socket: Socket): void {
    const address = socket.remoteAddress
    const admission = this.#quotas.admit(address, this.#runtime.clock.monotonic())
    if (!admission.accepted) {
      this.#refuse(socket, admission)
      return
    }
    const connection = new Connection(socket, this.#name, this.#port, this.#pool, this.#limits, this.#runtime)
    this.#connections.add(connection)
    connection.onClosed = (error) => {
      this.#connections.delete(connection)
      this.#quotas.closed(address)
      if (error !== undefined) this.#report(connection, error)
    }
    if (admission.delayMs > 0) connection.throttle(admission.delayMs)
  }

  /** Whoever comes too often is kept waiting before it may try again. */
  #refuse(socket: Socket, { reason, delayMs }: Admission & { readonly accepted: false }): void {
    this.#logger.warn(`connection refused: ${reason}`, { clientHost: socket.remoteAddress })
    if (delayMs === 0 || this.#refused.size >= REFUSED_MAX) {
      socket.destroy()
      return
    }
    this.#refused.add(socket)
    socket.onClose = () => this.#refused.delete(socket)
    socket.pause()
    this.#runtime.timers.after(delayMs, () => {
      if (this.#refused.has(socket)) socket.destroy()
    })
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  async close(): Promise<void> {
    for (const connection of [...this.#connections]) connection.close()
    for (const socket of [...this.#refused]) socket.destroy()
    await this.#listener?.close()
    this.#listener = undefined
  }

  /** Malformed input and broken connections are the peers' business; anything else is a fault of ours. */
  #report(connection: Connection, error: Error): void {
    const { clientHost } = connection
    const isTheirs = error instanceof WireError || error instanceof KafkaError || 'syscall' in error
    if (isTheirs) this.#logger.debug('connection closed', { clientHost, reason: error.message })
    else this.#logger.error('connection closed: a request failed', { clientHost, error })
  }

  #checkIdle(): void {
    this.#runtime.timers.after(IDLE_CHECK_MS, () => {
      if (this.#listener === undefined) return
      const oldest = this.#runtime.clock.monotonic() - this.#limits.idleMsMax
      for (const connection of [...this.#connections]) {
        if (connection.lastActiveMs < oldest && connection.pendingRequests === 0) connection.close()
      }
      this.#checkIdle()
    })
  }
}
