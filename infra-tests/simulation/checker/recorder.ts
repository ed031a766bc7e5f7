/** Collects a history while it happens. The clock is the run's own, virtual or real; the sink may write lines. */
import {
  type Answer,
  type Call,
  type History,
  HistoryError,
  type HistoryEvent,
  type NoticeBody,
} from './history.ts'

export class HistoryRecorder {
  readonly #events: HistoryEvent[] = []
  readonly #pending = new Set<number>()
  readonly #nowMs: () => number
  readonly #sink: (event: HistoryEvent) => void
  #nextOperation = 1

  constructor(nowMs: () => number, sink: (event: HistoryEvent) => void = () => {}) {
    this.#nowMs = nowMs
    this.#sink = sink
  }

  get history(): History {
    return this.#events
  }

  /** The number to complete it with. */
  invoke(client: string, call: Call): number {
    const op = this.#nextOperation++
    this.#pending.add(op)
    this.#add({ type: 'invoke', op, client, atMs: this.#nowMs(), call })
    return op
  }

  ok(op: number, answer: Answer = {}): void {
    this.#complete(op)
    this.#add({ type: 'ok', op, atMs: this.#nowMs(), ...answer })
  }

  fail(op: number, error: string): void {
    this.#complete(op)
    this.#add({ type: 'fail', op, atMs: this.#nowMs(), error })
  }

  info(op: number, error: string): void {
    this.#complete(op)
    this.#add({ type: 'info', op, atMs: this.#nowMs(), error })
  }

  notice(client: string, notice: NoticeBody): void {
    this.#add({ type: 'notice', client, atMs: this.#nowMs(), notice })
  }

  #complete(op: number): void {
    if (!this.#pending.delete(op)) throw new HistoryError(`operation ${op} is not pending`)
  }

  #add(event: HistoryEvent): void {
    this.#events.push(event)
    this.#sink(event)
  }
}
