/** A member's side of the classic group protocol: find the coordinator, join, sync, heartbeat, commit. */
import { ErrorCode } from '@freshet/broker/wire'
import { HeartbeatApi, JoinGroupApi, OffsetCommitApi, OffsetFetchApi, SyncGroupApi } from '../broker-code.ts'
import type { ClusterClient } from './cluster-client.ts'
import { CoordinatorLink } from './coordinator-link.ts'

const JOIN_VERSION = 5
const SYNC_VERSION = 3
const HEARTBEAT_VERSION = 3
const OFFSET_COMMIT_VERSION = 7
const OFFSET_FETCH_VERSION = 7
const SESSION_TIMEOUT_MS = 6000
const REBALANCE_TIMEOUT_MS = 8000
const PROTOCOL = 'range'

export interface GroupProtocolOptions {
  readonly group: string
  readonly topic: string
  readonly groupInstanceId: string | null
}

export interface Generation {
  readonly memberId: string
  readonly generationId: number
  readonly partitions: readonly number[]
  /** How many partitions were dealt out to the group. */
  readonly dealtOut: number
}

interface Share {
  readonly partitions: readonly number[]
  readonly dealtOut: number
}

type Joined = { memberId: string; generationId: number; members: string[] }

export class GroupProtocol {
  readonly #client: ClusterClient
  readonly #coordinator: CoordinatorLink
  readonly #group: string
  readonly #topic: string
  readonly #groupInstanceId: string | null
  #memberId = ''

  constructor(client: ClusterClient, { group, topic, groupInstanceId }: GroupProtocolOptions) {
    this.#client = client
    this.#coordinator = new CoordinatorLink(client, group)
    this.#group = group
    this.#topic = topic
    this.#groupInstanceId = groupInstanceId
  }

  /** One attempt to become a member of the next generation. */
  async join(): Promise<Generation | undefined> {
    const joined = await this.#join()
    if (joined === undefined) return undefined
    const { memberId, generationId, members } = joined
    const assignments = members.map((member, index) => ({
      memberId: member,
      assignment: Buffer.from(JSON.stringify(this.#share(index, members.length))),
    }))
    const body = { ...this.#who(memberId), generationId, assignments }
    const synced = await this.#coordinator.ask(SyncGroupApi, SYNC_VERSION, body, REBALANCE_TIMEOUT_MS * 2)
    if (synced === undefined || !this.#isFine(synced.errorCode)) return undefined
    const { assignment } = synced
    const share: Share =
      assignment.length === 0 ? { partitions: [], dealtOut: 0 } : JSON.parse(assignment.toString())
    return { memberId, generationId, ...share }
  }

  /** Whether the generation goes on. */
  async heartbeat({ memberId, generationId }: Generation): Promise<boolean> {
    const body = { ...this.#who(memberId), generationId }
    const answer = await this.#coordinator.ask(HeartbeatApi, HEARTBEAT_VERSION, body)
    return answer === undefined || this.#isFine(answer.errorCode)
  }

  /** By partition; -1 where the group has none; undefined if nobody said it. */
  async committed(partitions: readonly number[]): Promise<Map<number, number> | undefined> {
    const topics = [{ name: this.#topic, partitionIndexes: [...partitions] }]
    const body = { groupId: this.#group, topics, requireStable: true }
    const answer = await this.#coordinator.ask(OffsetFetchApi, OFFSET_FETCH_VERSION, body)
    if (answer === undefined || !this.#isFine(answer.errorCode)) return undefined
    const found = answer.topics[0]?.partitions ?? []
    if (found.some(({ errorCode }) => errorCode !== ErrorCode.NONE)) return undefined
    return new Map(found.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]))
  }

  /** The error code; undefined without an answer. */
  async commit(
    { memberId, generationId }: Generation,
    partition: number,
    offset: number,
  ): Promise<number | undefined> {
    const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: null }]
    const answer = await this.#coordinator.ask(OffsetCommitApi, OFFSET_COMMIT_VERSION, {
      ...this.#who(memberId),
      generationIdOrMemberEpoch: generationId,
      topics: [{ name: this.#topic, partitions }],
    })
    const errorCode = answer?.topics[0]?.partitions[0]?.errorCode
    if (errorCode !== undefined) this.#isFine(errorCode)
    return errorCode
  }

  #who(memberId: string) {
    return { groupId: this.#group, memberId, groupInstanceId: this.#groupInstanceId }
  }

  async #join(): Promise<Joined | undefined> {
    const answer = await this.#coordinator.ask(
      JoinGroupApi,
      JOIN_VERSION,
      {
        ...this.#who(this.#memberId),
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
        protocolType: 'consumer',
        protocols: [{ name: PROTOCOL, metadata: subscription(this.#topic) }],
      },
      REBALANCE_TIMEOUT_MS * 2,
    )
    if (answer?.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = answer.memberId
      return undefined
    }
    if (answer === undefined || !this.#isFine(answer.errorCode)) return undefined
    this.#memberId = answer.memberId
    const members = answer.leader === answer.memberId ? answer.members.map((each) => each.memberId) : []
    return { memberId: answer.memberId, generationId: answer.generationId, members }
  }

  /** The leader deals out all partitions that it knows. */
  #share(index: number, count: number): Share {
    const all = [...(this.#client.topics.get(this.#topic)?.partitions.keys() ?? [])]
    const partitions = all.filter((partition) => partition % count === index)
    return { partitions, dealtOut: all.length }
  }

  #isFine(errorCode: number): boolean {
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = ''
    return this.#coordinator.isFine(errorCode)
  }
}

/** ConsumerProtocolSubscription, version 0. */
function subscription(topic: string): Buffer {
  const name = Buffer.from(topic)
  const head = Buffer.alloc(8)
  head.writeInt32BE(1, 2)
  head.writeInt16BE(name.length, 6)
  const userData = Buffer.alloc(4)
  userData.writeInt32BE(-1)
  return Buffer.concat([head, name, userData])
}
