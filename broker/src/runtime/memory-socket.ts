import type { MemoryHost, MemoryNetwork } from './memory-network.ts'
import type { Socket } from './types.ts'

interface Outgoing {
  readonly bytes: Uint8Array
  readonly done: (() => void) | undefined
}

/** What a chunk's bytes are when nobody may look at them any more. */
const GONE = 0xdb

/** One end of a connection in a MemoryNetwork. */
export class MemorySocket implements Socket {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly host: MemoryHost
  onData: (chunk: Buffer) => void = nothing
  onClose: (error: Error | undefined) => void = nothing
  onDrain: () => void = nothing
  onConnect: () => void = nothing
  onFinished: () => void = nothing
  isServer = false
  isClosed = false
  peer: MemorySocket | undefined
  readonly #network: MemoryNetwork
  #outgoing: Outgoing[] = []
  /** Sent and not arrived yet: whenever a chunk's time has come, the oldest one arrives. */
  #underway: (() => void)[] = []
  /** Arrived, but this end has paused. */
  #arrived: (() => void)[] = []
  #underwayBytes = 0
  #isPaused = false
  #isEnding = false
  #mustDrain = false

  constructor(network: MemoryNetwork, host: MemoryHost, remoteHost: string, remotePort: number) {
    this.#network = network
    this.host = host
    this.remoteAddress = remoteHost
    this.remotePort = remotePort
  }

  /** The accepting end knows its peer at once. */
  join(client: MemorySocket): void {
    this.isServer = true
    this.peer = client
  }

  connected(server: MemorySocket): void {
    if (this.isClosed) {
      server.lost()
      return
    }
    this.peer = server
    this.onConnect()
    this.#pump()
  }

  refuse(): void {
    this.#finish(systemError('ECONNREFUSED', 'connect'))
  }

  write(buffers: readonly Uint8Array[], done?: () => void): boolean {
    if (this.isClosed) {
      this.#soon(() => done?.())
      return false
    }
    const last = buffers.length - 1
    for (const [index, bytes] of buffers.entries())
      this.#outgoing.push({ bytes, done: index === last ? done : undefined })
    // The system takes the bytes a moment later: whoever changes them before `done` changes what is sent.
    this.#soon(() => this.#pump())
    this.#mustDrain = this.#underwayBytes + this.#queuedBytes() > this.#network.conditions.windowBytes
    return !this.#mustDrain
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#soon(() => this.#take())
  }

  end(): void {
    this.#isEnding = true
    this.#soon(() => this.#pump())
  }

  destroy(): void {
    if (this.isClosed) return
    this.#leave((peer) => peer.finished())
    this.#soon(() => this.onClose(undefined))
  }

  /** Both ends fail, and what was underway between them is lost. */
  reset(): void {
    this.#underway = []
    if (this.peer !== undefined) this.peer.#underway = []
    this.#leave((peer) => peer.lost())
    this.#soon(() => this.onClose(systemError('ECONNRESET', 'read')))
  }

  /** The process behind this end is gone. */
  vanish(): void {
    this.#leave((peer) => peer.lost())
  }

  /** The peer closed in good order, after all that it had sent. */
  finished(): void {
    this.#arrive(() => this.#finish(undefined))
  }

  /** The peer is gone. A paused end does not read, so it does not notice either. */
  lost(): void {
    this.#arrived = []
    this.#arrive(() => this.#finish(systemError('ECONNRESET', 'read')))
  }

  /** Runs `task` at the other end, behind everything that this end has sent before. */
  tell(task: () => void): void {
    this.#underway.push(task)
    this.#network.deliver(this.host, this.remoteAddress, () => this.#underway.shift()?.())
  }

  /** Sends what fits into the window. */
  #pump(): void {
    const { windowBytes, chunkBytesMax } = this.#network.conditions
    while (!this.isClosed && this.peer !== undefined && this.#underwayBytes < windowBytes) {
      const [next] = this.#outgoing
      if (next === undefined) break
      const room = windowBytes - this.#underwayBytes
      const cut = Number.isFinite(chunkBytesMax) ? 1 + this.#network.random.below(chunkBytesMax) : Infinity
      const sizeBytes = Math.min(next.bytes.length, room, cut)
      const chunk = Buffer.from(next.bytes.subarray(0, sizeBytes))
      if (sizeBytes < next.bytes.length)
        this.#outgoing[0] = { ...next, bytes: next.bytes.subarray(sizeBytes) }
      else this.#outgoing.shift()
      if (chunk.length > 0) this.#send(chunk)
      if (sizeBytes === next.bytes.length) next.done?.()
    }
    if (this.#outgoing.length > 0 || this.isClosed) return
    if (this.#mustDrain) {
      this.#mustDrain = false
      this.onDrain()
    }
    if (this.#isEnding && this.peer !== undefined) this.destroy()
  }

  #send(chunk: Buffer): void {
    const { peer } = this
    if (peer === undefined) return
    this.#underwayBytes += chunk.length
    this.tell(() => {
      if (peer.isClosed) {
        peer.tell(() => this.#finish(systemError('ECONNRESET', 'write')))
        return
      }
      peer.#arrive(() => {
        this.#underwayBytes -= chunk.length
        peer.onData(chunk)
        chunk.fill(GONE)
        this.#soon(() => this.#pump())
      })
    })
  }

  #arrive(task: () => void): void {
    if (this.isClosed) return
    this.#arrived.push(task)
    this.#take()
  }

  #take(): void {
    while (!this.#isPaused && !this.isClosed) {
      const task = this.#arrived.shift()
      if (task === undefined) return
      task()
    }
  }

  #queuedBytes(): number {
    return this.#outgoing.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  #finish(error: Error | undefined): void {
    if (this.isClosed) return
    this.#close()
    this.onClose(error)
  }

  /** Closes this end and lets the other one know, in order behind what was sent. */
  #leave(tell: (peer: MemorySocket) => void): void {
    if (this.isClosed) return
    const { peer } = this
    this.#close()
    if (peer !== undefined) this.tell(() => tell(peer))
  }

  /** What was not sent never will be: its buffers are free. */
  #close(): void {
    this.isClosed = true
    this.onFinished()
    const unsent = this.#outgoing
    this.#outgoing = []
    this.#arrived = []
    this.#soon(() => {
      for (const { done } of unsent) done?.()
    })
  }

  #soon(task: () => void): void {
    this.host.soon(task)
  }
}

function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall })
}

function nothing(): void {}
