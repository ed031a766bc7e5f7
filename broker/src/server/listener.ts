import type { Address, Listener, Runtime } from '../runtime/types.ts'
import type { Logger } from '../telemetry/logger.ts'
import { KafkaError, WireError } from '../wire/index.ts'
import { Connection, type ConnectionLimits, type RequestPort } from './connection.ts'
import type { FramePool } from './frame-pool.ts'

export interface ListenerLimits extends ConnectionLimits {
  readonly connectionsMax: number
  /** A connection without traffic and without a waiting request is closed after this long (`connections.max.idle.ms`). */
  readonly idleMsMax: number
}

const IDLE_CHECK_MS = 10_000

/** Accepts clients on one address and keeps track of them. */
export class BrokerListener {
  readonly #runtime: Runtime
  readonly #port: RequestPort
  readonly #pool: FramePool
  readonly #limits: ListenerLimits
  readonly #logger: Logger
  readonly #connections = new Set<Connection>()
  #listener: Listener | undefined

  constructor(runtime: Runtime, port: RequestPort, pool: FramePool, limits: ListenerLimits, logger: Logger) {
    this.#runtime = runtime
    this.#port = port
    this.#pool = pool
    this.#limits = limits
    this.#logger = logger
  }

  /** Rejects with code EADDRINUSE if the port is taken. */
  async start(address: Address): Promise<Address> {
    this.#listener = await this.#runtime.network.listen(address, (socket) => {
      if (this.#connections.size >= this.#limits.connectionsMax) {
        this.#logger.warn('connection refused: max.connections is reached', {
          clientHost: socket.remoteAddress,
        })
        socket.destroy()
        return
      }
      const now = () => this.#runtime.clock.monotonic()
      const connection = new Connection(socket, this.#port, this.#pool, this.#limits, now)
      this.#connections.add(connection)
      connection.onClosed = (error) => {
        this.#connections.delete(connection)
        if (error !== undefined) this.#report(connection, error)
      }
    })
    this.#checkIdle()
    return this.#listener.address
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  async close(): Promise<void> {
    for (const connection of [...this.#connections]) connection.close()
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
