import type { ApiHandler } from '../apis/handler.ts'
import { ANONYMOUS_USER } from '../security/index.ts'
import type { RequestTrace, Stage } from '../telemetry/request-trace.ts'
import { encodeResponseFrame, type RequestHeader } from '../wire/index.ts'
import type { Answer, Connection } from './connection.ts'
import type { BrokerServices, RequestContext } from './context.ts'

/** Where a request came from. */
export interface RequestOrigin {
  readonly clientHost: string
  /** Undefined for a request that another broker forwarded. */
  readonly connection: Connection | undefined
}

/** One request while it is served: what its handler may ask for, and how its answer is made. */
export class ServedRequest implements RequestContext {
  readonly broker: BrokerServices
  readonly apiVersion: number
  readonly clientId: string
  readonly clientHost: string
  readonly user = ANONYMOUS_USER
  readonly sizeBytes: number
  readonly connection: Connection | undefined
  readonly #handler: ApiHandler
  readonly #correlationId: number
  readonly #trace: RequestTrace | undefined
  readonly #startedMs: number
  #throttleMs = 0
  #isExempt: boolean
  #afterSend: (() => void) | undefined

  constructor(
    broker: BrokerServices,
    handler: ApiHandler,
    header: RequestHeader,
    sizeBytes: number,
    { clientHost, connection }: RequestOrigin,
    startedMs: number,
  ) {
    this.broker = broker
    this.#startedMs = startedMs
    this.apiVersion = header.apiVersion
    this.clientId = header.clientId ?? ''
    this.clientHost = clientHost
    this.sizeBytes = sizeBytes
    this.connection = connection
    this.#handler = handler
    this.#correlationId = header.correlationId
    this.#isExempt = handler.isExempt || connection === undefined
    this.#trace = this.#startTrace()
  }

  afterSend(task: () => void): void {
    this.#afterSend = task
  }

  throttle(delayMs: number): void {
    if (delayMs > this.#throttleMs) this.#throttleMs = delayMs
  }

  exemptFromQuotas(): void {
    this.#isExempt = true
  }

  mark(stage: Stage): void {
    this.#trace?.mark(stage)
  }

  /** `busySinceMs`: since when the event loop has been at work for this request. */
  answer(body: unknown, busySinceMs: number, busyBeforeMs = 0): Answer {
    if (body !== undefined) this.#countTime(busySinceMs, busyBeforeMs)
    if (this.broker.requestLogger.isDebug) this.#log()
    const { requests, errors } = this.broker.telemetry
    requests.served(this.#name, this.#throttleMs)
    if (typeof body === 'object' && body !== null) errors.answered(this.#name, this.#handler.api, body)
    return { parts: this.#encode(body), throttleMs: this.#throttleMs, ...this.#afterwards() }
  }

  #log(): void {
    const { apiVersion, clientId, clientHost, sizeBytes } = this
    const tookMs = this.broker.runtime.clock.monotonic() - this.#startedMs
    const facts = { apiVersion, clientId, clientHost, sizeBytes, tookMs, throttleMs: this.#throttleMs }
    this.broker.requestLogger.debug(`${this.#name} is answered`, facts)
  }

  #encode(body: unknown): Answer['parts'] {
    if (body === undefined) return undefined
    const told = this.#throttleMs === 0 ? body : withThrottle(body, this.#throttleMs)
    return encodeResponseFrame(this.#handler.api, this.apiVersion, this.#correlationId, told as never)
  }

  #startTrace(): RequestTrace | undefined {
    const { requests } = this.broker.telemetry
    const { name: request } = this.#handler.api
    if (this.connection === undefined || !requests.isSampled(request)) return undefined
    const { apiVersion, clientId, clientHost, sizeBytes } = this
    const subject = { request, apiVersion, clientId, clientHost, sizeBytes }
    return requests.trace(subject, this.connection.lastActiveMs)
  }

  #afterwards(): Pick<Answer, 'sent' | 'flushing'> {
    const trace = this.#trace
    const sent = this.#afterSend
    if (trace === undefined) return { sent }
    return {
      flushing: () => trace.mark('respond'),
      sent: () => {
        trace.mark('send')
        this.broker.telemetry.requests.finish(this.#name, trace)
        sent?.()
      },
    }
  }

  /** Kafka tells fetches of consumers and of followers apart. */
  get #name(): string {
    const { key, name } = this.#handler.api
    if (key !== FETCH_KEY) return name
    return this.#isExempt ? 'FetchFollower' : 'FetchConsumer'
  }

  /** In percent of the one thread that there is. */
  #countTime(busySinceMs: number, busyBeforeMs: number): void {
    if (this.#isExempt || this.broker.cluster.clientQuotas.size === 0) return
    const nowMs = this.broker.runtime.clock.monotonic()
    const busyMs = busyBeforeMs + nowMs - busySinceMs
    this.throttle(this.broker.quotas.request.record(this.user, this.clientId, busyMs / MS_PER_PERCENT, nowMs))
  }
}

const FETCH_KEY = 1
/** One percent of a second. */
const MS_PER_PERCENT = 10

/** Answers name how long the client is throttled, whatever its quota was. */
function withThrottle(body: unknown, throttleMs: number): unknown {
  if (typeof body !== 'object' || body === null || !('throttleTimeMs' in body)) return body
  return { ...body, throttleTimeMs: Math.max(Number(body.throttleTimeMs), Math.round(throttleMs)) }
}
