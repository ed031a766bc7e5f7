/** For tests: a transactional producer, and a consumer that reads committed records only. */
import { ProduceApi } from '../../apis/00-produce.ts'
import { FindCoordinatorApi } from '../../apis/10-find-coordinator.ts'
import { InitProducerIdApi } from '../../apis/22-init-producer-id.ts'
import { AddPartitionsToTxnApi } from '../../apis/24-add-partitions-to-txn.ts'
import { AddOffsetsToTxnApi } from '../../apis/25-add-offsets-to-txn.ts'
import { EndTxnApi } from '../../apis/26-end-txn.ts'
import { TxnOffsetCommitApi } from '../../apis/28-txn-offset-commit.ts'
import {
  decodeMarker,
  ErrorCode,
  isControlBatch,
  isTransactionalBatch,
  lastOffset,
  producerId,
  sizeInBytes,
} from '../../wire/index.ts'
import type { TestCluster } from '../test-cluster.ts'
import { batchOf, fetch, leaders, valuesOf } from '../test-requests.ts'

const RETRIED: readonly number[] = [
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NOT_ENOUGH_REPLICAS,
]
const RETRIES_MAX = 200
const RETRY_MS = 100
export const READ_COMMITTED = 1

export type TransactionVersion = 1 | 2

export class TestProducer {
  readonly cluster: TestCluster
  readonly transactionalId: string
  readonly version: TransactionVersion
  timeoutMs = 60_000
  producerId = -1
  producerEpoch = -1
  readonly #sequences = new Map<string, number>()

  constructor(cluster: TestCluster, transactionalId: string, version: TransactionVersion = 2) {
    this.cluster = cluster
    this.transactionalId = transactionalId
    this.version = version
  }

  /** Returns the first error code that is not to be retried. */
  async init(): Promise<number> {
    return this.#retry(async () => {
      const body = {
        transactionalId: this.transactionalId,
        transactionTimeoutMs: this.timeoutMs,
        producerId: -1,
        producerEpoch: -1,
      }
      const answer = await this.cluster.request(await this.coordinator(), InitProducerIdApi, 5, body)
      if (answer.errorCode === ErrorCode.NONE) this.#goOn(answer)
      return answer.errorCode
    })
  }

  /** One record; version 1 adds the partition first. */
  async send(topic: string, partition: number, value: string): Promise<number> {
    if (this.version === 1) {
      const code = await this.#retry(() => this.#addPartition(topic, partition))
      if (code !== ErrorCode.NONE) return code
    }
    const key = `${topic}/${partition}`
    const baseSequence = this.#sequences.get(key) ?? 0
    const code = await this.#retry(() => this.append(topic, partition, value, baseSequence))
    if (code === ErrorCode.NONE) this.#sequences.set(key, baseSequence + 1)
    return code
  }

  /** Without retries. */
  async append(topic: string, partition: number, value: string, baseSequence: number): Promise<number> {
    const { cluster, producerId: id, producerEpoch, transactionalId } = this
    const draft = { producerId: id, producerEpoch, baseSequence, transactional: true }
    const records = batchOf([value], cluster.clock.now(), draft)
    const leader = (await leaders(cluster, cluster.brokerIds[0] as number, topic))[partition] ?? -1
    if (leader < 0) return ErrorCode.LEADER_NOT_AVAILABLE
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }]
    const body = { transactionalId, acks: -1, timeoutMs: 30_000, topicData }
    const answer = await cluster.request(leader, ProduceApi, this.version === 2 ? 12 : 11, body)
    return answer.responses[0]?.partitionResponses[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
  }

  async commitOffset(groupId: string, topic: string, committedOffset: number): Promise<number> {
    const { cluster, version, transactionalId, producerId: id, producerEpoch } = this
    const ref = { transactionalId, producerId: id, producerEpoch, groupId }
    if (version === 1) {
      const add = async () =>
        (await cluster.request(await this.coordinator(), AddOffsetsToTxnApi, 4, ref)).errorCode
      const code = await this.#retry(add)
      if (code !== ErrorCode.NONE) return code
    }
    return this.#retry(async () => {
      const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: null }]
      const body = { ...ref, topics: [{ name: topic, partitions }] }
      const groupCoordinator = await findCoordinator(cluster, 0, groupId)
      const answer = await cluster.request(groupCoordinator, TxnOffsetCommitApi, version === 2 ? 5 : 4, body)
      return answer.topics[0]?.partitions[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
    })
  }

  async end(committed: boolean): Promise<number> {
    const { cluster, version, transactionalId, producerId: id, producerEpoch } = this
    const body = { transactionalId, producerId: id, producerEpoch, committed }
    return this.#retry(async () => {
      const answer = await cluster.request(await this.coordinator(), EndTxnApi, version === 2 ? 5 : 4, body)
      if (answer.errorCode === ErrorCode.NONE && version === 2) this.#goOn(answer)
      return answer.errorCode
    })
  }

  coordinator(): Promise<number> {
    return findCoordinator(this.cluster, 1, this.transactionalId)
  }

  async #addPartition(topic: string, partition: number): Promise<number> {
    const answer = await this.cluster.request(await this.coordinator(), AddPartitionsToTxnApi, 3, {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
    })
    const result = answer.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]
    return result?.partitionErrorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
  }

  #goOn(answer: { readonly producerId: number; readonly producerEpoch: number }): void {
    this.producerId = answer.producerId
    this.producerEpoch = answer.producerEpoch
    this.#sequences.clear()
  }

  async #retry(attempt: () => Promise<number>): Promise<number> {
    for (let left = RETRIES_MAX; left > 0; left--) {
      const code = await attempt()
      if (!RETRIED.includes(code)) return code
      await this.cluster.advance(RETRY_MS)
    }
    throw new Error(`${this.transactionalId} does not get on`)
  }
}

export async function findCoordinator(cluster: TestCluster, keyType: number, key: string): Promise<number> {
  for (let left = RETRIES_MAX; left > 0; left--) {
    const body = { keyType, coordinatorKeys: [key] }
    const through = cluster.brokerIds[0] as number
    const { coordinators } = await cluster.request(through, FindCoordinatorApi, 4, body)
    const found = coordinators[0]
    if (found?.errorCode === ErrorCode.NONE && cluster.brokerIds.includes(found.nodeId)) return found.nodeId
    await cluster.advance(RETRY_MS)
  }
  throw new Error(`there is no coordinator of ${key}`)
}

/** What a consumer with read_committed would get from the beginning on. */
export async function readCommitted(
  cluster: TestCluster,
  leader: number,
  topic: string,
  partition = 0,
): Promise<string[]> {
  const data = await fetch(cluster, leader, { topic, partition, isolationLevel: READ_COMMITTED })
  const records = data.records ?? Buffer.alloc(0)
  const aborted = [...(data.abortedTransactions ?? [])]
  const skipped = new Set<number>()
  const values: string[] = []
  for (let at = 0; at < records.length; at += sizeInBytes(records, at)) {
    const id = producerId(records, at)
    for (const each of aborted.splice(0)) {
      if (each.firstOffset <= lastOffset(records, at)) skipped.add(each.producerId)
      else aborted.push(each)
    }
    if (isControlBatch(records, at)) {
      if (decodeMarker(records, at)?.isCommit === false) skipped.delete(id)
      continue
    }
    if (isTransactionalBatch(records, at) && skipped.has(id)) continue
    values.push(...valuesOf(records.subarray(at, at + sizeInBytes(records, at))))
  }
  return values
}
