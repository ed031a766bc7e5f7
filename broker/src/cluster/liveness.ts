/**
 * Which brokers are alive, as the active controller sees it: a session per broker, kept up by heartbeats and ended by
 * silence, or at once by word that its process died. Times are monotonic milliseconds. Ending the session of a broker
 * that lives after all is safe: it is fenced, notices with its next heartbeat, and comes back.
 */
import type { ClusterView } from './image-types.ts'

export interface LivenessConfig {
  readonly sessionTimeoutMs: number
  /** The controller itself. */
  readonly ownBrokerId: number
}

export type LivenessEvent =
  /** Registered, or heartbeat. */
  | { readonly type: 'heard'; readonly brokerId: number; readonly brokerEpoch: number }
  /** Its connection was reset, or its host agent says so. */
  | { readonly type: 'processDied'; readonly brokerId: number }
  /** It left in good order, or was unregistered. */
  | { readonly type: 'left'; readonly brokerId: number }
  /** Comes at least every half session timeout: a longer pause means that the controller itself stood still. */
  | { readonly type: 'tick' }

/** This broker is to be fenced. */
export interface SessionEnded {
  readonly brokerId: number
  readonly brokerEpoch: number
  readonly reason: 'SESSION_EXPIRED' | 'PROCESS_DIED'
}

interface Session {
  readonly brokerEpoch: number
  readonly heardMs: number
}

/**
 * What a new controller begins with: every broker that should be alive gets a whole session to make itself heard. Of
 * those that it knows to be dead, like the controller whose lease ran out, it then says so.
 */
export function livenessAtTakeover(view: ClusterView, config: LivenessConfig, nowMs: number): Liveness {
  const liveness = new Liveness(config, nowMs)
  for (const { brokerId, brokerEpoch, fenced } of view.brokers.values()) {
    if (!fenced) liveness.handle({ type: 'heard', brokerId, brokerEpoch }, nowMs)
  }
  return liveness
}

export class Liveness {
  readonly #config: LivenessConfig
  /** The one heard of longest ago comes first. */
  #sessions = new Map<number, Session>()
  #lastTickMs: number
  #lastHeardMs: number

  constructor(config: LivenessConfig, nowMs: number) {
    this.#config = config
    this.#lastTickMs = nowMs
    this.#lastHeardMs = nowMs
  }

  handle(event: LivenessEvent, nowMs: number): readonly SessionEnded[] {
    switch (event.type) {
      case 'heard':
        if (event.brokerId !== this.#config.ownBrokerId) this.#lastHeardMs = nowMs
        this.#sessions.delete(event.brokerId)
        this.#sessions.set(event.brokerId, { brokerEpoch: event.brokerEpoch, heardMs: nowMs })
        return []
      case 'left':
        this.#sessions.delete(event.brokerId)
        return []
      case 'processDied':
        return this.#end(event.brokerId, 'PROCESS_DIED')
      case 'tick':
        return this.#expire(nowMs)
    }
  }

  /** Whether this very registration of the broker is alive. */
  hasSession(brokerId: number, brokerEpoch: number): boolean {
    return this.#sessions.get(brokerId)?.brokerEpoch === brokerEpoch
  }

  /** When another broker was heard of last; at the earliest when this began. */
  get lastHeardMs(): number {
    return this.#lastHeardMs
  }

  /** Whether no other broker has a session. */
  get isAlone(): boolean {
    return this.#others().length === 0
  }

  /**
   * Whether it may be the controller itself that is cut off, rather than the others that died: a session is over, and
   * nobody else was heard of for half of one. To be asked before a tick.
   */
  isCutOff(nowMs: number): boolean {
    const { sessionTimeoutMs } = this.#config
    const isAwake = nowMs - this.#lastTickMs <= sessionTimeoutMs / 2
    if (!isAwake || nowMs - this.#lastHeardMs <= sessionTimeoutMs / 2) return false
    return this.#others().some(({ heardMs }) => nowMs - heardMs >= sessionTimeoutMs)
  }

  /** When the next session ends if nothing is heard; undefined if there is none. */
  nextDeadlineMs(): number | undefined {
    for (const { heardMs } of this.#sessions.values()) return heardMs + this.#config.sessionTimeoutMs
    return undefined
  }

  #others(): Session[] {
    const { ownBrokerId } = this.#config
    return [...this.#sessions].filter(([brokerId]) => brokerId !== ownBrokerId).map(([, session]) => session)
  }

  #expire(nowMs: number): readonly SessionEnded[] {
    const { sessionTimeoutMs } = this.#config
    const sinceTickMs = nowMs - this.#lastTickMs
    this.#lastTickMs = nowMs
    if (sinceTickMs > sessionTimeoutMs / 2) {
      // A laptop asleep, a stopped process: heartbeats wait unread, so silence means nothing.
      this.#forgive(nowMs)
      return []
    }
    const ended: SessionEnded[] = []
    for (const [brokerId, { heardMs }] of this.#sessions) {
      if (nowMs - heardMs < sessionTimeoutMs) break
      ended.push(...this.#end(brokerId, 'SESSION_EXPIRED'))
    }
    return ended
  }

  #forgive(nowMs: number): void {
    this.#lastHeardMs = nowMs
    this.#sessions = new Map(
      [...this.#sessions].map(([brokerId, { brokerEpoch }]) => [brokerId, { brokerEpoch, heardMs: nowMs }]),
    )
  }

  #end(brokerId: number, reason: SessionEnded['reason']): readonly SessionEnded[] {
    const session = this.#sessions.get(brokerId)
    this.#sessions.delete(brokerId)
    return session === undefined ? [] : [{ brokerId, brokerEpoch: session.brokerEpoch, reason }]
  }
}
