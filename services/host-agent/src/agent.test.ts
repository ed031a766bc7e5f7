import { describe, expect, test } from 'vitest'
import { configurationOf, HEALTHY_AFTER_MS, isQuiet, STOP_TIMEOUT_MS, statuses } from './agent.ts'
import { Driver, SPEC } from './testing/driver.ts'

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

  test('an adopted process that was of another generation is restarted cleanly', () => {
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
    expect(restartDelays(driver, 10, () => driver.spawned())).toEqual([
      0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000,
    ])
    expect(driver.status).toMatchObject({ restarts: 10, lastError: 'killed by SIGKILL', state: 'STARTING' })
  })

  test('a broker that had served is back within a second, however often it is killed', () => {
    const driver = new Driver().running()
    const serve = () => {
      driver.spawned()
      driver.ready()
    }
    expect(restartDelays(driver, 8, serve)).toEqual([0, 100, 200, 250, 250, 250, 250, 250])
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

  test('changed properties wait for the next start', () => {
    const driver = new Driver().running()
    const properties = { 'node.id': '1', 'log.retention.ms': '1' }
    driver.want({ properties })
    expect(driver.types).toEqual(['SAVE_SPEC'])
    expect(driver.status?.state).toBe('RUNNING')
    driver.die()
    expect(driver.effects).toEqual([{ type: 'START', spec: { ...SPEC, properties } }])
  })

  test('another generation means a clean restart that counts as no failure', () => {
    const driver = new Driver().running()
    driver.want({ generation: 1 })
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

function restartDelays(driver: Driver, deaths: number, revive: () => void): number[] {
  return Array.from({ length: deaths }, () => {
    driver.die()
    const diedAtMs = driver.nowMs
    while (!driver.types.includes('START')) driver.pass(10)
    revive()
    return driver.nowMs - diedAtMs
  })
}
