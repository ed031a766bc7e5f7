import type { Runtime, Socket, Timer } from '../runtime/types.ts'
import { WireError } from '../wire/index.ts'
import type { FramePool } from './frame-pool.ts'
import type { Frame } from './frame-reader.ts'
import { FrameReader } from './frame-reader.ts'

/** A response in the making. Responses leave in the order of their requests. */
interface Slot {
  parts: readonly Buffer[] | undefined
  ready: boolean
  readonly frame: Frame
  sent: (() => void) | undefined
  flushing: (() => void) | undefined
}

/** What a request comes to. `parts` undefined means that the protocol has no answer (acks=0). */
export interface Answer {
  readonly parts: readonly Buffer[] | undefined
  /** Called once the system took the bytes, or never will: buffers behind `parts` may be reused. */
  readonly sent?: (() => void) | undefined
  /** Called when the answer is handed to the socket. */
  readonly flushing?: (() => void) | undefined
  /** The client is throttled: its next request is not taken before (KIP-219). */
  readonly throttleMs?: number
}

export interface RequestPort {
  /**
   * Handles one frame. A promise mutes the connection until it settles, as Kafka does, unless `pipelined`.
   * A thrown error closes the connection.
   */
  handle(frame: Buffer, connection: Connection): Handled
}

export type Handled =
  | { readonly answer: Answer }
  | { readonly pending: Promise<Answer>; readonly pipelined: boolean }

export interface ClientSoftware {
  readonly name: string
  readonly version: string
}

export interface ConnectionLimits {
  readonly requestBytesMax: number
  readonly pipelinedRequestsMax: number
}

const EMPTY = Buffer.alloc(0)
/** The longest delay that a timer takes. */
const TIMER_MS_MAX = 0x7fffffff

/** One client's connection: frames in, answers out, in order, with the socket paused while it must wait. */
export class Connection {
  readonly socket: Socket
  readonly clientHost: string
  /** What the client says it is (KIP-511). */
  clientSoftware: ClientSoftware = { name: 'unknown', version: 'unknown' }
  /** Of the listener that accepted it: its addresses are what the client is told. */
  readonly listenerName: string
  lastActiveMs: number
  onClosed: (error: Error | undefined) => void = () => {}
  readonly #port: RequestPort
  readonly #pool: FramePool
  readonly #limits: ConnectionLimits
  readonly #reader: FrameReader
  readonly #runtime: Pick<Runtime, 'clock' | 'timers'>
  readonly #slots: Slot[] = []
  readonly #closeTasks = new Map<string, () => void>()
  #backlog: Buffer | undefined
  /** The request that must be answered before another is taken, or `full`: too many wait. */
  #mutedBy: Slot | 'full' | undefined
  #blocked = false
  #throttledUntilMs = 0
  #throttle: Timer | undefined
  #closed = false
  #flushQueued = false

  constructor(
    socket: Socket,
    listenerName: string,
    port: RequestPort,
    pool: FramePool,
    limits: ConnectionLimits,
    runtime: Pick<Runtime, 'clock' | 'timers'>,
  ) {
    this.socket = socket
    this.clientHost = socket.remoteAddress
    this.listenerName = listenerName
    this.#port = port
    this.#pool = pool
    this.#limits = limits
    this.#runtime = runtime
    this.lastActiveMs = runtime.clock.monotonic()
    this.#reader = new FrameReader(pool, limits.requestBytesMax, (frame) => this.#accept(frame))
    socket.onData = (chunk) => this.#receive(chunk)
    socket.onDrain = () => this.#unblock()
    socket.onClose = (error) => this.#finish(error)
  }

  /** Requests that wait for their answer. */
  get pendingRequests(): number {
    return this.#slots.length
  }

  /** Runs `task` when this connection closes; a new task of the same name takes the place of the old one. */
  onceClosed(name: string, task: () => void): void {
    if (this.#closed) task()
    else this.#closeTasks.set(name, task)
  }

  /** Takes no request for this long. */
  throttle(delayMs: number): void {
    const untilMs = this.#runtime.clock.monotonic() + delayMs
    if (this.#closed || untilMs <= this.#throttledUntilMs) return
    this.#throttledUntilMs = untilMs
    this.#throttle?.cancel()
    this.#throttle = this.#runtime.timers.after(Math.min(delayMs, TIMER_MS_MAX), () => {
      this.#throttle = undefined
      this.#goOn()
    })
    this.socket.pause()
  }

  /** Closes at once; requests in progress lose their answer. */
  close(error?: Error): void {
    if (this.#closed) return
    this.#finish(error)
    this.socket.destroy()
  }

  #receive(chunk: Buffer): void {
    if (this.#closed) return
    this.lastActiveMs = this.#runtime.clock.monotonic()
    if (this.#backlog !== undefined || this.#paused()) {
      this.#backlog = Buffer.concat([this.#backlog ?? EMPTY, chunk])
      return
    }
    this.#parse(chunk)
  }

  #parse(chunk: Buffer): void {
    try {
      const consumed = this.#reader.push(chunk)
      if (this.#closed || consumed === chunk.length) return
      this.#backlog = Buffer.from(chunk.subarray(consumed))
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Returns whether the next frame may be taken at once. */
  #accept(frame: Frame): boolean {
    const slot: Slot = { parts: undefined, ready: false, frame, sent: undefined, flushing: undefined }
    this.#slots.push(slot)
    const handled = this.#port.handle(frame.bytes, this)
    if ('answer' in handled) {
      this.#fill(slot, handled.answer)
      return !this.#paused()
    }
    handled.pending.then(
      (answer) => this.#complete(slot, answer),
      (error) => this.#fail(error),
    )
    if (!handled.pipelined) this.#mute(slot)
    else if (this.#slots.length >= this.#limits.pipelinedRequestsMax) this.#mute('full')
    return !this.#paused()
  }

  #complete(slot: Slot, answer: Answer): void {
    if (this.#closed) {
      answer.sent?.()
      return
    }
    this.#fill(slot, answer)
    if (this.#mutedBy === slot) this.#unmute()
  }

  #unmute(): void {
    this.#mutedBy = undefined
    this.#goOn()
  }

  #fill(slot: Slot, answer: Answer): void {
    slot.parts = answer.parts
    slot.sent = answer.sent
    slot.flushing = answer.flushing
    slot.ready = true
    if (answer.throttleMs) this.throttle(answer.throttleMs)
    if (this.#slots[0] !== slot || this.#flushQueued) return
    this.#flushQueued = true
    queueMicrotask(() => this.#flush())
  }

  /** Sends every answer at the head of the queue that is ready, in one write. */
  #flush(): void {
    this.#flushQueued = false
    if (this.#closed) return
    const parts: Buffer[] = []
    const sent: (() => void)[] = []
    let count = 0
    while (count < this.#slots.length && this.#slots[count]?.ready) {
      const slot = this.#slots[count++] as Slot
      if (slot.parts !== undefined) for (const part of slot.parts) parts.push(part)
      if (slot.sent !== undefined) sent.push(slot.sent)
      slot.flushing?.()
      if (slot.frame.pooled) this.#pool.release(slot.frame.bytes)
    }
    this.#slots.splice(0, count)
    const done = sent.length === 0 ? undefined : () => sent.forEach((each) => void each())
    if (parts.length === 0) done?.()
    else if (!this.socket.write(parts, done)) this.#block()
    if (this.#mutedBy === 'full') this.#unmute()
  }

  #paused(): boolean {
    return this.#mutedBy !== undefined || this.#blocked || this.#throttle !== undefined || this.#closed
  }

  #mute(by: Slot | 'full'): void {
    this.#mutedBy = by
    this.socket.pause()
  }

  /** The client does not read its answers: stop taking its requests. */
  #block(): void {
    this.#blocked = true
    this.socket.pause()
  }

  #unblock(): void {
    if (!this.#blocked) return
    this.#blocked = false
    this.#goOn()
  }

  #goOn(): void {
    if (this.#paused()) return
    const backlog = this.#backlog
    if (backlog !== undefined) {
      this.#backlog = undefined
      this.#parse(backlog)
    }
    if (!this.#paused() && this.#backlog === undefined) this.socket.resume()
  }

  #fail(error: unknown): void {
    this.close(error instanceof Error ? error : new WireError(String(error)))
  }

  #finish(error: Error | undefined): void {
    if (this.#closed) return
    this.#closed = true
    this.#throttle?.cancel()
    this.#reader.discard()
    this.#backlog = undefined
    // Frames of unanswered requests may still be referred to by what is being appended: the collector takes them.
    for (const slot of this.#slots) if (slot.ready) slot.sent?.()
    this.#slots.length = 0
    for (const task of this.#closeTasks.values()) task()
    this.onClosed(error)
  }
}
