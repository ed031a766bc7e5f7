/**
 * What EC2 announces to an instance by its metadata service (version 2): that a spot instance is to be interrupted, or
 * likely is; that the machine is to be retired, rebooted or maintained.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instances-status-check_sched.html
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, ask } from './http.ts'
import { type Log, reasonOf } from './log.ts'
import type { HostNotice } from './types.ts'

export interface InstanceNoticesOptions {
  readonly endpoint: string
  readonly onChange: () => void
  readonly log: Log
  readonly lookMs?: number
}

/** A spot instance is told two minutes before. */
const LOOK_MS = 5_000
const CALL_TIMEOUT_MS = 2_000
const TOKEN_TTL_SECONDS = 21_600
const MOST_EVENTS = 10

export class InstanceNotices {
  readonly #options: InstanceNoticesOptions
  readonly #closing = new AbortController()
  #current: readonly HostNotice[] = []
  #token: string | undefined
  #isFailing = false

  constructor(options: InstanceNoticesOptions) {
    this.#options = options
  }

  get current(): readonly HostNotice[] {
    return this.#current
  }

  close(): void {
    this.#closing.abort()
  }

  /** Looks until `close`. Whatever fails is tried again: what was announced stays so meanwhile. */
  async run(): Promise<void> {
    const { log, lookMs = LOOK_MS } = this.#options
    while (!this.#closing.signal.aborted) {
      try {
        this.#note(await this.#look())
        this.#isFailing = false
      } catch (error) {
        if (!this.#isFailing && !this.#closing.signal.aborted)
          log.warn('the instance metadata cannot be read', { reason: reasonOf(error) })
        this.#isFailing = true
      }
      await delay(lookMs, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    }
  }

  #note(notices: readonly HostNotice[]): void {
    if (JSON.stringify(notices) === JSON.stringify(this.#current)) return
    this.#current = notices
    this.#options.log.warn('notices of the instance', { notices })
    this.#options.onChange()
  }

  async #look(): Promise<HostNotice[]> {
    return [
      ...spotInterruption(await this.#read('spot/instance-action')),
      ...rebalanceRecommendation(await this.#read('events/recommendations/rebalance')),
      ...scheduledEvents(await this.#read('events/maintenance/scheduled')),
    ]
  }

  /** Undefined if there is nothing to be said. */
  async #read(path: string): Promise<unknown> {
    this.#token ??= await this.#newToken()
    const { status, text } = await this.#ask('GET', `/latest/meta-data/${path}`, {
      'x-aws-ec2-metadata-token': this.#token,
    })
    if (status === 404) return undefined
    if (status === 401) this.#token = undefined
    if (status !== 200) throw new Error(`${path} answered ${status}`)
    return JSON.parse(text)
  }

  async #newToken(): Promise<string> {
    const answer = await this.#ask('PUT', '/latest/api/token', {
      'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_TTL_SECONDS),
    })
    if (answer.status !== 200) throw new Error(`the token was answered with ${answer.status}`)
    return answer.text
  }

  #ask(method: 'GET' | 'PUT', path: string, headers: Record<string, string>): Promise<Answer> {
    const { signal } = this.#closing
    return ask(new URL(path, this.#options.endpoint), { method, headers, signal, timeoutMs: CALL_TIMEOUT_MS })
  }
}

/** `{"action": "terminate", "time": "2026-11-21T08:22:00Z"}` */
export function spotInterruption(answer: unknown): HostNotice[] {
  const { action, time } = fields(answer)
  return action === undefined ? [] : [notice('SPOT_INTERRUPTION', action, time)]
}

/** `{"noticeTime": "2026-11-21T08:22:00Z"}` */
export function rebalanceRecommendation(answer: unknown): HostNotice[] {
  const { noticeTime } = fields(answer)
  return noticeTime === undefined ? [] : [notice('REBALANCE_RECOMMENDATION', `noticed at ${noticeTime}`)]
}

/** `[{"Code": "instance-retirement", "NotBefore": "21 Nov 2026 09:00:43 GMT", "State": "active", …}]` */
export function scheduledEvents(answer: unknown): HostNotice[] {
  if (!Array.isArray(answer)) return []
  return answer
    .map(fields)
    .filter(({ State }) => State === 'active')
    .slice(0, MOST_EVENTS)
    .map(({ Code = 'event', NotBefore }) => notice('SCHEDULED_EVENT', Code, NotBefore))
}

function notice(kind: HostNotice['kind'], detail: string, notBefore?: string): HostNotice {
  const text = detail.slice(0, 200)
  return notBefore === undefined
    ? { kind, detail: text }
    : { kind, detail: text, notBefore: notBefore.slice(0, 64) }
}

function fields(value: unknown): Record<string, string | undefined> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, typeof field === 'string' ? field : undefined]),
  )
}
