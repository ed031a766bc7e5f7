/** A transactional producer's requests, each tried once: find the coordinator, init, add, send, commit offsets, end. */
import {
  type Api,
  type DraftFields,
  ErrorCode,
  encodeBatch,
  type Fields,
  type InferFields,
} from '@freshet/broker/wire'
import {
  AddOffsetsToTxnApi,
  AddPartitionsToTxnApi,
  EndTxnApi,
  FindCoordinatorApi,
  InitProducerIdApi,
  OffsetFetchApi,
  ProduceApi,
  TxnOffsetCommitApi,
} from '../broker-code.ts'
import { type ClusterClient, ifNoAnswer } from './cluster-client.ts'
import { type Keys, recordOf } from './keyed-records.ts'

const FIND_COORDINATOR_VERSION = 4
const OFFSET_FETCH_VERSION = 7
const BROKER_TIMEOUT_MS = 3000
const GROUP_KEY = 0
const TRANSACTION_KEY = 1

export interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

/** An error code, or undefined if there was no answer: then nobody knows whether the request took effect. */
export type Code = number | undefined

export class TransactionProtocol {
  readonly #client: ClusterClient
  readonly #transactionalId: string
  readonly #timeoutMs: number
  /** Of transactions: 1 adds partitions by itself, with 2 the brokers do that (KIP-890). */
  readonly version: 1 | 2
  readonly #coordinators = new Map<string, number>()

  constructor(client: ClusterClient, transactionalId: string, version: 1 | 2, timeoutMs: number) {
    this.#client = client
    this.#transactionalId = transactionalId
    this.version = version
    this.#timeoutMs = timeoutMs
  }

  async init(): Promise<Identity | undefined> {
    const body = { transactionalId: this.#transactionalId, transactionTimeoutMs: this.#timeoutMs }
    const answer = await this.#ask(TRANSACTION_KEY, this.#transactionalId, InitProducerIdApi, 4, body)
    return answer !== undefined && this.#isFine(answer.errorCode, TRANSACTION_KEY) ? answer : undefined
  }

  async addPartition(identity: Identity, topic: string, partition: number): Promise<Code> {
    const body = {
      v3AndBelowTransactionalId: this.#transactionalId,
      v3AndBelowProducerId: identity.producerId,
      v3AndBelowProducerEpoch: identity.producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
    }
    const answer = await this.#ask(TRANSACTION_KEY, this.#transactionalId, AddPartitionsToTxnApi, 3, body)
    const code = answer?.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode
    this.#isFine(code, TRANSACTION_KEY)
    return code
  }

  async send(
    identity: Identity,
    to: {
      readonly topic: string
      readonly partition: number
      readonly sequence: number
      readonly value: string
      readonly keys?: Keys | undefined
    },
  ): Promise<{ readonly code: Code; readonly offset: number }> {
    const { topic, partition, sequence: baseSequence, value, keys } = to
    const leader = this.#client.partition(topic, partition)
    if (leader === undefined || leader.leaderId < 0)
      return { code: ErrorCode.LEADER_NOT_AVAILABLE, offset: -1 }
    const { producerId, producerEpoch } = identity
    const timestamp = Math.floor(this.#client.world.clock.now())
    const records = encodeBatch({
      producerId,
      producerEpoch,
      baseSequence,
      transactional: true,
      records: [recordOf(value, keys, timestamp)],
    })
    const answer = await this.#client
      .request(leader.leaderId, ProduceApi, this.version === 2 ? 12 : 11, {
        transactionalId: this.#transactionalId,
        acks: -1,
        timeoutMs: BROKER_TIMEOUT_MS,
        topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
      })
      .catch(ifNoAnswer)
    const result = answer?.responses[0]?.partitionResponses[0]
    return { code: result?.errorCode, offset: result?.baseOffset ?? -1 }
  }

  async commitOffset(identity: Identity, group: string, topic: string, offset: number): Promise<Code> {
    const ref = { transactionalId: this.#transactionalId, groupId: group, ...identity }
    if (this.version === 1) {
      const added = await this.#ask(TRANSACTION_KEY, this.#transactionalId, AddOffsetsToTxnApi, 3, ref)
      if (!this.#isFine(added?.errorCode, TRANSACTION_KEY)) return added?.errorCode
    }
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: null }]
    const body = { ...ref, topics: [{ name: topic, partitions }] }
    const answer = await this.#ask(GROUP_KEY, group, TxnOffsetCommitApi, this.version === 2 ? 5 : 3, body)
    const code = answer?.topics[0]?.partitions[0]?.errorCode
    this.#isFine(code, GROUP_KEY, group)
    return code
  }

  /** With version 2 the answer tells the next epoch. */
  async end(
    identity: Identity,
    committed: boolean,
  ): Promise<{ readonly code: Code; readonly next: Identity }> {
    const body = { transactionalId: this.#transactionalId, ...identity, committed }
    const version = this.version === 2 ? 5 : 3
    const answer = await this.#ask(TRANSACTION_KEY, this.#transactionalId, EndTxnApi, version, body)
    this.#isFine(answer?.errorCode, TRANSACTION_KEY)
    const next = this.version === 2 && answer?.errorCode === ErrorCode.NONE ? answer : identity
    return { code: answer?.errorCode, next }
  }

  /** -1 where the group has none; undefined if nobody said it. */
  async committedOffset(group: string, topic: string): Promise<number | undefined> {
    const body = { groupId: group, topics: [{ name: topic, partitionIndexes: [0] }], requireStable: true }
    const answer = await this.#ask(GROUP_KEY, group, OffsetFetchApi, OFFSET_FETCH_VERSION, body)
    const found = answer?.topics[0]?.partitions[0]
    if (!this.#isFine(answer?.errorCode, GROUP_KEY, group) || found?.errorCode !== ErrorCode.NONE)
      return undefined
    return found.committedOffset
  }

  async #ask<Request extends Fields, Response extends Fields>(
    keyType: number,
    key: string,
    api: Api<Request, Response>,
    version: number,
    body: DraftFields<Request>,
  ): Promise<InferFields<Response> | undefined> {
    const purpose = `${keyType}/${key}`
    const known = this.#coordinators.get(purpose) ?? (await this.#find(keyType, key))
    if (known === undefined) return undefined
    this.#coordinators.set(purpose, known)
    const answer = await this.#client.request(known, api, version, body).catch(ifNoAnswer)
    if (answer === undefined) this.#coordinators.delete(purpose)
    return answer
  }

  async #find(keyType: number, key: string): Promise<number | undefined> {
    const body = { keyType, coordinatorKeys: [key] }
    const answer = await this.#client
      .requestAny(FindCoordinatorApi, FIND_COORDINATOR_VERSION, body)
      .catch(ifNoAnswer)
    const found = answer?.coordinators[0]
    return found?.errorCode === ErrorCode.NONE ? found.nodeId : undefined
  }

  /** Forgets a coordinator that says it is none. */
  #isFine(code: Code, keyType: number, key = this.#transactionalId): boolean {
    if (code === ErrorCode.NOT_COORDINATOR || code === ErrorCode.COORDINATOR_NOT_AVAILABLE)
      this.#coordinators.delete(`${keyType}/${key}`)
    return code === ErrorCode.NONE
  }
}
