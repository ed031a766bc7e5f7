import type { Address, Runtime, Socket, Timer } from '../runtime/types.ts'
import {
  type Api,
  type DraftFields,
  decodeResponse,
  ErrorCode,
  encodeRequestFrame,
  type Fields,
  type InferFields,
  KafkaError,
} from '../wire/index.ts'
import type { FramePool } from './frame-pool.ts'
import { type Frame, FrameReader } from './frame-reader.ts'

const RESPONSE_BYTES_MAX = 100 * 1024 * 1024
const WAITING_REQUESTS_MAX = 1000

interface Waiting {
  readonly correlationId: number
  readonly resolve: (frame: Frame) => void
  readonly reject: (error: Error) => void
  readonly timer: Timer
}

/** The connection broke, or no answer came in time: whether the request took effect is unknown. */
export class BrokerUnreachableError extends KafkaError {
  constructor(message: string, cause?: unknown) {
    super(ErrorCode.NETWORK_EXCEPTION, message)
    this.cause = cause
  }
}

/** One broker's connection to another: Kafka requests out, answers matched by correlation id. */
export class BrokerClient {
  readonly address: Address
  readonly #runtime: Runtime
  readonly #clientId: string
  readonly #pool: FramePool | undefined
  /** In the order of their requests, in which they are answered. */
  #waiting: Waiting[] = []
  #socket: Socket | undefined
  #lastCorrelationId = 0

  constructor(runtime: Runtime, address: Address, clientId: string, pool?: FramePool) {
    this.#runtime = runtime
    this.address = address
    this.#clientId = clientId
    this.#pool = pool
  }

  /** Sends a request in its newest version. Rejects with BrokerUnreachableError. */
  async request<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    body: DraftFields<Request>,
    timeoutMs: number,
  ): Promise<InferFields<Response>> {
    return (await this.borrow(api, body, timeoutMs)).body
  }

  /** As `request`, for large answers: once `release` is called, their bytes belong to the pool again. */
  async borrow<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    body: DraftFields<Request>,
    timeoutMs: number,
  ): Promise<{ readonly body: InferFields<Response>; readonly release: () => void }> {
    const version = api.versions[1]
    const correlationId = this.#nextCorrelationId()
    const frame = encodeRequestFrame(api, version, { correlationId, clientId: this.#clientId }, body)
    const answer = await this.#exchange(correlationId, frame, timeoutMs)
    const release = () => {
      if (answer.pooled) this.#pool?.release(answer.bytes)
    }
    return { body: decodeResponse(api, version, answer.bytes).body, release }
  }

  close(): void {
    this.#fail(new BrokerUnreachableError('the client was closed'))
    this.#abandon()
  }

  #exchange(correlationId: number, frame: Buffer, timeoutMs: number): Promise<Frame> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= WAITING_REQUESTS_MAX) {
        reject(new BrokerUnreachableError(`${WAITING_REQUESTS_MAX} requests wait already`))
        return
      }
      const timer = this.#runtime.timers.after(timeoutMs, () => {
        this.#take(correlationId)
        reject(new BrokerUnreachableError(`no answer within ${timeoutMs} ms`))
        // A connection that went silent may stay so for many minutes: the next request takes a new one.
        this.#abandon()
      })
      this.#waiting.push({ correlationId, resolve, reject, timer })
      this.#open().write([frame])
    })
  }

  #open(): Socket {
    if (this.#socket !== undefined) return this.#socket
    const socket = this.#runtime.network.connect(this.address)
    const onFrame = (frame: Frame) => {
      this.#answer(frame)
      return true
    }
    const reader = new FrameReader(this.#pool, RESPONSE_BYTES_MAX, onFrame, true)
    socket.onData = (chunk) => {
      try {
        reader.push(chunk)
      } catch (error) {
        this.#fail(new BrokerUnreachableError('the answer is not a Kafka frame', error))
        this.#abandon()
      }
    }
    socket.onClose = (error) => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      this.#fail(new BrokerUnreachableError('the connection was closed', error))
    }
    this.#socket = socket
    return socket
  }

  /** The requests that still wait on the connection fail with it. */
  #abandon(): void {
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
    this.#fail(new BrokerUnreachableError('the connection was given up'))
  }

  #answer(frame: Frame): void {
    const waiting = this.#take(frame.bytes.readInt32BE(0))
    if (waiting === undefined) return
    waiting.timer.cancel()
    waiting.resolve(frame)
  }

  #take(correlationId: number): Waiting | undefined {
    const at = this.#waiting.findIndex((waiting) => waiting.correlationId === correlationId)
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0]
  }

  #fail(error: BrokerUnreachableError): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const each of waiting) {
      each.timer.cancel()
      each.reject(error)
    }
  }

  #nextCorrelationId(): number {
    this.#lastCorrelationId = this.#lastCorrelationId === 0x7fffffff ? 1 : this.#lastCorrelationId + 1
    return this.#lastCorrelationId
  }
}
