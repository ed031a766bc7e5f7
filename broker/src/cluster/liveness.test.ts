import { describe, expect, it } from 'vitest'
import { Liveness, livenessAtTakeover } from './liveness.ts'
import { TestCluster } from './test-cluster.ts'

const config = { sessionTimeoutMs: 9000, ownBrokerId: 9 }

function heard(liveness: Liveness, brokerId: number, nowMs: number): void {
  liveness.handle({ type: 'heard', brokerId, brokerEpoch: brokerId * 10 }, nowMs)
}

/** Ticks every second, as a controller does. */
function tickUntil(liveness: Liveness, fromMs: number, toMs: number) {
  const ended = []
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 1000)
    ended.push(...liveness.handle({ type: 'tick' }, nowMs))
  return ended
}

describe('liveness', () => {
  it('ends the session of a silent broker after the timeout, not before, and once', () => {
    const liveness = new Liveness(config, 0)
    heard(liveness, 1, 0)
    expect(tickUntil(liveness, 1000, 8000)).toEqual([])
    expect(liveness.hasSession(1, 10)).toBe(true)
    expect(tickUntil(liveness, 9000, 30_000)).toEqual([
      { brokerId: 1, brokerEpoch: 10, reason: 'SESSION_EXPIRED' },
    ])
    expect(liveness.hasSession(1, 10)).toBe(false)
  })

  it('keeps those who are heard of, and ends only the others', () => {
    const liveness = new Liveness(config, 0)
    for (const id of [1, 2, 3]) heard(liveness, id, 0)
    tickUntil(liveness, 1000, 5000)
    heard(liveness, 1, 5000)
    expect(tickUntil(liveness, 6000, 10_000).map(({ brokerId }) => brokerId)).toEqual([2, 3])
    expect(liveness.nextDeadlineMs()).toBe(14_000)
  })

  it('ends a session at once when the process is reported dead', () => {
    const liveness = new Liveness(config, 0)
    heard(liveness, 1, 0)
    expect(liveness.handle({ type: 'processDied', brokerId: 1 }, 1)).toEqual([
      { brokerId: 1, brokerEpoch: 10, reason: 'PROCESS_DIED' },
    ])
    expect(liveness.handle({ type: 'processDied', brokerId: 1 }, 2)).toEqual([])
  })

  it('says nothing of a broker that left', () => {
    const liveness = new Liveness(config, 0)
    heard(liveness, 1, 0)
    liveness.handle({ type: 'left', brokerId: 1 }, 1)
    expect(tickUntil(liveness, 1000, 20_000)).toEqual([])
    expect(liveness.nextDeadlineMs()).toBeUndefined()
  })

  it('knows sessions by registration: an older one is not alive', () => {
    const liveness = new Liveness(config, 0)
    liveness.handle({ type: 'heard', brokerId: 1, brokerEpoch: 5 }, 0)
    liveness.handle({ type: 'heard', brokerId: 1, brokerEpoch: 8 }, 0)
    expect(liveness.hasSession(1, 5)).toBe(false)
    expect(liveness.hasSession(1, 8)).toBe(true)
  })

  it('does not take its own standstill for the silence of others', () => {
    const liveness = new Liveness(config, 0)
    heard(liveness, 1, 0)
    tickUntil(liveness, 1000, 3000)
    expect(liveness.handle({ type: 'tick' }, 3_600_000)).toEqual([])
    expect(tickUntil(liveness, 3_601_000, 3_608_000)).toEqual([])
    expect(tickUntil(liveness, 3_609_000, 3_609_000)).toHaveLength(1)
  })

  it('takes the silence of all others for its own isolation', () => {
    const liveness = new Liveness(config, 0)
    for (const id of [1, 2, 9]) heard(liveness, id, 0)
    tickUntil(liveness, 1000, 3000)
    heard(liveness, 2, 3000)
    heard(liveness, 9, 8000)
    tickUntil(liveness, 4000, 8000)
    expect(liveness.isCutOff(8999)).toBe(false)
    expect(liveness.isCutOff(9000)).toBe(true)
    heard(liveness, 2, 8500)
    expect(liveness.isCutOff(9000)).toBe(false)
  })

  it('is not cut off from somebody whose connection it just saw end', () => {
    const liveness = new Liveness(config, 0)
    for (const id of [1, 2, 9]) heard(liveness, id, 0)
    tickUntil(liveness, 1000, 8000)
    heard(liveness, 2, 8000)
    liveness.handle({ type: 'processDied', brokerId: 2 }, 8500)
    expect(liveness.isCutOff(9000)).toBe(false)
  })

  it('is alone when it has no session but its own', () => {
    const liveness = new Liveness(config, 0)
    expect([liveness.isAlone, liveness.lastHeardMs]).toEqual([true, 0])
    for (const id of [1, 9]) heard(liveness, id, 500)
    tickUntil(liveness, 1000, 5000)
    heard(liveness, 9, 6000)
    expect([liveness.isAlone, liveness.lastHeardMs]).toEqual([false, 500])
    expect(tickUntil(liveness, 6000, 9000)).toEqual([])
    expect(tickUntil(liveness, 10_000, 10_000)).toHaveLength(1)
    expect([liveness.isAlone, liveness.lastHeardMs]).toEqual([true, 500])
  })

  it('is not cut off by its own standstill', () => {
    const liveness = new Liveness(config, 0)
    for (const id of [1, 2, 9]) heard(liveness, id, 0)
    tickUntil(liveness, 1000, 3000)
    expect(liveness.isCutOff(60_000)).toBe(false)
  })

  it('begins with a session for every unfenced broker when a controller takes over', () => {
    const cluster = new TestCluster()
    for (const id of [1, 2, 3]) cluster.start(id)
    cluster.fence(2)
    const liveness = livenessAtTakeover(cluster.image, config, 1000)
    expect([1, 2, 3].map((id) => liveness.hasSession(id, cluster.epoch(id)))).toEqual([true, false, true])
    expect(liveness.nextDeadlineMs()).toBe(10_000)
  })
})
