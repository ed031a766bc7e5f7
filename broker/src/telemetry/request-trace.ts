/** Where the time of one request went. Made for a sample of the requests only; the others cost a counter. */
/**
 * In their order: it waited for requests before it, was decoded, was handled (a produce request: its batches were
 * checked, then written together with others), waited for replicas or records, waited for its turn to be answered, and
 * its answer was taken by the system.
 */
export type Stage = 'queue' | 'parse' | 'handle' | 'validate' | 'append' | 'wait' | 'respond' | 'send'

export interface TraceSubject {
  readonly request: string
  readonly apiVersion: number
  readonly clientId: string
  readonly clientHost: string
  readonly sizeBytes: number
}

export class RequestTrace {
  readonly subject: TraceSubject
  readonly arrivedMs: number
  readonly stagesMs: Partial<Record<Stage, number>> = {}
  readonly #now: () => number
  #lastMs: number

  /** `arrivedMs`, on the clock of `now`: when the request's last bytes came. */
  constructor(subject: TraceSubject, arrivedMs: number, now: () => number) {
    this.subject = subject
    this.arrivedMs = arrivedMs
    this.#now = now
    this.#lastMs = arrivedMs
  }

  /** What happened since the mark before was this stage. */
  mark(stage: Stage): void {
    const nowMs = this.#now()
    this.stagesMs[stage] = (this.stagesMs[stage] ?? 0) + nowMs - this.#lastMs
    this.#lastMs = nowMs
  }

  get totalMs(): number {
    return this.#lastMs - this.arrivedMs
  }
}

const RECENT_MAX = 256
const SLOW_MAX = 64

/** The newest traces, and of the last ones the slowest: what an operator reads first. Bounded. */
export class TraceLog {
  readonly #recent: RequestTrace[] = []
  #slow: RequestTrace[] = []
  #next = 0

  add(trace: RequestTrace): void {
    this.#recent[this.#next] = trace
    this.#next = (this.#next + 1) % RECENT_MAX
    const fastestMs = this.#slow.at(-1)?.totalMs ?? 0
    if (this.#slow.length === SLOW_MAX && trace.totalMs <= fastestMs) return
    this.#slow = [...this.#slow, trace].sort((one, other) => other.totalMs - one.totalMs).slice(0, SLOW_MAX)
  }

  /** Newest first. */
  get recent(): readonly RequestTrace[] {
    return [...this.#recent.slice(0, this.#next).reverse(), ...this.#recent.slice(this.#next).reverse()]
  }

  /** Slowest first. */
  get slowest(): readonly RequestTrace[] {
    return this.#slow
  }
}

export function traceJson({ subject, stagesMs, totalMs }: RequestTrace): Readonly<Record<string, unknown>> {
  const rounded = Object.entries(stagesMs).map(([stage, ms]) => [stage, round(ms)])
  return { ...subject, totalMs: round(totalMs), stagesMs: Object.fromEntries(rounded) }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
