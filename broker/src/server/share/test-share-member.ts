/** For tests: a member of a share group, as its client is. */
import { expect } from 'vitest'
import { ShareGroupHeartbeatApi } from '../../apis/76-share-group-heartbeat.ts'
import { ShareFetchApi } from '../../apis/78-share-fetch.ts'
import { ShareAcknowledgeApi } from '../../apis/79-share-acknowledge.ts'
import { AcknowledgeType } from '../../coordinators/share/index.ts'
import { ErrorCode } from '../../wire/index.ts'
import type { TestClient } from '../test-client.ts'
import type { TestCluster } from '../test-cluster.ts'

interface Reads {
  readonly groupId: string
  readonly topic: string
  readonly topicId: string
}

interface FetchOptions {
  readonly maxRecords?: number
  readonly maxWaitMs?: number
  readonly strict?: boolean
  /** An offset that is acknowledged by the way. */
  readonly accepted?: number
}

/** A member of the group that reads one partition, on a connection of its own. */
export class ShareMember {
  readonly memberId: string
  client: TestClient
  epoch = 0
  readonly #cluster: TestCluster
  readonly #reads: Reads
  #sessionEpoch = 0

  constructor(cluster: TestCluster, reads: Reads, memberId: string) {
    this.#cluster = cluster
    this.#reads = reads
    this.memberId = memberId
    this.client = cluster.connect(1)
  }

  async join() {
    const { memberId, epoch: memberEpoch } = this
    const { groupId, topic } = this.#reads
    const sent = this.client.send(ShareGroupHeartbeatApi, 1, {
      groupId,
      memberId,
      memberEpoch,
      subscribedTopicNames: memberEpoch === 0 ? [topic] : null,
    })
    const answer = await this.#cluster.settle(sent)
    this.epoch = answer.memberEpoch
    return answer
  }

  async leave() {
    const body = { groupId: this.#reads.groupId, memberId: this.memberId, memberEpoch: -1 }
    await this.#cluster.settle(this.client.send(ShareGroupHeartbeatApi, 1, body))
    this.client.socket.destroy()
    await this.#cluster.advance(500)
  }

  /** Acquired ranges, as [first, last, count]. */
  async fetch(options: FetchOptions = {}) {
    const { groupId, topicId } = this.#reads
    const { maxRecords = 500, maxWaitMs = 0, strict = false, accepted } = options
    const acknowledgementBatches =
      accepted === undefined
        ? []
        : [{ firstOffset: accepted, lastOffset: accepted, acknowledgeTypes: [AcknowledgeType.ACCEPT] }]
    const answer = await this.#cluster.settle(
      this.client.send(ShareFetchApi, 2, {
        groupId,
        memberId: this.memberId,
        shareSessionEpoch: this.#sessionEpoch++,
        maxWaitMs,
        minBytes: 1,
        maxRecords,
        batchSize: maxRecords,
        shareAcquireMode: strict ? 1 : 0,
        topics: [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }],
        forgottenTopicsData: [],
      }),
    )
    expect(answer.errorCode).toBe(ErrorCode.NONE)
    const partitions = answer.responses[0]?.partitions ?? []
    const errors = partitions.flatMap(({ errorCode, acknowledgeErrorCode }) => [
      errorCode,
      acknowledgeErrorCode,
    ])
    expect(errors.filter((code) => code !== ErrorCode.NONE)).toEqual([])
    return partitions.flatMap(({ acquiredRecords }) =>
      acquiredRecords.map(({ firstOffset, lastOffset, deliveryCount }) => [
        firstOffset,
        lastOffset,
        deliveryCount,
      ]),
    )
  }

  /** The error code. */
  async acknowledge(firstOffset: number, lastOffset: number, ...acknowledgeTypes: number[]) {
    const { groupId, topicId } = this.#reads
    const acknowledgementBatches = [{ firstOffset, lastOffset, acknowledgeTypes }]
    const answer = await this.#cluster.settle(
      this.client.send(ShareAcknowledgeApi, 2, {
        groupId,
        memberId: this.memberId,
        shareSessionEpoch: this.#sessionEpoch++,
        isRenewAck: acknowledgeTypes.includes(AcknowledgeType.RENEW),
        topics: [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }],
      }),
    )
    return answer.errorCode || answer.responses[0]?.partitions[0]?.errorCode
  }
}
