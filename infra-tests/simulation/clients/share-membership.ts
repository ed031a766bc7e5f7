/** A share group's member and its coordinator: heartbeats, by which it learns which partitions it is given. */
import { ErrorCode } from '@freshet/broker/wire'
import { DescribeShareGroupOffsetsApi, ShareGroupHeartbeatApi } from '../broker-code.ts'
import type { ClusterClient } from './cluster-client.ts'
import { CoordinatorLink } from './coordinator-link.ts'

const HEARTBEAT_VERSION = 1
const DESCRIBE_VERSION = 1
const HEARTBEAT_MS = 1000
const GONE = new Set<number>([ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_MEMBER_EPOCH])

export interface ShareMembershipOptions {
  readonly group: string
  readonly topic: string
}

export class ShareMembership {
  readonly memberId: string
  /** What it is given. */
  partitions: readonly number[] = []
  readonly #client: ClusterClient
  readonly #options: ShareMembershipOptions
  readonly #coordinator: CoordinatorLink
  #epoch = 0
  /** After a heartbeat that failed everything is told, as by Kafka's client: an assignment may have got lost. */
  #tellsAll = true

  constructor(client: ClusterClient, options: ShareMembershipOptions) {
    this.#client = client
    this.#options = options
    this.#coordinator = new CoordinatorLink(client, options.group)
    this.memberId = `${client.name}-${client.dice.between(1, 1_000_000)}`
  }

  async run(): Promise<void> {
    const { group, topic } = this.#options
    while (!this.#client.isStopped) {
      const answer = await this.#coordinator.ask(ShareGroupHeartbeatApi, HEARTBEAT_VERSION, {
        groupId: group,
        memberId: this.memberId,
        memberEpoch: this.#epoch,
        rackId: null,
        subscribedTopicNames: this.#tellsAll ? [topic] : null,
      })
      this.#tellsAll = true
      if (answer !== undefined && this.#coordinator.isFine(answer.errorCode)) {
        this.#tellsAll = false
        this.#epoch = answer.memberEpoch
        const given = answer.assignment?.topicPartitions
        if (given !== undefined) this.partitions = given.flatMap(({ partitions }) => partitions)
      } else if (answer !== undefined && GONE.has(answer.errorCode)) {
        this.#epoch = 0
        this.partitions = []
      }
      await this.#client.pause(HEARTBEAT_MS)
    }
  }
}

/** Where the group begins in each partition; nothing of those that nobody can tell now. */
export async function shareStarts(
  client: ClusterClient,
  { group, topic }: ShareMembershipOptions,
): Promise<Map<number, number>> {
  const coordinator = new CoordinatorLink(client, group)
  const answer = await coordinator.ask(DescribeShareGroupOffsetsApi, DESCRIBE_VERSION, {
    groups: [{ groupId: group, topics: null }],
  })
  const found = answer?.groups[0]?.topics.find(({ topicName }) => topicName === topic)
  const told = (found?.partitions ?? []).filter(({ errorCode }) => errorCode === ErrorCode.NONE)
  return new Map(told.map(({ partitionIndex, startOffset }) => [partitionIndex, startOffset]))
}
