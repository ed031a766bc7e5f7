/** Brokers die, are cut off and come back at random, and the store goes away: nothing acknowledged is lost. */
import { expect, test } from 'vitest'
import { ProduceApi } from '../apis/00-produce.ts'
import { InitProducerIdApi } from '../apis/22-init-producer-id.ts'
import { ErrorCode } from '../wire/index.ts'
import { TestCluster } from './test-cluster.ts'
import { batchOf, createTopic, fetch, leaders, valuesOf } from './test-requests.ts'

const TOPIC = 'orders'
const PARTITIONS = 6
const STEPS = 80
const IDS = [1, 2, 3]
const PATIENCE_MS = 300

interface Acknowledged {
  readonly partition: number
  readonly offset: number
  readonly value: string
}

class Chaos {
  readonly cluster: TestCluster
  readonly acknowledged: Acknowledged[] = []
  readonly producerIds: number[] = []
  readonly #heals: (() => void)[] = []
  #values = 0

  constructor(cluster: TestCluster) {
    this.cluster = cluster
  }

  async step(): Promise<void> {
    const { cluster } = this
    const { random } = cluster
    const chance = random.below(20)
    const id = IDS[random.below(IDS.length)] as number
    const isAlive = cluster.brokerIds.includes(id)
    if (chance === 0 && isAlive) cluster.crash(id)
    else if (chance === 1 && isAlive) await cluster.stop(id)
    else if (chance === 2) this.#heals.push(cluster.network.block(hostOf(id), hostOf((id % 3) + 1)))
    else if (chance === 3) cluster.network.reset(hostOf(id), hostOf((id % 3) + 1))
    else if (chance === 4) cluster.isStoreAvailable = !cluster.isStoreAvailable
    else if (chance <= 6) this.#heals.shift()?.()
    else if (chance <= 9 && !isAlive && cluster.isStoreAvailable) await cluster.startBroker(id)
    else if (chance <= 11 && isAlive) await this.#takeProducerId(id)
    else if (isAlive) await this.#produce(id)
    await cluster.advance(random.below(400))
  }

  async heal(): Promise<void> {
    const { cluster } = this
    cluster.isStoreAvailable = true
    for (const heal of this.#heals) heal()
    for (const id of IDS) if (!cluster.brokerIds.includes(id)) await cluster.startBroker(id)
    await cluster.until(() => IDS.every((id) => cluster.isMember(id)), 20_000)
    await cluster.advance(2000)
  }

  async #produce(id: number): Promise<void> {
    const { cluster } = this
    const value = `v${this.#values++}`
    const partitionData = Array.from({ length: PARTITIONS }, (_, index) => ({
      index,
      records: batchOf([value], cluster.clock.now()),
    }))
    const topicData = [{ name: TOPIC, partitionData }]
    const body = { transactionalId: null, acks: -1, timeoutMs: 1000, topicData }
    const response = await this.#patiently(cluster.connect(id).send(ProduceApi, 9, body))
    for (const { index, errorCode, baseOffset } of response?.responses[0]?.partitionResponses ?? []) {
      if (errorCode === ErrorCode.NONE)
        this.acknowledged.push({ partition: index, offset: baseOffset, value })
    }
  }

  async #takeProducerId(id: number): Promise<void> {
    const body = { transactionalId: null, transactionTimeoutMs: 1000 }
    const response = await this.#patiently(this.cluster.connect(id).send(InitProducerIdApi, 4, body))
    if (response?.errorCode === ErrorCode.NONE) this.producerIds.push(response.producerId)
  }

  /** In trouble an answer may be late or never come: then nothing is known. */
  #patiently<T>(answer: Promise<T>): Promise<T | undefined> {
    return this.cluster.settle(answer, PATIENCE_MS).catch(() => undefined)
  }
}

function hostOf(id: number): string {
  return `broker-${id}`
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'acknowledged records and given ids survive everything (seed %i)',
  async (seed) => {
    const cluster = await TestCluster.start(3, {}, seed)
    await createTopic(cluster, 1, { name: TOPIC, partitions: PARTITIONS })
    cluster.storeDelayMsMax = 30
    const chaos = new Chaos(cluster)
    for (let step = 0; step < STEPS; step++) await chaos.step()
    await chaos.heal()

    expect(IDS.filter((id) => cluster.broker(id).isController)).toHaveLength(1)
    const found = await leaders(cluster, 1, TOPIC)
    expect(found.toSorted()).toEqual([1, 1, 2, 2, 3, 3])
    expect(chaos.acknowledged.length).toBeGreaterThan(2)
    for (const { partition, offset, value } of chaos.acknowledged) {
      const leader = found[partition] as number
      const { records } = await fetch(cluster, leader, { topic: TOPIC, partition, offset, maxBytes: 1 })
      expect(valuesOf(records)[0]).toBe(value)
    }
    expect(new Set(chaos.producerIds).size).toBe(chaos.producerIds.length)
    expect(cluster.errors).toEqual([])
  },
)
