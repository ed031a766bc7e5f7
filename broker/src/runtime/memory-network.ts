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
  /** At most so much more, different for each chunk; chunks of one connection stay in order. */
  jitterMs: number
  /** Chunks are cut into pieces of 1 to so many bytes. */
  chunkBytesMax: number
  /** So much is underway, or waits at a receiver that has paused, before the sender must wait. */
  windowBytes: number
}

const FIRST_FREE_PORT = 50_000
/** Whoever connects has no port of its own here. */
const CLIENT_PORT = 0
const JITTER_STEPS = 1000

export class MemoryNetwork {
  readonly conditions: Conditions = {
    delayMs: 1,
    jitterMs: 0,
    chunkBytesMax: Infinity,
    windowBytes: 64 * 1024,
  }
  readonly timers: Timers
  readonly random: Random
  readonly #hosts = new Map<string, MemoryHost>()
  readonly #listeners = new Map<string, (socket: Socket) => void>()
  /** How many times each direction between two hosts is blocked, and how much slower it is than usual. */
  readonly #blocked = new Map<string, number>()
  readonly #slowed = new Map<string, number>()
  /** Which others each isolated host still hears. */
  readonly #isolated = new Map<string, (other: string) => boolean>()
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
    const heal = [this.blockOneWay(hostA, hostB), this.blockOneWay(hostB, hostA)]
    return () => {
      for (const each of heal) each()
    }
  }

  /** Nothing that one host sends arrives at the other; the way back is open. */
  blockOneWay(from: string, to: string): () => void {
    const change = (by: number) => addTo(this.#blocked, `${from}>${to}`, by)
    change(1)
    return () => {
      change(-1)
      for (const retry of this.#held.splice(0)) retry()
    }
  }

  /** As if blocked from all others, those that come later too, but for those that it still `hears`. */
  isolate(host: string, hears: (other: string) => boolean): () => void {
    this.#isolated.set(host, hears)
    return () => {
      this.#isolated.delete(host)
      for (const retry of this.#held.splice(0)) retry()
    }
  }

  /** Everything between two hosts takes so much longer, until the returned function is called. */
  slow(hostA: string, hostB: string, byMs: number): () => void {
    const change = (sign: number) => {
      addTo(this.#slowed, `${hostA}>${hostB}`, sign * byMs)
      addTo(this.#slowed, `${hostB}>${hostA}`, sign * byMs)
    }
    change(1)
    return () => change(-1)
  }

  /** Resets every connection between two hosts; what was underway is lost. */
  reset(hostA: string, hostB: string): void {
    for (const socket of [...(this.#hosts.get(hostA)?.sockets ?? [])]) {
      if (socket.peer?.host.name === hostB) socket.reset()
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
  deliver(from: MemoryHost, to: string, task: () => void): void {
    const path = `${from.name}>${to}`
    this.timers.after(this.#delayMs(path), () => {
      if (this.#isBlocked(from.name, to, path)) this.#held.push(() => this.deliver(from, to, task))
      else this.#at(to, task)
    })
  }

  /** For the hosts: the other end of a connection, or undefined if nobody listens. */
  accept(client: MemorySocket, address: Address): MemorySocket | undefined {
    const onConnection = this.#listeners.get(`${address.host}:${address.port}`)
    const host = this.#hosts.get(address.host)
    if (onConnection === undefined || host === undefined) return undefined
    const server = new MemorySocket(this, host, client.host.name, CLIENT_PORT)
    host.adopt(server)
    server.join(client)
    onConnection(server)
    return server
  }

  #isBlocked(from: string, to: string, path: string): boolean {
    if ((this.#blocked.get(path) ?? 0) > 0) return true
    if (from === to) return false
    return this.#isolated.get(from)?.(to) === false || this.#isolated.get(to)?.(from) === false
  }

  #delayMs(path: string): number {
    const { delayMs, jitterMs } = this.conditions
    const jitter = jitterMs === 0 ? 0 : (this.random.below(JITTER_STEPS) / JITTER_STEPS) * jitterMs
    return delayMs + jitter + (this.#slowed.get(path) ?? 0)
  }

  /** Whether anybody is there is found out by the task itself: a machine without the process refuses. */
  #at(host: string, task: () => void): void {
    const process = this.#hosts.get(host)
    if (process === undefined) task()
    else process.hear(task)
  }
}

/** The network as one process has it. */
export class MemoryHost implements Network {
  readonly sockets = new Set<MemorySocket>()
  readonly name: string
  readonly #network: MemoryNetwork
  readonly #bound = new Set<Address>()
  /** What has happened to a process whose event loop stands still. */
  #unheard: (() => void)[] | undefined

  constructor(network: MemoryNetwork, name: string) {
    this.#network = network
    this.name = name
  }

  async listen(address: Address, onConnection: (socket: Socket) => void): Promise<Listener> {
    const bound = this.#network.bind({ ...address, host: this.name }, onConnection)
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
    const socket = new MemorySocket(this.#network, this, address.host, address.port)
    this.adopt(socket)
    this.#network.deliver(this, address.host, () => {
      if (socket.isClosed) return
      const peer = this.#network.accept(socket, address)
      if (peer === undefined) socket.refuse()
      else peer.tell(() => socket.connected(peer))
    })
    return socket
  }

  adopt(socket: MemorySocket): void {
    this.sockets.add(socket)
    socket.onFinished = () => this.sockets.delete(socket)
  }

  /** The process is gone: its ports are free, its peers see resets, and it hears nothing any more. */
  kill(): void {
    this.#unheard = undefined
    for (const bound of [...this.#bound]) this.#unbind(bound)
    for (const socket of [...this.sockets]) socket.vanish()
  }

  /** The event loop stands still: what arrives is seen when it goes on. */
  stall(): void {
    this.#unheard ??= []
  }

  resume(): void {
    const tasks = this.#unheard ?? []
    this.#unheard = undefined
    for (const task of tasks) this.soon(task)
  }

  /** For the sockets: something for this process to see, as soon as its event loop turns. */
  hear(task: () => void): void {
    if (this.#unheard === undefined) task()
    else this.#unheard.push(task)
  }

  /** For the sockets: something that this process does a moment later. */
  soon(task: () => void): void {
    this.#network.timers.after(0, () => this.hear(task))
  }

  #unbind(bound: Address): void {
    if (this.#bound.delete(bound)) this.#network.unbind(bound)
  }
}

function addTo(sums: Map<string, number>, key: string, by: number): void {
  sums.set(key, (sums.get(key) ?? 0) + by)
}
