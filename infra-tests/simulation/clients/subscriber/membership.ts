/** A member's side of the consumer protocol (KIP-848): by heartbeats it learns what to read, and tells what it reads. */
import { ErrorCode } from '@freshet/broker/wire'
import { ConsumerGroupHeartbeatApi, OffsetCommitApi, OffsetFetchApi } from '../../broker-code.ts'
import type { ClusterClient } from '../cluster-client.ts'
import { CoordinatorLink } from '../coordinator-link.ts'

const HEARTBEAT_VERSION = 1
const OFFSET_COMMIT_VERSION = 9
const OFFSET_FETCH_VERSION = 9
const REBALANCE_TIMEOUT_MS = 8000
const LEAVE_EPOCH = -1
const LEAVE_FOR_A_WHILE_EPOCH = -2
/** It is no member any more, and has to let everything go and to join anew. */
const OUT = new Set<number>([
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_MEMBER_EPOCH,
  ErrorCode.GROUP_ID_NOT_FOUND,
])

export interface MembershipOptions {
  readonly group: string
  readonly topic: string
  readonly groupInstanceId: string | null
  /** The coordinator's choice if null. */
  readonly serverAssignor: string | null
}

/** `unknown`: nobody answered, or the coordinator is elsewhere; all stays as it is. */
export type Heartbeat = 'in' | 'out' | 'unknown'

export class Membership {
  /** 0: it is about to join. */
  epoch = 0
  /** What it is to read, as far as it was told. */
  assigned: readonly number[] = []
  heartbeatMs = 1000
  readonly #client: ClusterClient
  readonly #options: MembershipOptions
  readonly #coordinator: CoordinatorLink
  readonly #memberId: string
  /** What the coordinator was told last that is read; undefined if an answer may have got lost. */
  #told: string | undefined

  constructor(client: ClusterClient, options: MembershipOptions) {
    this.#client = client
    this.#options = options
    this.#coordinator = new CoordinatorLink(client, options.group)
    this.#memberId = `${client.name}-${client.dice.between(1, 1_000_000)}`
  }

  /** As Kafka's clients do, it says everything when it joins or got no answer, else only what has changed. */
  async heartbeat(owned: readonly number[]): Promise<Heartbeat> {
    const { topic, serverAssignor } = this.#options
    const isJoining = this.epoch === 0
    const told = owned.toSorted().join()
    const isFull = isJoining || this.#told === undefined
    const topicPartitions = owned.length === 0 ? [] : [{ topicId: this.#topicId, partitions: [...owned] }]
    const answer = await this.#coordinator.ask(ConsumerGroupHeartbeatApi, HEARTBEAT_VERSION, {
      ...this.#who,
      memberEpoch: this.epoch,
      rebalanceTimeoutMs: isFull ? REBALANCE_TIMEOUT_MS : -1,
      subscribedTopicNames: isFull ? [topic] : null,
      serverAssignor: isFull ? serverAssignor : null,
      topicPartitions: isFull || told !== this.#told ? topicPartitions : null,
    })
    this.#told = undefined
    if (answer === undefined) return 'unknown'
    if (OUT.has(answer.errorCode)) {
      this.#forget()
      return 'out'
    }
    if (!this.#coordinator.isFine(answer.errorCode)) return 'unknown'
    this.#told = told
    this.epoch = answer.memberEpoch
    this.heartbeatMs = answer.heartbeatIntervalMs
    const given = answer.assignment?.topicPartitions
    if (given !== undefined) this.assigned = given.flatMap(({ partitions }) => partitions)
    return 'in'
  }

  /** Whether the coordinator hears of it or not. */
  async leave(): Promise<void> {
    const memberEpoch = this.#options.groupInstanceId === null ? LEAVE_EPOCH : LEAVE_FOR_A_WHILE_EPOCH
    const body = { ...this.#who, memberEpoch }
    await this.#coordinator.ask(ConsumerGroupHeartbeatApi, HEARTBEAT_VERSION, body)
    this.#forget()
  }

  /** By partition; -1 where the group has none; undefined if nobody said it. */
  async committed(partitions: readonly number[]): Promise<Map<number, number> | undefined> {
    const { group: groupId, topic: name } = this.#options
    const topics = [{ name, partitionIndexes: [...partitions] }]
    const group = { groupId, memberId: this.#memberId, memberEpoch: this.epoch, topics }
    const body = { groups: [group], requireStable: true }
    const answer = await this.#coordinator.ask(OffsetFetchApi, OFFSET_FETCH_VERSION, body)
    const result = answer?.groups[0]
    if (result === undefined || !this.#coordinator.isFine(result.errorCode)) return undefined
    const found = result.topics[0]?.partitions ?? []
    if (found.some(({ errorCode }) => errorCode !== ErrorCode.NONE)) return undefined
    return new Map(found.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]))
  }

  /** The error code; undefined without an answer. */
  async commit(partition: number, offset: number): Promise<number | undefined> {
    const { group: groupId, topic: name, groupInstanceId } = this.#options
    const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: null }]
    const answer = await this.#coordinator.ask(OffsetCommitApi, OFFSET_COMMIT_VERSION, {
      groupId,
      memberId: this.#memberId,
      groupInstanceId,
      generationIdOrMemberEpoch: this.epoch,
      topics: [{ name, partitions }],
    })
    const errorCode = answer?.topics[0]?.partitions[0]?.errorCode
    if (errorCode !== undefined) this.#coordinator.isFine(errorCode)
    return errorCode
  }

  get #who() {
    const { group: groupId, groupInstanceId: instanceId } = this.#options
    return { groupId, memberId: this.#memberId, instanceId }
  }

  get #topicId(): string {
    const topic = this.#client.topics.get(this.#options.topic)
    if (topic === undefined) throw new Error('partitions are read of a topic that is not known')
    return topic.topicId
  }

  #forget(): void {
    this.epoch = 0
    this.assigned = []
    this.#told = undefined
  }
}
