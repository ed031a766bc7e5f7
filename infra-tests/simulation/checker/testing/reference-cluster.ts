/**
 * A cluster that does everything right, and slowly: between the invocation of an operation, its effect and its
 * answer other things happen, and some answers never come.
 */
import { Random } from '../../../support/random.ts'
import type { Answer, Call } from '../history.ts'
import { HistoryRecorder } from '../recorder.ts'
import { ReferenceLog } from './reference-log.ts'

export const group = 'g'

/** A broker's refusal while the effect is applied. */
export class Refused extends Error {}

export class ReferenceCluster {
  readonly random: Random
  readonly recorder: HistoryRecorder
  nowMs = 0
  readonly logs: ReferenceLog[] = ['plain-0', 'orders-0', 'orders-1', 'compacted-0', 'trimmed-0'].map(
    (name) => new ReferenceLog(name),
  )
  readonly committed = new Map<string, number>()
  generation = 0
  calm = false
  readonly #lanes = new Map<string, Task[]>()
  #lane = 0

  constructor(seed: number) {
    this.random = new Random(seed)
    this.recorder = new HistoryRecorder(() => this.nowMs)
    this.recorder.notice('run', { name: 'topic', topic: 'compacted', compacted: true })
    this.recorder.notice('run', { name: 'topic', topic: 'trimmed', trimmed: true })
  }

  log(name: string): ReferenceLog {
    const found = this.logs.find((log) => log.name === name)
    if (!found) throw new Error(`no log ${name}`)
    return found
  }

  /** An operation whose effect and answer come later, in the order of its lane. */
  begin(client: string, call: Call, effect: () => Answer, lane = `lane ${this.#lane++}`): void {
    const op = this.recorder.invoke(client, call)
    const fate = this.calm ? 1 : this.random.below(100) / 100
    if (fate < 0.04) this.enqueue(lane, () => this.recorder.fail(op, 'NOT_ENOUGH_REPLICAS'))
    else if (fate < 0.08) this.enqueue(lane, () => this.recorder.info(op, 'REQUEST_TIMED_OUT'))
    else if (fate < 0.12) {
      this.recorder.info(op, 'REQUEST_TIMED_OUT')
      this.enqueue(lane, () => applyUnseen(effect))
    } else this.enqueue(lane, () => this.#apply(op, effect, fate))
  }

  now(client: string, call: Call, answer: Answer = {}): void {
    this.recorder.ok(this.recorder.invoke(client, call), answer)
  }

  enqueue(lane: string, task: Task): void {
    const tasks = this.#lanes.get(lane)
    if (tasks) tasks.push(task)
    else this.#lanes.set(lane, [task])
  }

  isBusy(lane: string): boolean {
    return this.#lanes.has(lane)
  }

  drop(lane: string): void {
    this.#lanes.delete(lane)
  }

  step(): void {
    this.nowMs += this.random.below(10)
    const lanes = [...this.#lanes.keys()]
    if (lanes.length === 0) return
    const lane = this.random.pick(lanes)
    const tasks = this.#lanes.get(lane) ?? []
    const task = tasks.shift()
    if (tasks.length === 0) this.#lanes.delete(lane)
    task?.()
  }

  settle(): void {
    while (this.#lanes.size > 0) this.step()
  }

  #apply(op: number, effect: () => Answer, fate: number): void {
    let answer: Answer
    try {
      answer = effect()
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      this.recorder.fail(op, error.message)
      return
    }
    this.enqueue(`lane ${this.#lane++}`, () => {
      if (fate < 0.16) this.recorder.info(op, 'REQUEST_TIMED_OUT')
      else this.recorder.ok(op, answer)
    })
  }
}

type Task = () => void

function applyUnseen(effect: () => Answer): void {
  try {
    effect()
  } catch (error) {
    if (!(error instanceof Refused)) throw error
  }
}
