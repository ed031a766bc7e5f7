import type { ApiHandler } from '../apis/handler.ts'
import {
  decodeRequestBody,
  decodeRequestHeader,
  decodeResponse,
  ErrorCode,
  type RequestHeader,
  WireError,
} from '../wire/index.ts'
import type { Answer, Connection, Handled, RequestPort } from './connection.ts'
import type { BrokerServices } from './context.ts'
import { type RequestOrigin, ServedRequest } from './served-request.ts'

const API_VERSIONS_KEY = 18
const UNSUPPORTED_VERSION_RESPONSE_BYTES = 16
const FRAME_SIZE_BYTES = 4

/** From a frame to its answer: finds the API, decodes, calls the handler, encodes. */
export class Dispatcher implements RequestPort {
  readonly #broker: BrokerServices
  readonly #handlers = new Map<number, ApiHandler>()

  constructor(broker: BrokerServices, handlers: readonly ApiHandler[]) {
    this.#broker = broker
    for (const handler of handlers) this.#handlers.set(handler.api.key, handler)
  }

  handle(frame: Buffer, connection: Connection): Handled {
    const header = this.#header(frame)
    const handler = this.#handlers.get(header.apiKey) as ApiHandler
    if (!isServed(handler, header.apiVersion)) return { answer: refuseVersion(handler, header) }
    // What this client sent before must be visible to what it asks now.
    if (!handler.pipelined && connection.pendingRequests > 1) this.#broker.commits.commitAll()
    if (handler.servedBy === 'controller') {
      // Read here first: a malformed request must close its own connection, not the one to the controller.
      const body = decodeRequestBody(handler.api.request, header.apiVersion, frame, header.bodyOffset)
      if (handler.isForThisBroker?.(body as never)) {
        return this.#serve(frame, header, handler, { clientHost: connection.clientHost, connection })
      }
      const pending = this.#forward(frame, header, handler, connection.clientHost)
      return { pending, pipelined: false }
    }
    return this.#serve(frame, header, handler, { clientHost: connection.clientHost, connection })
  }

  /** Serves a request that another broker received and passed on (KIP-590). */
  async serveForwarded(frame: Buffer, clientHost: string): Promise<Buffer> {
    const { apiKey } = this.#header(frame)
    if (this.#handlers.get(apiKey)?.servedBy !== 'controller')
      throw new WireError(`API ${apiKey} cannot be forwarded`)
    return this.serveHere(frame, clientHost)
  }

  /** Serves a request frame that did not come over a connection; the response is without its size field. */
  async serveHere(frame: Buffer, clientHost: string): Promise<Buffer> {
    const header = this.#header(frame)
    const handler = this.#handlers.get(header.apiKey) as ApiHandler
    if (!isServed(handler, header.apiVersion))
      throw new WireError(`API ${header.apiKey} has no version ${header.apiVersion}`)
    const handled = this.#serve(frame, header, handler, { clientHost, connection: undefined })
    const answer = 'answer' in handled ? handled.answer : await handled.pending
    return Buffer.concat(answer.parts ?? []).subarray(FRAME_SIZE_BYTES)
  }

  #header(frame: Buffer): RequestHeader {
    return decodeRequestHeader(frame, (apiKey) => this.#handlers.get(apiKey)?.api)
  }

  #serve(frame: Buffer, header: RequestHeader, handler: ApiHandler, origin: RequestOrigin): Handled {
    const { clock } = this.#broker.runtime
    const startedMs = clock.monotonic()
    const request = new ServedRequest(this.#broker, handler, header, frame.length, origin, startedMs)
    const body = decodeRequestBody(handler.api.request, header.apiVersion, frame, header.bodyOffset)
    request.mark('parse')
    const served = handler.handle(request, body as never)
    request.mark('handle')
    if (!(served instanceof Promise)) return { answer: request.answer(served, startedMs) }
    const busyMs = clock.monotonic() - startedMs
    return {
      pending: served.then((response) => {
        request.mark('wait')
        return request.answer(response, clock.monotonic(), busyMs)
      }),
      pipelined: handler.pipelined,
    }
  }

  /** The controller counts what its quotas are about, and says how long this connection is to be throttled for it. */
  async #forward(
    frame: Buffer,
    header: RequestHeader,
    handler: ApiHandler,
    clientHost: string,
  ): Promise<Answer> {
    const response = await this.#broker.controller.forward(frame, clientHost)
    const { body } = decodeResponse(handler.api, header.apiVersion, response)
    const size = Buffer.allocUnsafe(FRAME_SIZE_BYTES)
    size.writeInt32BE(response.length, 0)
    const throttleMs = 'throttleTimeMs' in body ? Number(body.throttleTimeMs) : 0
    return { parts: [size, response], throttleMs }
  }
}

function isServed(handler: ApiHandler, version: number): boolean {
  const [min, max] = handler.api.versions
  return version >= min && version <= max
}

/**
 * A version that we do not speak closes the connection, but for ApiVersions: it is answered in version 0 with
 * UNSUPPORTED_VERSION and the range of ApiVersions itself, so that the client can ask again (KIP-511).
 */
function refuseVersion(handler: ApiHandler, header: RequestHeader): Answer {
  if (header.apiKey !== API_VERSIONS_KEY) {
    throw new WireError(`API ${header.apiKey} has no version ${header.apiVersion}`)
  }
  const response = Buffer.alloc(FRAME_SIZE_BYTES + UNSUPPORTED_VERSION_RESPONSE_BYTES)
  response.writeInt32BE(UNSUPPORTED_VERSION_RESPONSE_BYTES, 0)
  response.writeInt32BE(header.correlationId, 4)
  response.writeInt16BE(ErrorCode.UNSUPPORTED_VERSION, 8)
  response.writeInt32BE(1, 10)
  response.writeInt16BE(API_VERSIONS_KEY, 14)
  response.writeInt16BE(handler.api.versions[0], 16)
  response.writeInt16BE(handler.api.versions[1], 18)
  return { parts: [response] }
}
