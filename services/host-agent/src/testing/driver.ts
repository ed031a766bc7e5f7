import { type AgentEffect, type AgentEvent, type AgentState, initialState, statuses, step } from '../agent.ts'
import type { UnitSpec } from '../types.ts'

export const SPEC: UnitSpec = {
  unitId: 'b-1',
  clusterId: 'AAAAAAAAAAAAAAAAAAAAAQ',
  brokerId: 1,
  desired: 'RUNNING',
  generation: 0,
  properties: { 'node.id': '1' },
  port: 19500,
}

/** Drives the core as the shell does, but answers effects only when the test says so. */
export class Driver {
  state: AgentState = initialState()
  nowMs = 1_000
  effects: AgentEffect[] = []
  #pid = 100

  send(event: AgentEvent): AgentEffect[] {
    const { state, effects } = step(this.state, event, this.nowMs)
    this.state = state
    this.effects = [...effects]
    return this.effects
  }
  want(changes: Partial<UnitSpec> = {}): AgentEffect[] {
    return this.send({ type: 'SPECS', specs: [{ ...SPEC, ...changes }] })
  }
  spawned(): number {
    this.#pid += 1
    this.send({ type: 'SPAWNED', unitId: 'b-1', process: { pid: this.#pid, startedAt: `t${this.#pid}` } })
    return this.#pid
  }
  ready(): void {
    this.send({ type: 'READY', unitId: 'b-1', pid: this.#pid })
  }
  die(reason = 'killed by SIGKILL'): AgentEffect[] {
    return this.send({ type: 'DIED', unitId: 'b-1', pid: this.#pid, reason })
  }
  pass(ms: number): AgentEffect[] {
    this.nowMs += ms
    return this.send({ type: 'TICK' })
  }
  running(): this {
    this.want()
    this.spawned()
    this.ready()
    return this
  }
  get types(): string[] {
    return this.effects.map(({ type }) => type)
  }
  get status() {
    return statuses(this.state)[0]
  }
}
