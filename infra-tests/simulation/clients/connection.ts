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
  readonly #socket: Socket
  readonly #waiting = new Map<number, Waiting>()
  #lastCorrelationId = 0
  #received: Buffer = Buffer.alloc(0)

  constructor(clientId: string, network: Network, timers: Timers, address: Address) {
    this.#clientId = clientId
    this.#timers = timers
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
    const correlationId = ++this.#lastCorrelationId
    const header = { correlationId, clientId: this.#clientId }
    const frame = encodeRequestFrame(api, version, header, body)
    const answer = await this.#exchange(correlationId, frame, timeoutMs)
    return decodeResponse(api, version, answer).body
  }

  close(): void {
    this.#socket.destroy()
    this.#closed('the client closed the connection')
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
