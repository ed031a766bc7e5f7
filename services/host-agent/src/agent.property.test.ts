import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AgentEvent, STOP_TIMEOUT_MS } from './agent.ts'
import { Driver, SPEC } from './testing/driver.ts'
import type { UnitSpec } from './types.ts'

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
    if (name === 'change') this.#want({ generation: ++this.#changes })
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
