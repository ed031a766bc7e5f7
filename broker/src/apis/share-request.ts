/** What ShareFetch and ShareAcknowledge have in common: the member's session, and what it says of its records. */
import {
  type AcknowledgementBatch,
  AcknowledgeType,
  partitionKey,
  type SharedPartition,
} from '../coordinators/share/index.ts'
import type { Partition } from '../replication/partition/partition.ts'
import type { RequestContext } from '../server/context.ts'
import type { SharePartitionHost } from '../server/share/share-partition-host.ts'
import type { ShareSession } from '../server/share/share-sessions.ts'
import { ErrorCode, errorName, KafkaError } from '../wire/index.ts'
import { leaderHint } from './cluster-facts.ts'

interface Acknowledging {
  readonly topicId: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly acknowledgementBatches: readonly AcknowledgementBatch[]
  }[]
}

export interface ShareRequestBody {
  readonly groupId: string | null
  readonly memberId: string | null
  readonly shareSessionEpoch: number
  readonly isRenewAck: boolean
  readonly topics: readonly Acknowledging[]
}

export interface PartitionOutcome {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export const FINE: PartitionOutcome = { errorCode: ErrorCode.NONE, errorMessage: null }
const FIRST_EPOCH = 0
const FINAL_EPOCH = -1
const NO_HINT = { leaderId: 0, leaderEpoch: 0 }

export class ShareRequest {
  readonly session: ShareSession
  /** What became of acknowledgements, by partition. */
  readonly outcomes = new Map<string, SharedPartition & PartitionOutcome>()
  readonly #context: RequestContext
  readonly #body: ShareRequestBody
  readonly #mayOpen: boolean

  /**
   * Opens (where the API may), uses or is about to end the member's session. Throws KafkaError if there is no such
   * session.
   */
  constructor(context: RequestContext, body: ShareRequestBody, mayOpen: boolean) {
    this.#context = context
    this.#body = body
    this.#mayOpen = mayOpen
    this.session = this.#openSession()
  }

  get isFinal(): boolean {
    return this.#body.shareSessionEpoch === FINAL_EPOCH
  }

  get lockDurationMs(): number {
    return this.#context.broker.share.setting(this.session.groupId, 'share.record.lock.duration.ms')
  }

  /** The partition, if it is led here; throws KafkaError. */
  partition({ topicId, partition }: SharedPartition): Partition {
    const { broker } = this.#context
    const topic = broker.cluster.topicsById.get(topicId)
    if (topic === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_ID)
    const found = broker.replicas.leader(topic.name, partition, -1)
    if (typeof found === 'number') throw new KafkaError(found)
    return found
  }

  /** The group's share of the partition: at once where it is loaded. The promise rejects with KafkaError. */
  host(partition: Partition): SharePartitionHost | Promise<SharePartitionHost> {
    const { groupId } = this.session
    // A group without a name has sessions, as in Kafka, but nobody keeps a state for it.
    if (groupId === '') throw new KafkaError(ErrorCode.INVALID_GROUP_ID)
    const { partitions } = this.#context.broker.share
    return partitions.find(groupId, partition) ?? partitions.get(groupId, partition)
  }

  /** Where the client finds the leader, if the error is about that. */
  hint({ topicId, partition }: SharedPartition, errorCode: number) {
    const topic = this.#context.broker.cluster.topicsById.get(topicId)
    const isMoved =
      errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER || errorCode === ErrorCode.FENCED_LEADER_EPOCH
    return isMoved && topic !== undefined ? leaderHint(this.#context.broker, topic.name, partition) : NO_HINT
  }

  /**
   * Resolves when everything that the request acknowledges is kept, or refused. What it gives back of partitions that are
   * loaded is free at once.
   */
  async acknowledge(): Promise<void> {
    const pending: Promise<void>[] = []
    for (const { topicId, partitions } of this.#body.topics) {
      for (const { partitionIndex, acknowledgementBatches } of partitions) {
        if (acknowledgementBatches.length === 0) continue
        pending.push(this.#acknowledgeOne({ topicId, partition: partitionIndex }, acknowledgementBatches))
      }
    }
    await Promise.all(pending)
  }

  /** After its last request the session ends, and gives back what it had locked. */
  end(): void {
    if (this.isFinal) this.#context.broker.share.sessions.close(this.session)
  }

  async #acknowledgeOne(key: SharedPartition, batches: readonly AcknowledgementBatch[]): Promise<void> {
    let outcome = FINE
    try {
      this.#checkTypes(batches)
      const host = this.host(this.partition(key))
      await (host instanceof Promise ? await host : host).acknowledge(this.session.memberId, batches)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      outcome = { errorCode: error.code, errorMessage: error.message }
    }
    this.outcomes.set(partitionKey(key), { ...key, ...outcome })
  }

  #checkTypes(batches: readonly AcknowledgementBatch[]): void {
    const isRenewed = batches.some(({ acknowledgeTypes }) => acknowledgeTypes.includes(AcknowledgeType.RENEW))
    if (!isRenewed) return
    const { share } = this.#context.broker
    const isEnabled = share.setting(this.session.groupId, 'share.renew.acknowledge.enable')
    if (this.#body.isRenewAck && isEnabled) return
    throw new KafkaError(ErrorCode.INVALID_REQUEST, 'Locks cannot be renewed by this request.')
  }

  #openSession(): ShareSession {
    const { groupId, memberId, shareSessionEpoch } = this.#body
    if (groupId === null || memberId === null || memberId === '')
      throw new KafkaError(ErrorCode.INVALID_REQUEST, 'The group id or the member id is missing.')
    const { sessions } = this.#context.broker.share
    if (shareSessionEpoch === FINAL_EPOCH) return sessions.find(groupId, memberId)
    if (shareSessionEpoch !== FIRST_EPOCH) return sessions.use(groupId, memberId, shareSessionEpoch)
    if (!this.#mayOpen) throw new KafkaError(ErrorCode.INVALID_SHARE_SESSION_EPOCH)
    this.#checkFirst()
    const session = sessions.open(groupId, memberId)
    this.#context.connection?.onceClosed(`share-session ${groupId} ${memberId}`, () =>
      sessions.close(session),
    )
    return session
  }

  #checkFirst(): void {
    const says = this.#body.topics.some(({ partitions }) =>
      partitions.some(({ acknowledgementBatches }) => acknowledgementBatches.length > 0),
    )
    if (says) throw new KafkaError(ErrorCode.INVALID_REQUEST, 'A first request has nothing to acknowledge.')
  }
}

/** The answer to a request that is refused as a whole. */
export function refusedShareRequest({ code, message }: KafkaError) {
  return {
    throttleTimeMs: 0,
    errorCode: code,
    errorMessage: message === errorName(code) ? null : message,
    acquisitionLockTimeoutMs: 0,
    responses: [],
    nodeEndpoints: [],
  }
}

/** Grouped as the answers want them. */
export function byTopic<Partition extends { readonly partitionIndex: number }>(
  partitions: Iterable<readonly [topicId: string, Partition]>,
): { topicId: string; partitions: Partition[] }[] {
  const topics = new Map<string, Partition[]>()
  for (const [topicId, partition] of partitions) {
    const known = topics.get(topicId)
    if (known === undefined) topics.set(topicId, [partition])
    else known.push(partition)
  }
  return [...topics].map(([topicId, all]) => ({ topicId, partitions: all }))
}
