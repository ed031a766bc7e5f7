import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AgentEffect,
  type AgentEvent,
  type AgentState,
  configurationOf,
  HEALTHY_AFTER_MS,
  initialState,
  isQuiet,
  STOP_TIMEOUT_MS,
  statuses,
  step,
} from './agent.ts'
import type { UnitSpec } from './types.ts'

const SPEC: UnitSpec = {
  unitId: 'b-1',
  clusterId: 'AAAAAAAAAAAAAAAAAAAAAQ',
  brokerId: 1,
  desired: 'RUNNING',
  properties: { 'node.id': '1' },
  port: 19500,
}

/** Drives the core as the shell does, but answers effects only when the test says so. */
class Driver {
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

describe('starting', () => {
  test('a wanted unit is saved and started, and runs once it serves', () => {
    const driver = new Driver()
    driver.want()
    expect(driver.types).toEqual(['SAVE_SPEC', 'START'])
    expect(driver.status).toEqual({ unitId: 'b-1', state: 'STARTING', restarts: 0 })
    const pid = driver.spawned()
    expect(driver.types).toEqual(['WATCH'])
    driver.ready()
    expect(driver.status).toEqual({ unitId: 'b-1', state: 'RUNNING', restarts: 0, pid })
    driver.want()
    expect(driver.effects).toEqual([])
  })

  test('a unit found running is adopted; one found dead is started', () => {
    const driver = new Driver()
    const process = { pid: 7, startedAt: 't7' }
    driver.send({ type: 'FOUND', spec: SPEC, running: { process, configuration: configurationOf(SPEC) } })
    expect(driver.types).toEqual(['WATCH'])
    driver.send({ type: 'READY', unitId: 'b-1', pid: 7 })
    expect(driver.status).toMatchObject({ state: 'RUNNING', pid: 7 })

    const other = new Driver()
    other.send({ type: 'FOUND', spec: SPEC })
    expect(other.types).toEqual(['START'])
  })

  test('an adopted process that was started with other properties is restarted cleanly', () => {
    const driver = new Driver()
    const process = { pid: 7, startedAt: 't7' }
    driver.send({ type: 'FOUND', spec: SPEC, running: { process, configuration: 'other' } })
    expect(driver.types).toEqual(['WATCH', 'SIGNAL'])
    driver.send({ type: 'DIED', unitId: 'b-1', pid: 7, reason: 'exited' })
    expect(driver.types).toEqual(['START'])
    expect(driver.status?.restarts).toBe(0)
  })
})

describe('restarting', () => {
  test('the first death is answered at once, the next ones ever slower up to 10 s', () => {
    const driver = new Driver().running()
    const waits: number[] = []
    for (let death = 0; death < 10; death++) {
      driver.die()
      const diedAtMs = driver.nowMs
      while (!driver.types.includes('START')) driver.pass(10)
      waits.push(driver.nowMs - diedAtMs)
      driver.spawned()
      driver.ready()
    }
    expect(waits).toEqual([0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
    expect(driver.status).toMatchObject({ restarts: 10, lastError: 'killed by SIGKILL', state: 'RUNNING' })
  })

  test('a healthy minute forgives', () => {
    const driver = new Driver().running()
    driver.die()
    driver.spawned()
    driver.ready()
    driver.pass(HEALTHY_AFTER_MS - 1)
    expect(driver.die().map(({ type }) => type)).toEqual([])
    expect(driver.status?.state).toBe('BACKOFF')
    driver.pass(100)
    driver.spawned()
    driver.ready()
    driver.pass(HEALTHY_AFTER_MS)
    expect(driver.die().map(({ type }) => type)).toEqual(['START'])
  })

  test('a failed spawn is a death too', () => {
    const driver = new Driver()
    driver.want()
    driver.send({ type: 'SPAWN_FAILED', unitId: 'b-1', reason: 'EAGAIN' })
    expect(driver.types).toEqual(['START'])
    driver.send({ type: 'SPAWN_FAILED', unitId: 'b-1', reason: 'EAGAIN' })
    expect(driver.status).toMatchObject({ state: 'BACKOFF', lastError: 'EAGAIN', restarts: 2 })
  })

  test('a changed spec is tried at once, without waiting for the backoff', () => {
    const driver = new Driver().running()
    driver.die()
    driver.spawned()
    driver.die()
    expect(driver.status?.state).toBe('BACKOFF')
    driver.want({ properties: { 'node.id': '1', mended: 'yes' } })
    expect(driver.types).toEqual(['SAVE_SPEC', 'START'])
  })

  test('news of a former process is ignored', () => {
    const driver = new Driver().running()
    driver.send({ type: 'DIED', unitId: 'b-1', pid: 1, reason: 'late' })
    expect(driver.status?.state).toBe('RUNNING')
    driver.send({ type: 'READY', unitId: 'unknown', pid: 1 })
    expect(statuses(driver.state)).toHaveLength(1)
  })
})

describe('stopping', () => {
  test('SIGTERM first, SIGKILL after 30 s, and again until it is gone', () => {
    const driver = new Driver().running()
    driver.want({ desired: 'STOPPED' })
    expect(driver.effects).toContainEqual(expect.objectContaining({ type: 'SIGNAL', signal: 'SIGTERM' }))
    expect(driver.pass(STOP_TIMEOUT_MS - 1)).toEqual([])
    expect(driver.pass(1)).toEqual([expect.objectContaining({ signal: 'SIGKILL' })])
    expect(driver.pass(500)).toEqual([])
    expect(driver.pass(500)).toEqual([expect.objectContaining({ signal: 'SIGKILL' })])
    driver.die()
    expect(driver.status).toMatchObject({ state: 'STOPPED', restarts: 0 })
    expect(driver.effects).toEqual([])
  })

  test('a process that arrives after the unit was stopped is stopped', () => {
    const driver = new Driver()
    driver.want()
    driver.want({ desired: 'STOPPED' })
    expect(driver.status?.state).toBe('STARTING')
    driver.spawned()
    expect(driver.types).toEqual(['WATCH', 'SIGNAL'])
  })

  test('a unit wanted again while it stops is started after its clean end', () => {
    const driver = new Driver().running()
    driver.want({ desired: 'STOPPED' })
    driver.want()
    expect(driver.status?.state).toBe('STOPPING')
    driver.die('exited with code 0')
    expect(driver.types).toEqual(['START'])
  })

  test('changed properties mean a clean restart that counts as no failure', () => {
    const driver = new Driver().running()
    driver.want({ properties: { 'node.id': '1', 'log.retention.ms': '1' } })
    expect(driver.types).toEqual(['SAVE_SPEC', 'SIGNAL'])
    driver.die('exited with code 0')
    expect(driver.types).toEqual(['START'])
    expect(driver.status?.restarts).toBe(0)
  })

  test('removal stops, deletes, and is told until the control plane forgets the unit', () => {
    const driver = new Driver().running()
    driver.want({ desired: 'REMOVED' })
    expect(driver.types).toEqual(['SAVE_SPEC', 'SIGNAL'])
    expect(driver.die()).toEqual([{ type: 'DELETE', unitId: 'b-1' }])
    expect(driver.pass(100_000)).toEqual([])
    driver.send({ type: 'DELETED', unitId: 'b-1' })
    expect(driver.status).toEqual({ unitId: 'b-1', state: 'REMOVED', restarts: 0 })
    driver.send({ type: 'SPECS', specs: [] })
    expect(driver.state.units.size).toBe(0)
  })

  test('a failed deletion is tried again', () => {
    const driver = new Driver()
    driver.want({ desired: 'REMOVED' })
    driver.send({ type: 'DELETE_FAILED', unitId: 'b-1', reason: 'EBUSY' })
    expect(driver.status).toMatchObject({ state: 'STOPPING', lastError: 'EBUSY' })
    expect(driver.pass(1_000)).toEqual([{ type: 'DELETE', unitId: 'b-1' }])
  })

  test('a unit that is no longer listed keeps running', () => {
    const driver = new Driver().running()
    expect(driver.send({ type: 'SPECS', specs: [] })).toEqual([])
    expect(driver.status?.state).toBe('RUNNING')
  })

  test('draining stops every unit, whatever is wanted', () => {
    const driver = new Driver().running()
    expect(isQuiet(driver.state)).toBe(false)
    expect(driver.send({ type: 'DRAIN' })).toEqual([expect.objectContaining({ signal: 'SIGTERM' })])
    expect(driver.die()).toEqual([])
    expect(isQuiet(driver.state)).toBe(true)
    driver.want({ properties: { other: 'x' } })
    expect(driver.types).toEqual(['SAVE_SPEC'])
  })
})

test('whatever happens: never two processes, and the wanted state is reached once faults end', () => {
  const action = fc.constantFrom(
    'run',
    'stop',
    'remove',
    'change',
    'spawned',
    'failed',
    'ready',
    'die',
    'deleted',
    'tick',
  )
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const world = new World()
      for (const name of actions) world.act(name)
      world.settle()
      const { desired } = world.spec
      if (world.known) expect(world.driver.status?.state).toBe(desired)
      expect(world.alive.size).toBe(world.known && desired === 'RUNNING' ? 1 : 0)
    }),
    { seed: 20_261_121, numRuns: 500 },
  )
})

/** A machine for the core: processes that start, serve, die by themselves and obey signals. */
class World {
  readonly driver = new Driver()
  readonly alive = new Set<number>()
  spec = SPEC
  known = false
  #starts = 0
  #deletes = 0
  #pid = 0
  #changes = 0

  act(name: string): void {
    if (name === 'run') this.#want({ desired: 'RUNNING' })
    if (name === 'stop') this.#want({ desired: 'STOPPED' })
    if (name === 'remove') this.#want({ desired: 'REMOVED' })
    if (name === 'change') this.#want({ properties: { change: String(this.#changes++) } })
    if (name === 'spawned' && this.#starts > 0) this.#spawn()
    if (name === 'failed' && this.#starts > 0) {
      this.#starts -= 1
      this.#send({ type: 'SPAWN_FAILED', unitId: 'b-1', reason: 'failed' })
    }
    for (const pid of [...this.alive]) {
      if (name === 'ready') this.#send({ type: 'READY', unitId: 'b-1', pid })
      if (name === 'die') this.#kill(pid)
    }
    if (name === 'deleted' && this.#deletes > 0) {
      this.#deletes -= 1
      this.#send({ type: 'DELETED', unitId: 'b-1' })
    }
    if (name === 'tick') this.#tick(5_000)
  }

  settle(): void {
    for (let turn = 0; turn < 20; turn++) {
      for (const name of ['spawned', 'deleted', 'ready']) this.act(name)
      this.#tick(STOP_TIMEOUT_MS)
    }
  }

  #want(changes: Partial<UnitSpec>): void {
    this.known = true
    this.spec = { ...this.spec, ...changes }
    this.#send({ type: 'SPECS', specs: [this.spec] })
  }

  #spawn(): void {
    this.#starts -= 1
    this.#pid += 1
    this.alive.add(this.#pid)
    expect(this.alive.size).toBe(1)
    this.#send({ type: 'SPAWNED', unitId: 'b-1', process: { pid: this.#pid, startedAt: 't' } })
  }

  #kill(pid: number): void {
    this.alive.delete(pid)
    this.#send({ type: 'DIED', unitId: 'b-1', pid, reason: 'gone' })
  }

  #tick(ms: number): void {
    this.driver.nowMs += ms
    this.#send({ type: 'TICK' })
  }

  #send(event: AgentEvent): void {
    const signalled: number[] = []
    for (const effect of this.driver.send(event)) {
      if (effect.type === 'START') this.#starts += 1
      if (effect.type === 'DELETE') this.#deletes += 1
      if (effect.type === 'SIGNAL' && effect.signal === 'SIGKILL') signalled.push(effect.process.pid)
      if (effect.type === 'DELETE') expect(this.alive.size).toBe(0)
    }
    expect(this.#starts + this.alive.size).toBeLessThanOrEqual(1)
    for (const pid of signalled) this.#kill(pid)
  }
}
