/** Random faults from a seed, within what is promised: whatever was acknowledged by all is still there in the end. */
import { expect, test } from 'vitest'
import { ProduceApi } from '../apis/00-produce.ts'
import { FetchApi } from '../apis/01-fetch.ts'
import { seededRandom } from '../runtime/seeded-random.ts'
import type { Random } from '../runtime/types.ts'
import { ErrorCode } from '../wire/index.ts'
import { TestCluster } from './test-cluster.ts'
import { batchOf, createTopic, fetchBody, metadata, produce, produceBody, valuesOf } from './test-requests.ts'

const TOPIC = 'orders'
const PARTITIONS = 2
const BROKERS = [1, 2, 3]
const STEPS = 25
const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1)

test.each(SEEDS)('seed %i: nothing that was acknowledged is lost, and all replicas agree', async (seed) => {
  const schedule = await Schedule.start(seed)
  for (let step = 0; step < STEPS; step++) await schedule.step()
  await schedule.heal()
  await schedule.check()
})

class Schedule {
  readonly #cluster: TestCluster
  readonly #random: Random
  readonly #acknowledged: Set<string>[] = Array.from({ length: PARTITIONS }, () => new Set())
  #heals: (() => void)[] = []
  #sent = 0

  private constructor(cluster: TestCluster, seed: number) {
    this.#cluster = cluster
    this.#random = seededRandom(seed * 7919)
  }

  static async start(seed: number): Promise<Schedule> {
    const properties = { 'min.insync.replicas': '2', 'replica.lag.time.max.ms': '2000' }
    const cluster = await TestCluster.start(3, properties, seed)
    await createTopic(cluster, 1, { name: TOPIC, partitions: PARTITIONS, replicationFactor: 3 })
    return new Schedule(cluster, seed)
  }

  async step(): Promise<void> {
    for (let count = 0; count < 4; count++) this.#produce()
    await this.#cluster.advance(this.#random.below(30))
    await this.#fault()
    this.#produce()
    await this.#cluster.advance(this.#random.below(1500))
  }

  async heal(): Promise<void> {
    this.#healNetwork()
    for (const id of BROKERS) if (!this.#runs(id)) await this.#cluster.startBroker(id)
    await this.#cluster.until(() => BROKERS.every((id) => this.#cluster.isMember(id)), 30_000)
    await this.#cluster.advance(20_000)
    for (let index = 0; index < PARTITIONS; index++) {
      const { leaderId } = await this.#stateOf(index)
      const records = batchOf(['last'], this.#cluster.clock.now())
      const result = await produce(this.#cluster, leaderId, {
        topic: TOPIC,
        partition: index,
        acks: -1,
        records,
      })
      expect(result.errorCode).toBe(ErrorCode.NONE)
    }
    await this.#cluster.advance(100)
  }

  async check(): Promise<void> {
    for (let index = 0; index < PARTITIONS; index++) {
      const state = await this.#stateOf(index)
      expect(state.isrNodes.toSorted()).toEqual(BROKERS)
      const logs = await Promise.all(BROKERS.map((id) => this.#valuesOn(id, index)))
      for (const log of logs) expect(log).toEqual(logs[0])
      const present = new Set(logs[0])
      expect([...(this.#acknowledged[index] ?? [])].filter((value) => !present.has(value))).toEqual([])
    }
    const cutBelow = this.#cluster.logged.filter(({ message }) =>
      message.startsWith('committed records are cut'),
    )
    expect(cutBelow).toEqual([])
  }

  /** To any broker that thinks it leads; nobody waits for the answer. */
  #produce(): void {
    const index = this.#random.below(PARTITIONS)
    for (const id of BROKERS) {
      if (!this.#runs(id) || this.#random.below(2) === 0) continue
      const value = `v${this.#sent++}`
      const records = batchOf([value], this.#cluster.clock.now())
      const body = produceBody({ topic: TOPIC, partition: index, acks: -1, records })
      this.#cluster
        .connect(id)
        .send(ProduceApi, 9, body)
        .then(({ responses }) => {
          if (responses[0]?.partitionResponses[0]?.errorCode === ErrorCode.NONE)
            this.#acknowledged[index]?.add(value)
        })
        .catch(() => undefined)
    }
  }

  async #fault(): Promise<void> {
    const id = 1 + this.#random.below(BROKERS.length)
    const other = 1 + (id % BROKERS.length)
    const running = BROKERS.filter((each) => this.#runs(each)).length
    switch (this.#random.below(8)) {
      case 0:
        if (this.#runs(id)) this.#cluster.crash(id)
        return
      case 1:
        // All that is promised is to survive the loss of one machine at a time.
        if (this.#runs(id) && running === BROKERS.length && (await this.#isWhole()))
          this.#cluster.crash(id, 'losePower')
        return
      case 2:
      case 3:
        if (!this.#runs(id)) await this.#cluster.startBroker(id)
        return
      case 4:
        this.#heals.push(this.#cluster.network.block(`broker-${id}`, `broker-${other}`))
        return
      case 5:
        this.#heals.push(this.#cluster.network.blockOneWay(`broker-${id}`, `broker-${other}`))
        return
      case 6:
        this.#healNetwork()
        return
      case 7:
        this.#cluster.network.reset(`broker-${id}`, `broker-${other}`)
        return
    }
  }

  async #isWhole(): Promise<boolean> {
    for (let index = 0; index < PARTITIONS; index++)
      if ((await this.#stateOf(index)).isrNodes.length < BROKERS.length) return false
    return true
  }

  #healNetwork(): void {
    for (const heal of this.#heals.splice(0)) heal()
  }

  #runs(id: number): boolean {
    return this.#cluster.brokerIds.includes(id)
  }

  async #stateOf(index: number) {
    const witness = this.#cluster.brokerIds[0] as number
    const { topics } = await metadata(this.#cluster, witness, [TOPIC])
    const state = topics[0]?.partitions[index]
    if (state === undefined) throw new Error('the topic is not known')
    return state
  }

  async #valuesOn(id: number, index: number): Promise<string[]> {
    const body = fetchBody({ topic: TOPIC, partition: index, maxBytes: 1 << 24, partitionMaxBytes: 1 << 24 })
    const { responses } = await this.#cluster.request(id, FetchApi, 12, body)
    const data = responses[0]?.partitions[0]
    expect(data?.errorCode).toBe(ErrorCode.NONE)
    return valuesOf(data?.records ?? null)
  }
}
