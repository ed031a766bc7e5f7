/** Membership in a consumer group, through the client library's consumer: who reads what, and commits. */
import { Consumer, type GroupPartitionsAssigner } from '@platformatic/kafka'
import { type ClientConfig, integer } from '../client/client-config.ts'
import { asJavaException } from '../client/cluster.ts'
import { ConfigException } from '../client/exceptions.ts'
import type { Partition } from '../client/groups.ts'
import type { Properties } from '../command-line/properties.ts'
import type { Position } from './record-source.ts'

export interface MemberListener {
  /** After each rebalance. */
  onAssigned(partitions: readonly Partition[]): void
  /** Before partitions may go to others: the last moment to commit. */
  onRebalance(): void
}

const UNKNOWN_EPOCH = -1

export class GroupMember {
  private readonly consumer: Consumer<Buffer, Buffer, Buffer, Buffer>
  private readonly topics: readonly string[]

  constructor(groupId: string, topics: readonly string[], config: ClientConfig, properties: Properties) {
    const protocol = properties['group.protocol'] ?? 'classic'
    if (protocol !== 'classic') {
      throw new ConfigException(
        `Invalid value ${protocol} for configuration group.protocol: this tool knows classic`,
      )
    }
    const instanceId = properties['group.instance.id']
    this.topics = topics
    this.consumer = new Consumer({
      groupId,
      clientId: config.clientId,
      bootstrapBrokers: [...config.brokers],
      ...config.connection,
      sessionTimeout: integer(properties, 'session.timeout.ms', '45000'),
      heartbeatInterval: integer(properties, 'heartbeat.interval.ms', '3000'),
      rebalanceTimeout: integer(properties, 'max.poll.interval.ms', '300000'),
      ...(instanceId === undefined ? {} : { groupInstanceId: instanceId }),
      protocols: [{ name: 'range', version: 1 }],
      partitionAssigner: rangeAssigner,
    })
  }

  async join({ onAssigned, onRebalance }: MemberListener): Promise<void> {
    this.consumer.on('consumer:group:join', () => onAssigned(this.assignment()))
    this.consumer.on('consumer:group:rebalance', onRebalance)
    this.consumer.topics.trackAll(...this.topics)
    await wordedAsKafka(this.consumer.joinGroup({}))
  }

  async commit(positions: readonly Position[]): Promise<void> {
    if (positions.length === 0) return
    const offsets = positions.map(({ topic, partition, offset }) => ({
      ...{ topic, partition, offset },
      leaderEpoch: UNKNOWN_EPOCH,
    }))
    await wordedAsKafka(this.consumer.commit({ offsets }))
  }

  async leave(): Promise<void> {
    await wordedAsKafka(this.consumer.close(true))
  }

  private assignment(): Partition[] {
    return (this.consumer.assignments ?? []).flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    )
  }
}

async function wordedAsKafka<Result>(promise: Promise<Result>): Promise<Result> {
  try {
    return await promise
  } catch (error) {
    throw asJavaException(error)
  }
}

/** Kafka's RangeAssignor, which its consumers prefer too: neighbouring partitions of each topic go to one member. */
export const rangeAssigner: GroupPartitionsAssigner = (_current, members, topics, metadata) => {
  const assignments = [...members.keys()].sort().map((memberId) => ({
    memberId,
    assignments: new Map<string, { topic: string; partitions: number[] }>(),
  }))
  for (const topic of topics) {
    const subscribers = assignments.filter(({ memberId }) => members.get(memberId)?.topics?.includes(topic))
    const count = metadata.topics.get(topic)?.partitionsCount ?? 0
    const each = Math.floor(count / Math.max(1, subscribers.length))
    const more = count % Math.max(1, subscribers.length)
    subscribers.forEach((member, at) => {
      const first = at * each + Math.min(at, more)
      const length = each + (at < more ? 1 : 0)
      const partitions = Array.from({ length }, (_, index) => first + index)
      if (length > 0) member.assignments.set(topic, { topic, partitions })
    })
  }
  return assignments
}
