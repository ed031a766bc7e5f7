/** What a broker remembers of a client that asks what to push (KIP-714), and when it may ask and push: pure. */
import type { ClientMatchKey, ClientMetricsSubscription } from '../../cluster/index.ts'
import { crc32c, ErrorCode, KafkaError } from '../../wire/index.ts'

/** What tells a client from others. */
export type ClientIdentity = Readonly<Record<ClientMatchKey, string>>

/** What one client is to push: all subscriptions together that match it. */
export interface WantedMetrics {
  readonly subscriptionId: number
  /** Beginnings of names; `*` alone for all metrics, nothing for none. */
  readonly metrics: readonly string[]
  readonly intervalMs: number
}

/** Where nothing is subscribed, clients ask again after this long. */
const INTERVAL_MS_DEFAULT = 300_000
const ALL_METRICS = '*'
const EXPIRY_MS_MIN = 60_000
/** After these a client must ask anew at once. */
const ASK_AGAIN: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_SUBSCRIPTION_ID,
  ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
])

export function wantedMetrics(
  identity: ClientIdentity,
  subscriptions: readonly ClientMetricsSubscription[],
): WantedMetrics {
  const matching = subscriptions.filter(({ match }) =>
    [...match].every(([key, regex]) => regex.matches(identity[key])),
  )
  const names = new Set(matching.flatMap(({ metrics }) => metrics))
  const metrics = names.has(ALL_METRICS) ? [ALL_METRICS] : [...names].sort()
  const intervalMs = Math.min(INTERVAL_MS_DEFAULT, ...matching.map((each) => each.intervalMs))
  // The same at every broker, so that a client may push to another one than it asked.
  const told = JSON.stringify([metrics, intervalMs, identity.client_instance_id])
  return { subscriptionId: crc32c(Buffer.from(told)) | 0, metrics, intervalMs }
}

export class ClientInstance {
  readonly identity: ClientIdentity
  readonly wanted: WantedMetrics
  /** Of the subscriptions that `wanted` was made of. */
  readonly version: number
  expiresAtMs = Number.POSITIVE_INFINITY
  lastError: number = ErrorCode.NONE
  #lastAskedMs = Number.NEGATIVE_INFINITY
  #lastPushedMs = Number.NEGATIVE_INFINITY
  #isTerminating = false

  constructor(identity: ClientIdentity, wanted: WantedMetrics, version: number) {
    this.identity = identity
    this.wanted = wanted
    this.version = version
  }

  /** The client was heard of. */
  touch(nowMs: number): void {
    this.expiresAtMs = nowMs + Math.max(EXPIRY_MS_MIN, 3 * this.wanted.intervalMs)
  }

  /** Throws if the client may not ask yet. */
  ask(nowMs: number): void {
    const lastMs = Math.max(this.#lastAskedMs, this.#lastPushedMs)
    if (nowMs - lastMs >= this.wanted.intervalMs) this.#lastAskedMs = nowMs
    else if (!ASK_AGAIN.has(this.lastError)) throw tooEarly()
    this.lastError = ErrorCode.NONE
  }

  /** Throws if the client may not push, or not this. */
  push(request: { subscriptionId: number; terminating: boolean }, nowMs: number): void {
    const wasTerminating = this.#isTerminating
    this.#isTerminating = request.terminating
    if (wasTerminating) {
      throw new KafkaError(ErrorCode.INVALID_REQUEST, 'the client has said that it terminates')
    }
    // After an answer the client chooses its moment: from half an interval on to one and a half.
    const isInTime =
      this.#lastAskedMs > this.#lastPushedMs || nowMs - this.#lastPushedMs >= this.wanted.intervalMs
    if (isInTime) this.#lastPushedMs = nowMs
    else if (!request.terminating) throw tooEarly()
    if (request.subscriptionId !== this.wanted.subscriptionId) {
      throw new KafkaError(ErrorCode.UNKNOWN_SUBSCRIPTION_ID)
    }
  }
}

function tooEarly(): KafkaError {
  return new KafkaError(ErrorCode.THROTTLING_QUOTA_EXCEEDED, 'the push interval is not over')
}
