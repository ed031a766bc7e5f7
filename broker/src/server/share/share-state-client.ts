import { InitializeShareGroupStateApi } from '../../apis/83-initialize-share-group-state.ts'
import { ReadShareGroupStateApi } from '../../apis/84-read-share-group-state.ts'
import { WriteShareGroupStateApi } from '../../apis/85-write-share-group-state.ts'
import { DeleteShareGroupStateApi } from '../../apis/86-delete-share-group-state.ts'
import { ReadShareGroupStateSummaryApi } from '../../apis/87-read-share-group-state-summary.ts'
import type { ClusterView } from '../../cluster/index.ts'
import { SHARE_STATE_TOPIC } from '../../cluster/index.ts'
import { coordinatorPartition } from '../../coordinators/coordinator-partition.ts'
import { coordinatorKey, type ShareKey, type WriteShareState } from '../../coordinators/share/index.ts'
import type { Timers } from '../../runtime/types.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import type { BrokerLinks } from '../broker-links.ts'

export interface ShareStateClientParts {
  readonly cluster: ClusterView
  readonly timers: Timers
  readonly links: Pick<BrokerLinks, 'request'>
}

const ATTEMPTS_MAX = 30
const BACKOFF_MS = 100
const TRANSIENT: ReadonlySet<number> = new Set([
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.NETWORK_EXCEPTION,
])

/** Whether the share coordinator is only out of reach for now, or still on its way to another broker. */
export function mayPass(error: unknown): boolean {
  return error instanceof KafkaError && TRANSIENT.has(error.code)
}

/** Its coordinator may not have heard yet of a topic that was just made. */
const TRANSIENT_AT_FIRST: ReadonlySet<number> = new Set([...TRANSIENT, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION])

interface Result {
  readonly errorCode: number
  readonly errorMessage: string | null
}

interface Results<Partition extends Result> {
  readonly results: readonly { readonly partitions: readonly Partition[] }[]
}

/** Asks the share coordinator of a share-partition, wherever it is; tries again for some seconds while it moves. */
export class ShareStateClient {
  readonly #parts: ShareStateClientParts

  constructor(parts: ShareStateClientParts) {
    this.#parts = parts
  }

  initialize(key: ShareKey, stateEpoch: number, startOffset: number): Promise<Result> {
    const body = bodyOf(key, { stateEpoch, startOffset })
    return this.#ask(
      key,
      (leader, { links }) => links.request(leader, InitializeShareGroupStateApi, body),
      TRANSIENT_AT_FIRST,
    )
  }

  read(key: ShareKey, leaderEpoch: number) {
    const body = bodyOf(key, { leaderEpoch })
    return this.#ask(key, (leader, { links }) => links.request(leader, ReadShareGroupStateApi, body))
  }

  write(key: ShareKey, { stateBatches, ...rest }: WriteShareState): Promise<Result> {
    const body = bodyOf(key, { ...rest, stateBatches: [...stateBatches] })
    return this.#ask(key, (leader, { links }) => links.request(leader, WriteShareGroupStateApi, body))
  }

  summary(key: ShareKey) {
    const body = bodyOf(key, { leaderEpoch: -1 })
    return this.#ask(key, (leader, { links }) => links.request(leader, ReadShareGroupStateSummaryApi, body))
  }

  remove(key: ShareKey): Promise<Result> {
    const body = bodyOf(key, {})
    return this.#ask(key, (leader, { links }) => links.request(leader, DeleteShareGroupStateApi, body))
  }

  /** Rejects with the KafkaError that the coordinator answered. */
  async #ask<Partition extends Result>(
    key: ShareKey,
    request: (leader: number, parts: ShareStateClientParts) => Promise<Results<Partition>>,
    transient = TRANSIENT,
  ): Promise<Partition> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { results } = await request(this.#leaderFor(key), this.#parts)
        const result = results[0]?.partitions[0]
        if (result === undefined)
          throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, 'the answer has no result')
        if (result.errorCode === ErrorCode.NONE) return result
        throw new KafkaError(result.errorCode, result.errorMessage ?? undefined)
      } catch (error) {
        const mayPass = error instanceof KafkaError && transient.has(error.code)
        if (!mayPass || attempt === ATTEMPTS_MAX || this.#isGone(key, error)) throw error
      }
      await new Promise<void>((resolve) => this.#parts.timers.after(BACKOFF_MS, resolve))
    }
  }

  /** A topic that this broker does not know either was deleted: nobody need wait for others to hear of it. */
  #isGone({ topicId }: ShareKey, { code }: KafkaError): boolean {
    return code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION && !this.#parts.cluster.topicsById.has(topicId)
  }

  #leaderFor(key: ShareKey): number {
    const topic = this.#parts.cluster.topics.get(SHARE_STATE_TOPIC)
    const leader =
      topic?.partitions[coordinatorPartition(coordinatorKey(key), topic.partitions.length)]?.leader
    if (leader === undefined || leader < 0) throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    return leader
  }
}

function bodyOf<Partition>({ groupId, topicId, partition }: ShareKey, rest: Partition) {
  return { groupId, topics: [{ topicId, partitions: [{ partition, ...rest }] }] }
}
