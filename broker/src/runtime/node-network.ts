import { createServer, Socket as NodeSocket, type OnReadOpts, type Server } from 'node:net'
import { InputTurn } from './input-turn.ts'
import type { Address, Listener, Network, Socket } from './types.ts'

/** One read buffer for all sockets: a read and its callback are one step of the event loop, so nobody sees it half used. */
const READ_BUFFER_BYTES = 256 * 1024
const readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES)
/** Of what was read and waits for the next turn: beyond this, input is handled at once. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024
/** Longer chunks are kept in buffers of their own, which are used again: making them costs more than copying. */
const SMALL_CHUNK_BYTES = 2048
const spareBuffers: Buffer[] = []
let keptBytes = 0
const inputTurn = new InputTurn(() => performance.now(), setImmediate)

/** More connections waiting to be accepted than this are refused by the system. */
const BACKLOG = 1024

/** TCP of the machine. */
export const nodeNetwork: Network = {
  listen: (address, onConnection) =>
    new Promise((resolve, reject) => {
      const server = createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true })
      const open = new Set<NodeTcpSocket>()
      server.on('connection', (accepted) => {
        const socket = new NodeTcpSocket()
        socket.adopt(accepted)
        open.add(socket)
        socket.onFinished = () => open.delete(socket)
        onConnection(socket)
      })
      server.once('error', reject)
      server.listen({ host: address.host, port: address.port, backlog: BACKLOG }, () => {
        server.off('error', reject)
        resolve(nodeListener(server, open, address.host))
      })
    }),
  connect(address) {
    const socket = new NodeTcpSocket()
    socket.dial(address)
    return socket
  },
}

function nodeListener(server: Server, open: Set<NodeTcpSocket>, host: string): Listener {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has an address and a port')
  return {
    address: { host, port: bound.port },
    // The server still counts the connections whose handles we took over, so its own 'close' event never comes.
    close: () =>
      new Promise((resolve) => {
        server.close()
        for (const socket of open) socket.destroy()
        setImmediate(resolve)
      }),
  }
}

class NodeTcpSocket implements Socket {
  onData: (chunk: Buffer) => void = () => {}
  onClose: (error: Error | undefined) => void = () => {}
  onDrain: () => void = () => {}
  onConnect: () => void = () => {}
  onFinished: () => void = () => {}
  remoteAddress = ''
  remotePort = 0
  #socket: NodeSocket | undefined
  #error: Error | undefined
  #isPaused = false
  /** Until the next turn of the event loop. */
  #waits = false

  /** Takes over an accepted connection with our own read buffer: Node would allocate 64 KiB for each read. */
  adopt(accepted: NodeSocket): void {
    const options: object = { handle: Reflect.get(accepted, '_handle'), onread: this.#onRead() }
    const socket = new NodeSocket(options)
    this.remoteAddress = accepted.remoteAddress ?? ''
    this.remotePort = accepted.remotePort ?? 0
    this.#wire(socket)
    socket.resume()
  }

  dial(address: Address): void {
    const socket = new NodeSocket({ onread: this.#onRead() })
    this.remoteAddress = address.host
    this.remotePort = address.port
    this.#wire(socket)
    socket.setNoDelay(true).setKeepAlive(true)
    socket.connect({ host: address.host, port: address.port }, () => this.onConnect())
  }

  #onRead(): OnReadOpts {
    return {
      buffer: readBuffer,
      callback: (sizeBytes) => this.#read(readBuffer.subarray(0, sizeBytes)),
    }
  }

  /** Returns whether to read on in this turn: who has very much to say lets the others speak. */
  #read(chunk: Buffer): boolean {
    const kept = inputTurn.isOver() ? keep(chunk) : undefined
    if (kept === undefined) this.onData(chunk)
    if (kept === undefined && chunk.length < READ_BUFFER_BYTES) return true
    this.#waits = true
    inputTurn.later(() => this.#goOn(kept))
    return false
  }

  #goOn(kept: Buffer | undefined): void {
    const socket = this.#open()
    if (kept !== undefined && !socket.destroyed) this.onData(kept)
    if (kept !== undefined) letGo(kept)
    this.#waits = false
    if (!this.#isPaused && !socket.destroyed) socket.resume()
  }

  #wire(socket: NodeSocket): void {
    this.#socket = socket
    socket.on('error', (error) => {
      this.#error = error
    })
    socket.on('drain', () => this.onDrain())
    socket.on('end', () => socket.end())
    socket.on('close', () => {
      this.onFinished()
      this.onClose(this.#error)
    })
  }

  /** Returns whether there is room for more. What the system took at once counts no longer, however much it was. */
  write(buffers: readonly Uint8Array[], done: () => void = nothing): boolean {
    const socket = this.#open()
    const last = buffers.length - 1
    if (last > 0) socket.cork()
    for (let index = 0; index < last; index++) socket.write(buffers[index] as Uint8Array)
    socket.write(buffers[last] as Uint8Array, done)
    if (last > 0) socket.uncork()
    return socket.writableLength < socket.writableHighWaterMark
  }

  pause(): void {
    this.#isPaused = true
    this.#open().pause()
  }

  resume(): void {
    this.#isPaused = false
    if (!this.#waits) this.#open().resume()
  }

  end(): void {
    this.#open().end()
  }

  destroy(): void {
    this.#open().destroy()
  }

  #open(): NodeSocket {
    if (this.#socket === undefined) throw new Error('a socket is used before it was adopted or dialled')
    return this.#socket
  }
}

/** A copy of what waits for the next turn; undefined if there is no room for more. */
function keep(chunk: Buffer): Buffer | undefined {
  const bytes = keptSizeOf(chunk)
  if (keptBytes + bytes > KEPT_BYTES_MAX) return undefined
  keptBytes += bytes
  if (bytes === SMALL_CHUNK_BYTES) return Buffer.from(chunk)
  const whole = spareBuffers.pop() ?? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES)
  chunk.copy(whole)
  return whole.subarray(0, chunk.length)
}

function letGo(kept: Buffer): void {
  const bytes = keptSizeOf(kept)
  keptBytes -= bytes
  if (bytes === READ_BUFFER_BYTES) spareBuffers.push(Buffer.from(kept.buffer))
}

function keptSizeOf(chunk: Buffer): number {
  return chunk.length <= SMALL_CHUNK_BYTES ? SMALL_CHUNK_BYTES : READ_BUFFER_BYTES
}

function nothing(): void {}
