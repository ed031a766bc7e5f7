/** A client's connection to one broker: requests out, answers matched by correlation id, in virtual time. */
import {
  type Api,
  type DraftFields,
  decodeResponse,
  encodeRequestFrame,
  type Fields,
  type InferFields,
} from '@freshet/broker/wire'
import type { Address, Network, Socket, Timers } from '../broker-code.ts'

/** The connection broke or no answer came: nobody knows whether the request took effect. */
export class NoAnswerError extends Error {}

/** A request and its answer, as quotas see them. */
export interface Exchange {
  readonly api: string
  /** The broker's. */
  readonly host: string
  readonly requestBytes: number
  readonly answerBytes: number
  readonly sentAtMs: number
  /** How long the broker said that the client must wait now. */
  readonly throttleMs: number
}

/** How a client takes quotas. */
export interface QuotaManners {
  /** Waits as long as it is told (KIP-219). One that does not must be made to. */
  readonly isPolite: boolean
  readonly nowMs: () => number
  readonly onExchange: (exchange: Exchange) => void
}

interface Waiting {
  readonly resolve: (frame: Buffer) => void
  readonly reject: (error: Error) => void
}

const SIZE_FIELD_BYTES = 4
const FRAME_BYTES_MAX = 64 * 1024 * 1024

export class ClientConnection {
  isClosed = false
  readonly #clientId: string
  readonly #timers: Timers
  readonly #host: string
  readonly #manners: QuotaManners | undefined
  readonly #socket: Socket
  readonly #waiting = new Map<number, Waiting>()
  #lastCorrelationId = 0
  #received: Buffer = Buffer.alloc(0)
  /** Resolves when the client need not wait any more. */
  #throttle: Promise<void> | undefined

  constructor(
    clientId: string,
    network: Network,
    timers: Timers,
    address: Address,
    manners: QuotaManners | undefined,
  ) {
    this.#clientId = clientId
    this.#timers = timers
    this.#host = address.host
    this.#manners = manners
    this.#socket = network.connect(address)
    this.#socket.onData = (chunk) => this.#receive(chunk)
    this.#socket.onClose = () => this.#closed('the connection was closed')
  }

  async request<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    version: number,
    body: DraftFields<Request>,
    timeoutMs: number,
  ): Promise<InferFields<Response>> {
    while (this.#throttle !== undefined) await this.#throttle
    const correlationId = ++this.#lastCorrelationId
    const header = { correlationId, clientId: this.#clientId }
    const frame = encodeRequestFrame(api, version, header, body)
    const sentAtMs = this.#manners?.nowMs() ?? 0
    const answer = await this.#exchange(correlationId, frame, timeoutMs)
    const decoded = decodeResponse(api, version, answer).body
    if (this.#manners !== undefined) {
      const sizes = { requestBytes: frame.length, answerBytes: answer.length }
      const throttleMs = throttleOf(decoded)
      if (this.#manners.isPolite && throttleMs > 0) this.#wait(throttleMs)
      this.#manners.onExchange({ api: api.name, host: this.#host, ...sizes, sentAtMs, throttleMs })
    }
    return decoded
  }

  close(): void {
    this.#socket.destroy()
    this.#closed('the client closed the connection')
  }

  #wait(throttleMs: number): void {
    const throttle = new Promise<void>((resolve) => {
      this.#timers.after(throttleMs, resolve)
    }).then(() => {
      if (this.#throttle === throttle) this.#throttle = undefined
    })
    this.#throttle = throttle
  }

  #exchange(correlationId: number, frame: Buffer, timeoutMs: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) {
        reject(new NoAnswerError('the connection is closed'))
        return
      }
      // As Kafka's clients do: after a request without an answer the connection is given up.
      const timer = this.#timers.after(timeoutMs, () => this.close())
      const settled = () => {
        this.#waiting.delete(correlationId)
        timer.cancel()
      }
      this.#waiting.set(correlationId, {
        resolve: (answer) => {
          settled()
          resolve(answer)
        },
        reject: (error) => {
          settled()
          reject(error)
        },
      })
      this.#socket.write([frame])
    })
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    while (this.#received.length >= SIZE_FIELD_BYTES) {
      const sizeBytes = this.#received.readInt32BE(0)
      if (sizeBytes < 0 || sizeBytes > FRAME_BYTES_MAX) throw new Error(`an answer of ${sizeBytes} bytes`)
      const end = SIZE_FIELD_BYTES + sizeBytes
      if (this.#received.length < end) return
      const frame = this.#received.subarray(SIZE_FIELD_BYTES, end)
      this.#received = this.#received.subarray(end)
      this.#waiting.get(frame.readInt32BE(0))?.resolve(frame)
    }
  }

  #closed(reason: string): void {
    if (this.isClosed) return
    this.isClosed = true
    for (const { reject } of [...this.#waiting.values()]) reject(new NoAnswerError(reason))
  }
}

function throttleOf(body: object): number {
  return 'throttleTimeMs' in body ? Number(body.throttleTimeMs) : 0
}
