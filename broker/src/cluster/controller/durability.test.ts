/**
 * What the controller decides is good if no clean leader ever lacks a committed record. Here brokers are played by the
 * simplest model of Kafka's replication: logs are lists, followers copy their leader's, a leader commits what its whole
 * ISR has, and a broker that loses power forgets what it likes.
 */
import { describe, expect, it } from 'vitest'
import { LeaderRecoveryState, NO_LEADER } from '../records.ts'
import { chooser, TestCluster } from '../test-cluster.ts'
import { LOST_DIRECTORY } from './assign-replicas-to-dirs.ts'

const BROKERS = [1, 2, 3, 4]
const TOPIC = 'orders'

class Model {
  readonly cluster: TestCluster
  readonly logs = new Map<number, number[]>(BROKERS.map((id) => [id, []]))
  committed: readonly number[] = []
  readonly seen = { commits: 0, elected: 0, unclean: 0, fromElr: 0, reassigned: 0, offline: 0 }
  readonly #random: ReturnType<typeof chooser>
  /** How far each follower confirmed the leader's log, in this leader epoch. */
  #confirmed = new Map<number, number>()
  #leaderEpoch = 0
  #records = 0
  #incarnations = 10_000

  constructor(seed: number) {
    this.#random = chooser(seed)
    this.cluster = new TestCluster({ 'min.insync.replicas': String(1 + this.#random.below(3)) }, seed)
    for (const id of BROKERS) this.cluster.start(id)
    this.cluster.createReplicated(TOPIC, [1, 2, 3].slice(0, 1 + this.#random.below(3)))
  }

  step(): void {
    const target = BROKERS[this.#random.below(BROKERS.length)]!
    const what = this.#random.below(21)
    const before = this.#partition()
    if (what < 4) this.#append()
    else if (what < 9) this.#follow(target)
    else if (what < 10) this.#shrink(target)
    else if (what < 12) this.cluster.fence(target)
    else if (what < 14) this.cluster.heartbeat(target)
    else if (what < 15) this.cluster.heartbeat(target, { shutDown: true })
    else if (what < 16) this.#restart(target, true)
    else if (what < 17) this.#restart(target, false)
    else if (what < 18)
      this.cluster.configure(TOPIC, 'min.insync.replicas', String(1 + this.#random.below(3)))
    else if (what < 19) this.#reassign()
    else if (what < 20) this.cluster.send('electLeaders', { electionType: 0, topics: null })
    else this.#goOffline(target)
    this.#observe(before)
    this.#commit()
  }

  #partition() {
    return this.cluster.partition(TOPIC)
  }

  #append(): void {
    const { leader } = this.#partition()
    if (leader !== NO_LEADER) this.logs.get(leader)!.push(++this.#records)
  }

  #follow(id: number): void {
    const { leader, replicas, isr, offlineReplicas } = this.#partition()
    const isLive = this.cluster.image.brokers.get(id)?.fenced === false && !offlineReplicas.includes(id)
    if (leader === NO_LEADER || id === leader || !replicas.includes(id) || !isLive) return
    const log = this.logs.get(leader)!
    // At times it gets only a part.
    const length = isr.includes(id) ? log.length : log.length - this.#random.below(2)
    this.logs.set(id, log.slice(0, length))
    this.#confirmed.set(id, length)
    if (length === log.length && !isr.includes(id)) this.cluster.alterIsr(TOPIC, [...isr, id])
  }

  #shrink(id: number): void {
    const { leader, isr } = this.#partition()
    if (leader === NO_LEADER || id === leader || !isr.includes(id)) return
    const { errorCode } = this.cluster.alterIsr(
      TOPIC,
      isr.filter((member) => member !== id),
    )
    expect(errorCode).toBe(0)
  }

  #restart(id: number, isUnharmed: boolean): void {
    const log = this.logs.get(id)!
    if (!isUnharmed) log.length = this.#random.below(log.length + 1)
    this.cluster.alive.delete(id)
    const previous = isUnharmed ? this.cluster.epoch(id) : -1
    this.cluster.register(id, null, ++this.#incarnations, previous)
  }

  /** A disk operation failed; what the log still has is anybody's guess. */
  #goOffline(id: number): void {
    if (!this.#partition().replicas.includes(id)) return
    const { topicId } = this.cluster.image.topics.get(TOPIC)!
    const topics = [{ topicId, partitions: [{ partitionIndex: 0 }] }]
    const directories = [{ id: LOST_DIRECTORY, topics }]
    this.cluster.send('assignReplicasToDirs', {
      brokerId: id,
      brokerEpoch: this.cluster.epoch(id),
      directories,
    })
    const log = this.logs.get(id)!
    log.length = this.#random.below(log.length + 1)
    this.seen.offline++
  }

  #reassign(): void {
    const target = BROKERS.filter(() => this.#random.below(2) === 0)
    const replicas = target.length === 0 ? null : target
    this.cluster.send('alterPartitionReassignments', {
      allowReplicationFactorChange: true,
      topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, replicas }] }],
    })
  }

  #observe(before: ReturnType<TestCluster['partition']>): void {
    const { leader, leaderEpoch, leaderRecoveryState, replicas } = this.#partition()
    if (before.replicas !== replicas) this.seen.reassigned++
    for (const id of BROKERS) if (!replicas.includes(id)) this.logs.set(id, [])
    if (leaderEpoch === this.#leaderEpoch) return
    this.#leaderEpoch = leaderEpoch
    this.#confirmed = new Map()
    if (leader === NO_LEADER) return
    this.seen.elected++
    if (leaderRecoveryState === LeaderRecoveryState.RECOVERING) {
      // Only when every replica is back and none kept everything: nothing better can come.
      const assigned = before.replicas.filter((id) => !before.addingReplicas.includes(id))
      for (const id of assigned) expect(this.cluster.image.brokers.get(id)?.fenced).toBe(false)
      expect([...before.isr, ...before.eligibleLeaderReplicas].filter((id) => id !== leader)).toEqual([])
      this.seen.unclean++
      this.committed = []
      this.cluster.alterIsr(TOPIC, this.#partition().isr)
      return
    }
    if (before.eligibleLeaderReplicas.includes(leader)) this.seen.fromElr++
    expect(this.logs.get(leader)!.slice(0, this.committed.length)).toEqual(this.committed)
  }

  #commit(): void {
    const { leader, isr, replicas } = this.#partition()
    const config = this.cluster.image.configs(2, TOPIC).get('min.insync.replicas')
    const minInsyncReplicas = Number(config ?? this.cluster.image.configs(4, '').get('min.insync.replicas'))
    if (leader === NO_LEADER || isr.length < Math.min(minInsyncReplicas, replicas.length)) return
    const log = this.logs.get(leader)!
    const lengths = isr.map((id) => (id === leader ? log.length : (this.#confirmed.get(id) ?? 0)))
    const end = Math.min(...lengths)
    if (end <= this.committed.length) return
    this.seen.commits++
    this.committed = log.slice(0, end)
  }
}

/** What holds after every step, whatever happened. */
function checkState(cluster: TestCluster): void {
  const { leader, isr, replicas, eligibleLeaderReplicas, lastKnownElr, offlineReplicas } =
    cluster.partition(TOPIC)
  for (const id of isr) {
    const broker = cluster.image.brokers.get(id)
    expect(broker?.fenced === false && !broker.inControlledShutdown, `member ${id} lives`).toBe(true)
  }
  expect(leader === NO_LEADER, 'somebody in sync leads').toBe(isr.length === 0)
  for (const id of offlineReplicas) expect([...isr, ...eligibleLeaderReplicas]).not.toContain(id)
  if (leader !== NO_LEADER) expect(lastKnownElr).toEqual([])
  for (const id of lastKnownElr) expect(replicas).toContain(id)
  for (const id of eligibleLeaderReplicas) {
    const broker = cluster.image.brokers.get(id)
    const isLive = broker?.fenced === false && !broker.inControlledShutdown
    expect(isLive && leader === NO_LEADER, `${id} is eligible and lives, but nobody leads`).toBe(false)
  }
}

/** A second of work; a busy machine takes longer. */
const TIME_LIMIT_MS = 60_000

describe('a clean leader', { timeout: TIME_LIMIT_MS }, () => {
  it('has every committed record, in any history of 80 steps', () => {
    const total = { commits: 0, elected: 0, unclean: 0, fromElr: 0, reassigned: 0, offline: 0 }
    for (let seed = 1; seed <= 800; seed++) {
      const model = new Model(seed)
      for (let step = 1; step <= 80; step++) {
        try {
          model.step()
          checkState(model.cluster)
        } catch (error) {
          throw new Error(`seed ${seed}, step ${step}`, { cause: error })
        }
      }
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += model.seen[key]
    }
    console.log(`durability: ${JSON.stringify(total)}`)
    expect(Math.min(...Object.values(total))).toBeGreaterThan(100)
  })
})
