import { describe, expect, it } from 'vitest'
import { Placement, type PlacementBroker } from './placement.ts'
import { chooser } from './test-cluster.ts'

type Fleet = PlacementBroker[]

function fleet(racks: readonly (string | null)[], inactive: readonly number[] = []): Fleet {
  return racks.map((rack, at) => ({
    brokerId: at + 1,
    rack,
    host: null,
    active: !inactive.includes(at + 1),
    replicas: 0,
    preferredLeaders: 0,
  }))
}

function spread(counts: Iterable<number>): number {
  const all = [...counts]
  return Math.max(...all) - Math.min(...all)
}

/** How often each broker or rack leads, or holds a replica. */
function tally(brokers: Fleet, partitions: readonly (readonly number[])[]) {
  const result = {
    leaders: new Map(brokers.map(({ brokerId }) => [brokerId, 0])),
    replicas: new Map(brokers.map(({ brokerId }) => [brokerId, 0])),
    rackLeaders: new Map(brokers.map(({ rack }) => [rack, 0])),
    rackReplicas: new Map(brokers.map(({ rack }) => [rack, 0])),
  }
  const add = <K>(counts: Map<K, number>, key: K) => counts.set(key, counts.get(key)! + 1)
  const rackOf = (id: number) => brokers[id - 1]!.rack
  for (const replicas of partitions) {
    add(result.leaders, replicas[0]!)
    add(result.rackLeaders, rackOf(replicas[0]!))
    for (const id of replicas) {
      add(result.replicas, id)
      add(result.rackReplicas, rackOf(id))
    }
  }
  return result
}

/** Racks of equal size, all active, topics of any size one after the other. */
function evenCase(seed: number) {
  const random = chooser(seed)
  const racks = 1 + random.below(4)
  const brokers = fleet(
    Array.from({ length: racks * (1 + random.below(4)) }, (_, at) => `zone-${at % racks}`),
  )
  const replicationFactor = 1 + random.below(Math.min(3, brokers.length))
  const placement = new Placement(brokers, random)
  const partitions: number[][] = []
  for (let topics = 1 + random.below(12); topics > 0; topics--) {
    partitions.push(...placement.place({ existing: [], count: 1 + random.below(20), replicationFactor }))
  }
  return { brokers, racks, replicationFactor, partitions }
}

/** Of each of four properties: 10,000 in all. */
const CASES = 2500

describe('placement', () => {
  it('keeps leaders even per broker and per rack over all topics, and replicas nearly so', () => {
    const replicaSpreads = [0, 0, 0, 0]
    for (let seed = 1; seed <= CASES; seed++) {
      const { brokers, replicationFactor, partitions } = evenCase(seed)
      const counts = tally(brokers, partitions)
      expect(spread(counts.leaders.values()), `leaders, seed ${seed}`).toBeLessThanOrEqual(1)
      expect(spread(counts.rackLeaders.values()), `leaders per rack, seed ${seed}`).toBeLessThanOrEqual(1)
      if (replicationFactor === 1) {
        expect(spread(counts.replicas.values()), `replicas, seed ${seed}`).toBeLessThanOrEqual(1)
      }
      const replicaSpread = spread(counts.replicas.values())
      expect(replicaSpread, `replicas, seed ${seed}`).toBeLessThanOrEqual(3)
      replicaSpreads[replicaSpread]!++
    }
    console.log(`placement: cases by the spread of replicas per broker, 0 to 3: ${replicaSpreads.join(', ')}`)
    expect(replicaSpreads[0]! + replicaSpreads[1]!).toBeGreaterThan(CASES * 0.9)
  })

  it('never puts two replicas into one rack while another is free, and none on one broker', () => {
    for (let seed = 1; seed <= CASES; seed++) {
      const random = chooser(seed)
      const brokers = fleet(Array.from({ length: 1 + random.below(9) }, () => `zone-${random.below(4)}`))
      const racks = new Set(brokers.map(({ rack }) => rack)).size
      const replicationFactor = 1 + random.below(brokers.length)
      for (const replicas of new Placement(brokers, random).place({
        existing: [],
        count: 10,
        replicationFactor,
      })) {
        expect(new Set(replicas).size, `seed ${seed}`).toBe(replicationFactor)
        const used = new Set(replicas.map((id) => brokers[id - 1]!.rack)).size
        expect(used, `seed ${seed}`).toBe(Math.min(racks, replicationFactor))
      }
    }
  })

  it('never puts two replicas onto one host while another is free, wherever the racks allow it', () => {
    let shared = 0
    for (let seed = 1; seed <= CASES; seed++) {
      const random = chooser(seed)
      const brokers = fleet(Array.from({ length: 2 + random.below(10) }, () => `zone-${random.below(3)}`))
      // A host is in one rack, has up to three brokers, and may not be known.
      for (const broker of brokers) {
        const host = random.below(4)
        Object.assign(broker, { host: host === 0 ? null : `${broker.rack}-${host}` })
      }
      const hostOf = (id: number) => brokers[id - 1]!.host ?? `of-${id}`
      const rackOf = (id: number) => brokers[id - 1]!.rack
      const replicationFactor = 1 + random.below(brokers.length)
      const placed = new Placement(brokers, random).place({ existing: [], count: 4, replicationFactor })
      for (const replicas of placed) {
        replicas.forEach((id, at) => {
          const before = replicas.slice(0, at)
          const free = brokers.map(({ brokerId }) => brokerId).filter((other) => !before.includes(other))
          const isOnFreeRack = (other: number) => before.every((used) => rackOf(used) !== rackOf(other))
          const isOnFreeHost = (other: number) => before.every((used) => hostOf(used) !== hostOf(other))
          expect(isOnFreeRack(id) || !free.some(isOnFreeRack), `rack, seed ${seed}`).toBe(true)
          const isAllowed = isOnFreeHost(id) || !free.some(isOnFreeHost)
          if (!isAllowed) throw new Error(`two replicas of ${replicas} on ${hostOf(id)}, seed ${seed}`)
          if (!isOnFreeHost(id)) shared++
        })
      }
    }
    expect(shared).toBeGreaterThan(CASES / 2)
  })

  it('prefers a free rack to a free host', () => {
    const brokers = fleet(['a', 'a', 'b']).map((broker, at) => ({ ...broker, host: ['h1', 'h2', 'h1'][at]! }))
    const placed = new Placement(brokers, chooser(3)).place({ existing: [], count: 20, replicationFactor: 2 })
    for (const replicas of placed) expect(replicas).toContain(3)
  })

  it('spreads the replicas of a partition evenly over racks that all have some', () => {
    const brokers = fleet(['a', 'a', 'a', 'b', 'b', 'b'])
    const existing = [[1], [2], [3], [1, 2, 3]]
    const placed = new Placement(brokers, chooser(3)).place({ existing, count: 20, replicationFactor: 4 })
    for (const replicas of placed) expect(replicas.filter((id) => id <= 3)).toHaveLength(2)
  })

  it('prefers a free host in a rack that has one replica more', () => {
    const brokers = fleet(['a', 'a', 'b', 'b', 'b']).map((broker, at) => ({
      ...broker,
      host: ['h1', 'h1', 'h2', 'h3', 'h4'][at]!,
    }))
    for (const replicas of new Placement(brokers, chooser(3)).place({
      existing: [],
      count: 20,
      replicationFactor: 4,
    })) {
      expect(replicas.filter((id) => id <= 2)).toHaveLength(1)
    }
  })

  it('lets only active brokers lead, and takes fenced ones only when the others do not suffice', () => {
    for (let seed = 1; seed <= CASES; seed++) {
      const random = chooser(seed)
      const size = 2 + random.below(8)
      const fenced = new Set(Array.from({ length: random.below(size) }, () => 1 + random.below(size)))
      if (fenced.size === size) fenced.delete(1)
      const brokers = fleet(Array(size).fill(null), [...fenced])
      const replicationFactor = 1 + random.below(size)
      for (const replicas of new Placement(brokers, random).place({
        existing: [],
        count: 6,
        replicationFactor,
      })) {
        expect(fenced.has(replicas[0]!), `seed ${seed}`).toBe(false)
        const taken = replicas.filter((id) => fenced.has(id)).length
        expect(taken, `seed ${seed}`).toBe(Math.max(0, replicationFactor - (size - fenced.size)))
      }
    }
  })

  it('prefers a rack that lives to one that is wholly fenced', () => {
    const brokers = fleet(['a', 'b', 'c'], [3])
    const placed = new Placement(brokers, chooser(1)).place({ existing: [], count: 20, replicationFactor: 2 })
    expect(placed.flat()).not.toContain(3)
  })

  it('sends a small new topic to the least loaded rack, and in it to the least loaded broker', () => {
    const loads = [4, 4, 4, 2, 3, 4]
    const brokers = fleet(['a', 'a', 'b', 'b', 'c', 'c']).map((broker, at) => ({
      ...broker,
      replicas: loads[at]!,
      preferredLeaders: loads[at]!,
    }))
    const placement = new Placement(brokers, chooser(5))
    expect(placement.place({ existing: [], count: 1, replicationFactor: 1 })).toEqual([[4]])
  })

  it('spreads a topic over all brokers even when one of them is new and empty', () => {
    const brokers = fleet(['a', 'b', 'c']).map((broker) => ({
      ...broker,
      replicas: broker.brokerId === 3 ? 0 : 50,
      preferredLeaders: broker.brokerId === 3 ? 0 : 50,
    }))
    const placed = new Placement(brokers, chooser(5)).place({ existing: [], count: 6, replicationFactor: 1 })
    expect(spread(tally(brokers, placed).leaders.values())).toBe(0)
  })

  it('goes on evenly where a topic grows', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = chooser(seed)
      const brokers = fleet(['a', 'b', 'c', 'a', 'b', 'c'])
      const placement = new Placement(brokers, random)
      const first = placement.place({ existing: [], count: 1 + random.below(9), replicationFactor: 1 })
      placement.place({ existing: [], count: 1 + random.below(9), replicationFactor: 1 })
      const more = placement.place({ existing: first, count: 1 + random.below(9), replicationFactor: 1 })
      expect(
        spread(tally(brokers, [...first, ...more]).leaders.values()),
        `seed ${seed}`,
      ).toBeLessThanOrEqual(1)
    }
  })

  it('makes the same choices from the same seed', () => {
    const place = () =>
      new Placement(fleet(['a', 'b', 'c']), chooser(9)).place({
        existing: [],
        count: 30,
        replicationFactor: 2,
      })
    expect(place()).toEqual(place())
  })
})
