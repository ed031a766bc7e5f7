import { beforeEach, describe, expect, it } from 'vitest'
import { creatingCluster } from '../testing/fixtures.ts'
import type { Cluster } from './cluster.ts'
import { ClusterSnapshot, type Entry } from './cluster-snapshot.ts'

/** No test takes as long. */
const LONG_MS = 3_600_000

let orders: Cluster
let events: Cluster
let stored: Entry[]
let loads = 0
const load = async () => {
  loads++
  return stored.map((entry) => structuredClone(entry))
}

beforeEach(async () => {
  orders = await creatingCluster('orders', 'PROVISIONED')
  events = await creatingCluster('events', 'SERVERLESS')
  stored = [
    { value: events, version: 1 },
    { value: orders, version: 1 },
  ]
  loads = 0
})

describe('the snapshot of clusters', () => {
  it('is read once for all who look within its age', async () => {
    const snapshot = new ClusterSnapshot()
    const [a, b] = await Promise.all([snapshot.get(LONG_MS, load), snapshot.get(LONG_MS, load)])
    expect(a).toBe(b)
    expect(await snapshot.get(LONG_MS, load)).toBe(a)
    expect(loads).toBe(1)
    await snapshot.get(0, load)
    expect(loads).toBe(2)
  })

  it('has a change of this process without being read again, and leaves the other clusters the same objects', async () => {
    const snapshot = new ClusterSnapshot()
    const [first] = await snapshot.get(LONG_MS, load)
    const alerts = await creatingCluster('alerts', 'SERVERLESS')
    const changed = { ...orders, tags: { changed: 'yes' } }
    snapshot.note('orders', { value: changed, version: 2 })
    snapshot.note('alerts', { value: alerts, version: 1 })
    expect(await snapshot.get(LONG_MS, load)).toEqual([alerts, events, changed])
    expect((await snapshot.get(LONG_MS, load))[1]).toBe(first)
    snapshot.note('alerts', undefined)
    expect(await snapshot.get(LONG_MS, load)).toEqual([events, changed])
    expect(loads).toBe(1)
  })

  it('never shows less than a change that was made while it was being read', async () => {
    const snapshot = new ClusterSnapshot()
    const old = stored
    const reading = snapshot.get(LONG_MS, async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return old
    })
    const changed = { ...orders, tags: { changed: 'yes' } }
    stored = [stored[0]!, { value: changed, version: 2 }]
    snapshot.note('orders', { value: changed, version: 2 })
    expect(await snapshot.get(LONG_MS, load)).toEqual([events, changed])
    await reading
    expect(await snapshot.get(LONG_MS, load)).toEqual([events, changed])
  })

  it('keeps what it read while this process went on changing clusters', async () => {
    const snapshot = new ClusterSnapshot()
    const reading = snapshot.get(LONG_MS, load)
    const changed = { ...orders, tags: { changed: 'yes' } }
    snapshot.note('orders', { value: changed, version: 2 })
    snapshot.note('events', undefined)
    expect(await reading).toEqual([changed])
    expect(await snapshot.get(LONG_MS, load)).toEqual([changed])
    expect(loads).toBe(1)
  })

  it('prefers what it read to an older change of this process', async () => {
    const snapshot = new ClusterSnapshot()
    stored = [stored[0]!, { value: { ...orders, tags: { by: 'another' } }, version: 3 }]
    const reading = snapshot.get(LONG_MS, load)
    snapshot.note('orders', { value: { ...orders, tags: { by: 'this' } }, version: 2 })
    expect((await reading)[1]?.tags).toEqual({ by: 'another' })
  })

  it('does not keep what it read when others may have changed something meanwhile', async () => {
    const snapshot = new ClusterSnapshot()
    const reading = snapshot.get(LONG_MS, load)
    snapshot.drop()
    await reading
    await snapshot.get(LONG_MS, load)
    expect(loads).toBe(2)
  })

  it('is read anew once others may have changed something; what they did not change stays the same object', async () => {
    const snapshot = new ClusterSnapshot()
    const before = await snapshot.get(LONG_MS, load)
    const changed = { ...orders, tags: { changed: 'yes' } }
    stored = [stored[0]!, { value: changed, version: 2 }]
    snapshot.drop()
    const after = await snapshot.get(LONG_MS, load)
    expect(after).toEqual([events, changed])
    expect(after[0]).toBe(before[0])
  })

  it('is tried again after it could not be read', async () => {
    const snapshot = new ClusterSnapshot()
    await expect(snapshot.get(LONG_MS, () => Promise.reject(new Error('no store')))).rejects.toThrow(
      'no store',
    )
    expect(await snapshot.get(LONG_MS, load)).toHaveLength(2)
  })
})
