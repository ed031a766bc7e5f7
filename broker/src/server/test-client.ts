/** For tests: a Kafka client that speaks any version of any API over a simulated network. */
import type { Address, Network, Socket } from '../runtime/types.ts'
import {
  type Api,
  type DraftFields,
  decodeResponse,
  encodeRequestFrame,
  type Fields,
  type InferFields,
} from '../wire/index.ts'
import { FrameReader } from './frame-reader.ts'

interface Waiting {
  readonly resolve: (frame: Buffer) => void
  readonly reject: (error: Error) => void
}

export class TestClient {
  isClosed = false
  /** Correlation ids in the order of their answers. */
  readonly answered: number[] = []
  readonly socket: Socket
  readonly #waiting = new Map<number, Waiting>()
  #lastCorrelationId = 0

  constructor(network: Network, address: Address) {
    this.socket = network.connect(address)
    const reader = new FrameReader(undefined, 0x7fffffff, ({ bytes }) => {
      this.#answer(bytes)
      return true
    })
    this.socket.onData = (chunk) => void reader.push(chunk)
    this.socket.onClose = (error) => {
      this.isClosed = true
      for (const { reject } of this.#waiting.values()) reject(error ?? new Error('the connection was closed'))
      this.#waiting.clear()
    }
  }

  /** Rejects when the connection closes before the answer. */
  send<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    version: number,
    body: DraftFields<Request>,
  ): Promise<InferFields<Response>> {
    const correlationId = ++this.#lastCorrelationId
    const frame = encodeRequestFrame(api, version, { correlationId, clientId: 'test-client' }, body)
    const answer = this.sendFrame(frame, correlationId)
    const response = answer.then((bytes) => decodeResponse(api, version, bytes).body)
    // Whoever does not wait for the answer does not want to know of a failure either.
    response.catch(() => undefined)
    return response
  }

  /** For requests without an answer. */
  post<Request extends Fields>(api: Api<Request>, version: number, body: DraftFields<Request>): void {
    const correlationId = ++this.#lastCorrelationId
    this.socket.write([encodeRequestFrame(api, version, { correlationId, clientId: 'test-client' }, body)])
  }

  /** Any bytes; the answer is without its size. */
  sendFrame(frame: Buffer, correlationId: number): Promise<Buffer> {
    const answer = new Promise<Buffer>((resolve, reject) => {
      this.#waiting.set(correlationId, { resolve, reject })
    })
    answer.catch(() => undefined)
    this.socket.write([frame])
    return answer
  }

  #answer(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0)
    this.answered.push(correlationId)
    this.#waiting.get(correlationId)?.resolve(frame)
    this.#waiting.delete(correlationId)
  }
}
