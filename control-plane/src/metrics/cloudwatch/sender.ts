import type { MetricDatum } from '@aws-sdk/client-cloudwatch'
import { errorText, type Logger } from '../../log.ts'
import type { MetricPoint } from '../msk/points.ts'
import { batchesOf, datumOf } from './batches.ts'

/** PutMetricData; rejects as the SDK does. */
export type PutMetrics = (datums: readonly MetricDatum[], signal: AbortSignal) => Promise<void>

export interface SenderOptions {
  readonly put: PutMetrics
  /** 0 (inclusive) to 1: jitter. */
  readonly random: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Logger
}

export interface SenderStatus {
  readonly queued: number
  readonly sent: number
  readonly dropped: number
}

/**
 * Sends metrics to CloudWatch in the background, batch by batch, again with growing pauses where that may help. The
 * queue is bounded: what does not fit, or is refused for good, is dropped and counted, and the count is a metric.
 */
export class CloudWatchSender {
  readonly #options: SenderOptions
  readonly #stop = new AbortController()
  #queue: MetricDatum[] = []
  #sending: Promise<void> | undefined
  #sent = 0
  #dropped = 0

  constructor(options: SenderOptions) {
    this.#options = options
  }

  add(points: readonly MetricPoint[], atMs: number): void {
    for (const point of points) {
      const datum = datumOf(point, atMs)
      if (datum === undefined) this.#dropped++
      else this.#queue.push(datum)
    }
    this.#dropOldest()
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
    })
  }

  status(): SenderStatus {
    return { queued: this.#queue.length, sent: this.#sent, dropped: this.#dropped }
  }

  /** Resolves when nothing is under way any more; what is queued then is lost with the process. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#sending
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0 && !this.#stop.signal.aborted) {
      const [batch = []] = batchesOf(this.#queue.slice(0, LOOK_AHEAD))
      this.#queue = this.#queue.slice(batch.length)
      if (await this.#send(batch)) this.#sent += batch.length
      else this.#dropped += batch.length
    }
  }

  async #send(batch: readonly MetricDatum[]): Promise<boolean> {
    const { put, sleep, random, log } = this.#options
    const { signal } = this.#stop
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await put(batch, signal)
        return true
      } catch (error) {
        if (signal.aborted) break
        if (isForGood(error) || attempt === ATTEMPTS_MAX) {
          log.error('metrics could not be sent', { count: batch.length, attempt, error: errorText(error) })
          return false
        }
        // Anywhere between nothing and the whole pause: control planes that failed together do not return together.
        await sleep(Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS) * random(), signal)
      }
    }
    return false
  }

  /** The newest say more than the oldest. */
  #dropOldest(): void {
    const surplus = this.#queue.length - QUEUE_MAX
    if (surplus <= 0) return
    this.#queue = this.#queue.slice(surplus)
    this.#dropped += surplus
  }
}

/** The request itself is at fault: CloudWatch would say the same again. Throttling and 5xx pass. */
function isForGood(error: unknown): boolean {
  const name = error instanceof Error ? error.name : ''
  const status = statusOf(error)
  if (/Throttl|TooManyRequests|RequestLimitExceeded|RequestTimeout/.test(name)) return false
  return status !== undefined && status >= 400 && status < 500 && status !== 429
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined
  const metadata = error.$metadata
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined
}

const QUEUE_MAX = 100_000
const LOOK_AHEAD = 1000
const ATTEMPTS_MAX = 8
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 20_000
