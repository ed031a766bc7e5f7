/**
 * Where replicas go. Pure apart from the random choice between equals, and greedy: each replica goes to the place that
 * has least, first within its topic and then in the whole cluster, first by rack and then by broker. So a topic is
 * even in itself, what is left over evens out the cluster, and what exists never moves. Replicas of a partition share
 * no rack while another is free, and no host while another is free.
 */
import { assert, present } from './assert.ts'

export interface PlacementBroker {
  readonly brokerId: number
  /** Brokers without a rack count as being in one rack together. */
  readonly rack: string | null
  /** The machine, if brokers are known to share it; null for a broker that counts as being alone on its own. */
  readonly host: string | null
  readonly active: boolean
  /** What it carries already. */
  readonly replicas: number
  readonly preferredLeaders: number
}

export interface PlacementRequest {
  /** Replicas of the topic's partitions that exist already. */
  readonly existing: readonly (readonly number[])[]
  readonly count: number
  readonly replicationFactor: number
}

export interface Chooser {
  /** A whole number in [0, limit). */
  below(limit: number): number
}

/** Remembers what it placed, so that the topics of one request are even together. */
export class Placement {
  readonly #brokers: Map<number, Slot>
  readonly #racks = new Map<string | null, Counts>()
  readonly #random: Chooser

  constructor(brokers: readonly PlacementBroker[], random: Chooser) {
    this.#random = random
    for (const { rack } of brokers) this.#racks.set(rack, noCounts())
    this.#brokers = new Map(brokers.map((broker) => [broker.brokerId, this.#slot(broker)]))
  }

  /** Replicas for `count` new partitions, preferred leader first. There must be enough brokers, one of them active. */
  place({ existing, count, replicationFactor }: PlacementRequest): number[][] {
    assert(replicationFactor <= this.#brokers.size, 'More replicas than brokers')
    for (const counts of [...this.#racks.values(), ...this.#brokers.values()]) {
      counts.topicReplicas = 0
      counts.topicLeaders = 0
    }
    for (const replicas of existing) this.#countTopic(replicas)
    return Array.from({ length: count }, () => {
      const replicas = this.#choose(replicationFactor)
      this.#countTopic(replicas)
      this.count(replicas)
      return replicas
    })
  }

  /** Counts replicas that somebody else placed. */
  count(replicas: readonly number[]): void {
    replicas.forEach((brokerId, at) => {
      const slot = present(this.#brokers.get(brokerId), `Broker ${brokerId} is not registered`)
      for (const counts of [slot, slot.rackCounts]) {
        counts.replicas++
        if (at === 0) counts.leaders++
      }
    })
  }

  #slot(broker: PlacementBroker): Slot {
    const rackCounts = present(this.#racks.get(broker.rack), 'Every rack has counts')
    rackCounts.replicas += broker.replicas
    rackCounts.leaders += broker.preferredLeaders
    const counts = { ...noCounts(), replicas: broker.replicas, leaders: broker.preferredLeaders }
    const { brokerId, active, host } = broker
    return { ...counts, brokerId, active, host, rackCounts }
  }

  #countTopic(replicas: readonly number[]): void {
    replicas.forEach((brokerId, at) => {
      // A broker that was unregistered may still be a replica of an old partition.
      const slot = this.#brokers.get(brokerId)
      if (slot === undefined) return
      for (const counts of [slot, slot.rackCounts]) {
        counts.topicReplicas++
        if (at === 0) counts.topicLeaders++
      }
    })
  }

  #choose(replicationFactor: number): number[] {
    const slots = [...this.#brokers.values()]
    const chosen = [
      this.#least(
        slots.filter(({ active }) => active),
        LEADER_KEYS,
      ),
    ]
    while (chosen.length < replicationFactor) {
      const inRack = (slot: Slot) => chosen.filter(({ rackCounts }) => rackCounts === slot.rackCounts).length
      const onHost = (slot: Slot) =>
        slot.host === null ? 0 : chosen.filter(({ host }) => host === slot.host).length
      const isRackTaken = (slot: Slot) => Math.min(inRack(slot), 1)
      const free = slots.filter((slot) => !chosen.includes(slot))
      chosen.push(this.#least(free, [isRackTaken, onHost, inRack, ...FOLLOWER_KEYS]))
    }
    return chosen.map(({ brokerId }) => brokerId)
  }

  /** The slot with the smallest keys, the first key first; one of them at random if there are several. */
  #least(slots: readonly Slot[], keys: readonly Key[]): Slot {
    let best: Slot[] = []
    for (const slot of slots) {
      const order = best[0] === undefined ? -1 : compare(slot, best[0], keys)
      if (order < 0) best = [slot]
      else if (order === 0) best.push(slot)
    }
    return present(best[this.#random.below(Math.max(best.length, 1))], 'There is a broker to choose')
  }
}

interface Counts {
  replicas: number
  leaders: number
  topicReplicas: number
  topicLeaders: number
}

interface Slot extends Counts {
  readonly brokerId: number
  readonly active: boolean
  readonly host: string | null
  readonly rackCounts: Counts
}

type Key = (slot: Slot) => number

const LEADER_KEYS: readonly Key[] = [
  ({ rackCounts }) => rackCounts.topicLeaders,
  ({ rackCounts }) => rackCounts.leaders,
  ({ topicLeaders }) => topicLeaders,
  ({ leaders }) => leaders,
  ({ topicReplicas }) => topicReplicas,
  ({ replicas }) => replicas,
]

const FOLLOWER_KEYS: readonly Key[] = [
  ({ active }) => (active ? 0 : 1),
  ({ rackCounts }) => rackCounts.topicReplicas,
  ({ rackCounts }) => rackCounts.replicas,
  ({ topicReplicas }) => topicReplicas,
  ({ replicas }) => replicas,
  // The broker that leads less will soon be chosen as a leader, and get a replica that way.
  ({ leaders }) => -leaders,
]

function noCounts(): Counts {
  return { replicas: 0, leaders: 0, topicReplicas: 0, topicLeaders: 0 }
}

function compare(left: Slot, right: Slot, keys: readonly Key[]): number {
  for (const key of keys) {
    const order = key(left) - key(right)
    if (order !== 0) return order
  }
  return 0
}
