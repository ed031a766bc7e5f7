/**
 * A network in memory, in virtual time: the twin of the real one for simulations and tests.
 *
 * It is strict where TCP leaves room: bytes are copied only when the "system" takes them, which may be long after `write`,
 * a chunk is overwritten as soon as `onData` has returned, and chunks are cut at arbitrary places if asked for. Buffers
 * that are reused too early show at once. Hosts stand for processes: one that is killed takes its connections with it.
 */
import { MemorySocket } from './memory-socket.ts'
import type { Address, Listener, Network, Random, Socket, Timers } from './types.ts'

export interface Conditions {
  /** One way, for each chunk. */
  delayMs: number
  /** Chunks are cut into pieces of 1 to so many bytes. */
  chunkBytesMax: number
  /** So much is underway, or waits at a receiver that has paused, before the sender must wait. */
  windowBytes: number
}

const FIRST_FREE_PORT = 50_000

export class MemoryNetwork {
  readonly conditions: Conditions = { delayMs: 1, chunkBytesMax: Infinity, windowBytes: 64 * 1024 }
  readonly timers: Timers
  readonly random: Random
  readonly #hosts = new Map<string, MemoryHost>()
  readonly #listeners = new Map<string, (socket: Socket) => void>()
  readonly #blocked = new Set<string>()
  readonly #held: (() => void)[] = []
  #nextPort = FIRST_FREE_PORT

  constructor(timers: Timers, random: Random) {
    this.timers = timers
    this.random = random
  }

  /** A new process on a host, which may be one that was killed. */
  start(host: string): MemoryHost {
    const started = new MemoryHost(this, host)
    this.#hosts.set(host, started)
    return started
  }

  /** Nothing arrives between two hosts, and nobody is told, until the returned function is called. */
  block(hostA: string, hostB: string): () => void {
    const pairs = [`${hostA}>${hostB}`, `${hostB}>${hostA}`]
    for (const pair of pairs) this.#blocked.add(pair)
    return () => {
      for (const pair of pairs) this.#blocked.delete(pair)
      for (const retry of this.#held.splice(0)) retry()
    }
  }

  /** Resets every connection between two hosts. */
  reset(hostA: string, hostB: string): void {
    for (const socket of this.#hosts.get(hostA)?.sockets ?? []) {
      if (socket.peer?.host === hostB) socket.reset()
    }
  }

  /** For the hosts: binds a port. */
  bind(address: Address, onConnection: (socket: Socket) => void): Address {
    const port = address.port === 0 ? this.#nextPort++ : address.port
    const name = `${address.host}:${port}`
    if (this.#listeners.has(name)) {
      throw Object.assign(new Error(`listen EADDRINUSE: address already in use ${name}`), {
        code: 'EADDRINUSE',
      })
    }
    this.#listeners.set(name, onConnection)
    return { host: address.host, port }
  }

  unbind(address: Address): void {
    this.#listeners.delete(`${address.host}:${address.port}`)
  }

  /** For the sockets: runs `task` when something sent now arrives. */
  deliver(from: string, to: string, task: () => void): void {
    this.timers.after(this.conditions.delayMs, () => {
      if (this.#blocked.has(`${from}>${to}`)) this.#held.push(() => this.deliver(from, to, task))
      else task()
    })
  }

  /** For the hosts: the other end of a connection, or undefined if nobody listens. */
  accept(client: MemorySocket, address: Address): MemorySocket | undefined {
    const onConnection = this.#listeners.get(`${address.host}:${address.port}`)
    const host = this.#hosts.get(address.host)
    if (onConnection === undefined || host === undefined) return undefined
    const server = new MemorySocket(this, address.host, client.host)
    host.adopt(server)
    server.join(client)
    onConnection(server)
    return server
  }
}

/** The network as one process has it. */
export class MemoryHost implements Network {
  readonly sockets = new Set<MemorySocket>()
  readonly #network: MemoryNetwork
  readonly #host: string
  readonly #bound = new Set<Address>()

  constructor(network: MemoryNetwork, host: string) {
    this.#network = network
    this.#host = host
  }

  async listen(address: Address, onConnection: (socket: Socket) => void): Promise<Listener> {
    const bound = this.#network.bind({ ...address, host: this.#host }, onConnection)
    this.#bound.add(bound)
    return {
      address: bound,
      close: async () => {
        this.#unbind(bound)
        for (const socket of [...this.sockets]) if (socket.isServer) socket.destroy()
      },
    }
  }

  connect(address: Address): Socket {
    const socket = new MemorySocket(this.#network, this.#host, address.host)
    this.adopt(socket)
    this.#network.deliver(this.#host, address.host, () => {
      if (socket.isClosed) return
      const peer = this.#network.accept(socket, address)
      if (peer === undefined) socket.refuse()
      else this.#network.deliver(address.host, this.#host, () => socket.connected(peer))
    })
    return socket
  }

  adopt(socket: MemorySocket): void {
    this.sockets.add(socket)
    socket.onFinished = () => this.sockets.delete(socket)
  }

  /** The process is gone: its ports are free, its peers see resets, and it hears nothing any more. */
  kill(): void {
    for (const bound of [...this.#bound]) this.#unbind(bound)
    for (const socket of [...this.sockets]) socket.vanish()
  }

  #unbind(bound: Address): void {
    if (this.#bound.delete(bound)) this.#network.unbind(bound)
  }
}
