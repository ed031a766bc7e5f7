/**
 * The agent's side of `POST /internal/hosts/{hostId}/sync`: a long poll that brings the wanted units and takes
 * their states. Whatever fails is tried again, slower each time; units do not depend on it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { ControlPlanes } from './control-planes.ts'
import type { Credential } from './credential.ts'
import { HttpError, postJson } from './http.ts'
import { type Log, reasonOf } from './log.ts'
import type { HostNotice, SyncRequest, UnitSpec, UnitStatus } from './types.ts'
import { parseSyncResponse } from './validate.ts'

export interface SyncOptions {
  /** One of them leads, and answers; the others refuse. */
  readonly controlPlanes: ControlPlanes
  readonly hostId: string
  readonly credential: Credential
  readonly statuses: () => UnitStatus[]
  readonly notices: () => readonly HostNotice[]
  readonly apply: (specs: readonly UnitSpec[]) => void
  readonly log: Log
  readonly retryMs?: { readonly first: number; readonly longest: number }
}

const LONG_POLL_MS = 10_000
const GRACE_MS = 5_000
const RETRY_MS = { first: 100, longest: 2_000 }
const MOST_FAILURES_TOLD = 20

export class SyncClient {
  readonly #options: SyncOptions
  readonly #closing = new AbortController()
  #revision = 0
  #failuresInTurn = 0
  #hasNews = true
  #longPoll: AbortController | undefined
  /** Since a control plane answered last. */
  readonly #failures = new Set<string>()

  constructor(options: SyncOptions) {
    this.#options = options
  }

  /** A unit's state changed: tell it at once instead of at the end of the current poll. */
  kick(): void {
    this.#hasNews = true
    this.#longPoll?.abort()
  }

  close(): void {
    this.#closing.abort()
    this.#longPoll?.abort()
  }

  /** Runs until `close`. */
  async run(): Promise<void> {
    const { first, longest } = this.#options.retryMs ?? RETRY_MS
    for (let retryMs = first; !this.#closing.signal.aborted; ) {
      if (await this.#exchange()) {
        retryMs = first
        this.#failuresInTurn = 0
        continue
      }
      const { controlPlanes } = this.#options
      controlPlanes.next()
      this.#failuresInTurn += 1
      if (this.#failuresInTurn % controlPlanes.count !== 0) continue
      // Half of it is random, so that a fleet of agents does not come back in one wave.
      await delay(retryMs * (0.5 + Math.random() / 2), undefined, { signal: this.#closing.signal }).catch(
        () => {},
      )
      retryMs = Math.min(retryMs * 2, longest)
    }
  }

  /** One request. False if it failed, other than by being cut short for news. */
  async #exchange(): Promise<boolean> {
    const waitMs = this.#hasNews ? 0 : LONG_POLL_MS
    const abort = new AbortController()
    this.#longPoll = waitMs > 0 ? abort : undefined
    this.#hasNews = false
    try {
      const answer = parseSyncResponse(await this.#post(waitMs, abort.signal))
      if (this.#failures.size > 0) {
        this.#options.log.info('control plane is back', { controlPlane: this.#url() })
      }
      this.#failures.clear()
      if (answer.controlPlanes !== undefined) this.#options.controlPlanes.learn(answer.controlPlanes)
      if (this.#closing.signal.aborted || answer.revision === this.#revision) return true
      this.#options.apply(answer.units)
      this.#revision = answer.revision
      return true
    } catch (error) {
      if (abort.signal.aborted || this.#closing.signal.aborted) return true
      if (error instanceof HttpError && error.status === 401) this.#options.credential.rejected()
      this.#hasNews = true
      this.#noteFailure(reasonOf(error))
      return false
    }
  }

  async #post(waitMs: number, signal: AbortSignal): Promise<unknown> {
    const { credential, statuses, notices } = this.#options
    const post = (path: string, body: unknown, token: string) =>
      postJson(this.#urlOf(path), body, { token, timeoutMs: waitMs + GRACE_MS, signal })
    const token = await credential.token(post)
    const body: SyncRequest = { revision: this.#revision, waitMs, units: statuses(), notices: notices() }
    return post('sync', body, token)
  }

  #urlOf(path: string): URL {
    return new URL(`/internal/hosts/${encodeURIComponent(this.#options.hostId)}/${path}`, this.#url())
  }

  #url(): string {
    return this.#options.controlPlanes.url
  }

  /** Said once per reason: the same failure every two seconds tells nobody more. */
  #noteFailure(failure: string): void {
    const reason = `${this.#url()}: ${failure}`
    if (this.#failures.has(reason) || this.#failures.size >= MOST_FAILURES_TOLD) return
    this.#failures.add(reason)
    this.#options.log.warn('sync failed, retrying', { reason })
  }
}
