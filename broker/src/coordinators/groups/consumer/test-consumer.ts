/** A client of the consumer protocol as it should be: it takes what it is given and gives back what it has to. */
import type { ConsumerGroupHeartbeatRequest } from '../bodies.ts'
import type { Driver } from '../test-driver.ts'

export interface ConsumerOptions {
  readonly topics?: readonly string[]
  readonly regex?: string
  readonly instanceId?: string
  readonly assignor?: string
  readonly rebalanceTimeoutMs?: number
}

export class TestConsumer {
  readonly driver: Driver
  readonly memberId: string
  readonly options: ConsumerOptions
  epoch = 0
  /** As `topicId/partition`. */
  owned: readonly string[] = []
  private pending: readonly string[] | undefined

  constructor(driver: Driver, memberId: string, options: ConsumerOptions = {}) {
    this.driver = driver
    this.memberId = memberId
    this.options = { topics: ['topic'], ...options }
  }

  /** Returns the error code. */
  join(): number {
    const { topics, regex, assignor, rebalanceTimeoutMs = 60_000 } = this.options
    this.epoch = 0
    this.owned = []
    return this.send({
      rebalanceTimeoutMs,
      subscribedTopicNames: regex === undefined ? [...(topics ?? [])] : null,
      subscribedTopicRegex: regex ?? null,
      serverAssignor: assignor ?? null,
      topicPartitions: [],
    })
  }

  /** What the last answer gave is now this consumer's, and what it took is not; then it tells. */
  beat(): number {
    const news = this.pending
    this.pending = undefined
    if (!news) return this.send({})
    this.owned = news
    return this.send({ topicPartitions: asEntries(news) })
  }

  leave(): number {
    this.owned = []
    return this.send({ memberEpoch: -1 })
  }

  leaveForAWhile(): number {
    this.owned = []
    return this.send({ memberEpoch: -2 })
  }

  /** Both together until nothing changes: every answer is taken and confirmed. */
  settle(): void {
    for (let round = 0; round < 10; round++) this.beat()
  }

  send(fields: Partial<ConsumerGroupHeartbeatRequest>): number {
    const { memberId, epoch, options } = this
    const instanceId = options.instanceId ?? null
    const response = this.driver.consumerHeartbeat({ memberId, memberEpoch: epoch, instanceId, ...fields })
    if (response.errorCode !== 0) return response.errorCode
    this.epoch = response.memberEpoch
    if (response.assignment) {
      const given = response.assignment.topicPartitions.flatMap(({ topicId, partitions }) =>
        partitions.map((partition) => `${topicId}/${partition}`),
      )
      // What is taken away is let go at once; what is new counts from the next heartbeat on.
      this.owned = this.owned.filter((each) => given.includes(each))
      this.pending = given
    }
    return 0
  }
}

/** Lets everybody send heartbeats, in turn, until all is quiet. */
export function settleAll(consumers: readonly TestConsumer[], rounds = 10): void {
  const [first] = consumers
  first?.driver.advance(1_000)
  for (let round = 0; round < rounds; round++) for (const consumer of consumers) consumer.beat()
}

function asEntries(owned: readonly string[]) {
  const byTopic = new Map<string, number[]>()
  for (const each of owned) {
    const [topicId = '', partition] = each.split('/')
    byTopic.set(topicId, [...(byTopic.get(topicId) ?? []), Number(partition)])
  }
  return [...byTopic].map(([topicId, partitions]) => ({ topicId, partitions }))
}
