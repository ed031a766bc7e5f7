/**
 * Produce (0): appends one record batch to each of the given partitions.
 *
 * - 3: record batch v2, transactionalId (KIP-98); 4: KAFKA_STORAGE_ERROR; 5: logStartOffset
 * - 7: zstd (KIP-110); 8: errors of single records (KIP-467); 9: flexible
 * - 10: the new leader in an error (KIP-951); 11, 12: TRANSACTION_ABORTABLE, transactions v2 (KIP-890)
 * - 13: topic ids instead of names (KIP-516)
 *
 * Versions 0 to 2 are advertised but not served: librdkafka takes them as the sign that it may compress
 * (KAFKA-18659).
 */
import { isInternalTopic } from '../cluster/index.ts'
import type { Partition } from '../replication/partition.ts'
import type { Timer } from '../runtime/types.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import {
  attributes,
  BatchAttribute,
  Compression,
  defineApi,
  ErrorCode,
  holdsBatch,
  KafkaError,
  MAGIC_V2,
  magic,
  sizeInBytes,
  t,
} from '../wire/index.ts'
import { leaderHint, nodeEndpoints } from './cluster-facts.ts'

export const ProduceApi = defineApi({
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  advertised: [0, 13],
  flexible: 9,
  request: {
    transactionalId: t.string({ nullable: 0, default: null }),
    acks: t.int16(),
    timeoutMs: t.int32(),
    topicData: t.array({
      name: t.string({ until: 12, ignorable: true }),
      topicId: t.uuid({ since: 13, ignorable: true }),
      partitionData: t.array({
        index: t.int32(),
        records: t.records({ nullable: 0 }),
      }),
    }),
  },
  response: {
    responses: t.array({
      name: t.string({ until: 12, ignorable: true }),
      topicId: t.uuid({ since: 13, ignorable: true }),
      partitionResponses: t.array({
        index: t.int32(),
        errorCode: t.int16(),
        baseOffset: t.int64(),
        logAppendTimeMs: t.int64({ default: -1 }),
        logStartOffset: t.int64({ since: 5, default: -1, ignorable: true }),
        recordErrors: t.array(
          { batchIndex: t.int32(), batchIndexErrorMessage: t.string({ nullable: 0, default: null }) },
          { since: 8, ignorable: true },
        ),
        errorMessage: t.string({ since: 8, nullable: 8, default: null, ignorable: true }),
        currentLeader: t.struct(
          { leaderId: t.int32({ default: -1 }), leaderEpoch: t.int32({ default: -1 }) },
          { since: 10, tag: 0 },
        ),
      }),
    }),
    throttleTimeMs: t.int32({ default: 0 }),
    nodeEndpoints: t.array(
      {
        nodeId: t.int32(),
        host: t.string(),
        port: t.int32(),
        rack: t.string({ nullable: 0, default: null }),
      },
      { since: 10, tag: 0 },
    ),
  },
})

export type ProduceRequest = Infer<typeof ProduceApi.request>
export type ProduceResponse = Infer<typeof ProduceApi.response>

/** Appends each partition's batch; answers when all are written, with each partition's own result. */
export function handleProduce(context: RequestContext, request: ProduceRequest) {
  const refusal = refuseAll(request)
  const nowMs = context.broker.runtime.clock.now()
  const pending = new PendingProduce(context, request.timeoutMs)
  const responses: TopicResult[] = []
  for (const topicData of request.topicData) {
    const { name, topicId, partitionData } = topicData
    const topic =
      context.apiVersion >= TOPIC_IDS_SINCE ? context.broker.cluster.topicsById.get(topicId)?.name : name
    const partitionResponses: PartitionResult[] = []
    for (const { index, records } of partitionData) {
      const result = emptyResult(index)
      partitionResponses.push(result)
      if (refusal !== undefined) fail(result, refusal)
      else if (topic === undefined) fail(result, new KafkaError(ErrorCode.UNKNOWN_TOPIC_ID))
      else if (isInternalTopic(topic)) fail(result, internalTopic(topic))
      else appendBatch(context, { topic, records, acks: request.acks, nowMs }, result, pending)
    }
    responses.push({ name, topicId, partitionResponses })
  }
  context.mark('validate')
  return pending.whenFinished(() => {
    const { broker, user, clientId, sizeBytes } = context
    context.throttle(
      broker.quotas.produce.record(user, clientId, sizeBytes, broker.runtime.clock.monotonic()),
    )
    return answer(context, request.acks, responses)
  })
}

type TopicResult = { name: string; topicId: string; partitionResponses: PartitionResult[] }

interface PartitionResult {
  readonly index: number
  errorCode: number
  errorMessage: string | null
  baseOffset: number
  logAppendTimeMs: number
  logStartOffset: number
  currentLeader: { leaderId: number; leaderEpoch: number }
}

const TOPIC_IDS_SINCE = 13
const ZSTD_SINCE = 7
const LEADER_HINTS_SINCE = 10
const NO_LEADER_HINT = { leaderId: -1, leaderEpoch: -1 }

/** Counts the partitions whose records are not yet safe. */
class PendingProduce {
  readonly #context: RequestContext
  readonly #timeoutMs: number
  #count = 0
  #finish: (() => void) | undefined
  /** Partitions that wait for their replicas: most requests have none. */
  #replicating: Map<PartitionResult, () => void> | undefined
  #timer: Timer | undefined

  constructor(context: RequestContext, timeoutMs: number) {
    this.#context = context
    this.#timeoutMs = timeoutMs
  }

  started(): void {
    this.#count++
  }

  finished(): void {
    if (--this.#count > 0) return
    this.#timer?.cancel()
    this.#finish?.()
  }

  /** The records are written here: the answer waits until enough replicas have them too, but not forever. */
  replicate(partition: Partition, endOffset: number, leaderEpoch: number, result: PartitionResult): void {
    if (partition.isCommitted(endOffset, leaderEpoch)) {
      this.finished()
      return
    }
    const stop = partition.whenCommitted(endOffset, leaderEpoch, (error) => {
      if (error !== undefined) fail(result, error)
      this.#replicating?.delete(result)
      this.finished()
    })
    if (stop === undefined) return
    this.#replicating ??= new Map()
    this.#replicating.set(result, stop)
    this.#timer ??= this.#context.broker.runtime.timers.after(this.#timeoutMs, () => this.#timeOut())
  }

  /** `make()` now if nothing is pending, else a promise of it. */
  whenFinished<Result>(make: () => Result): Result | Promise<Result> {
    if (this.#count === 0) return make()
    return new Promise((resolve, reject) => {
      this.#finish = () => {
        try {
          resolve(make())
        } catch (error) {
          reject(error)
        }
      }
    })
  }

  #timeOut(): void {
    const replicating = [...(this.#replicating ?? [])]
    this.#replicating = undefined
    for (const [result, stop] of replicating) {
      stop()
      fail(result, new KafkaError(ErrorCode.REQUEST_TIMED_OUT))
      this.finished()
    }
  }
}

function emptyResult(index: number): PartitionResult {
  return {
    index,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    currentLeader: NO_LEADER_HINT,
  }
}

function refuseAll(request: ProduceRequest): KafkaError | undefined {
  const { acks, transactionalId } = request
  if (acks !== 0 && acks !== 1 && acks !== -1) return new KafkaError(ErrorCode.INVALID_REQUIRED_ACKS)
  if (transactionalId !== null) {
    return new KafkaError(
      ErrorCode.INVALID_TXN_STATE,
      `transactions are not available yet: ${transactionalId}`,
    )
  }
  return undefined
}

function fail(result: PartitionResult, error: KafkaError): void {
  result.errorCode = error.code
  result.errorMessage = error.message
  result.baseOffset = -1
  result.logAppendTimeMs = -1
}

function internalTopic(topic: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, `Cannot append to internal topic ${topic}`)
}

interface BatchToAppend {
  readonly topic: string
  readonly records: Buffer | null
  readonly acks: number
  readonly nowMs: number
}

function appendBatch(
  context: RequestContext,
  { topic, records, acks, nowMs }: BatchToAppend,
  result: PartitionResult,
  pending: PendingProduce,
): void {
  const partition = context.broker.replicas.leader(topic, result.index, -1)
  if (typeof partition === 'number') {
    fail(result, new KafkaError(partition))
    if (partition === ErrorCode.NOT_LEADER_OR_FOLLOWER)
      result.currentLeader = leaderHint(context.broker, topic, result.index)
    return
  }
  pending.started()
  try {
    const batch = oneBatch(records, context.apiVersion)
    if (acks === -1) partition.checkInSync()
    const { leaderEpoch } = partition
    const staged = partition.stage(batch, { origin: 'client', nowMs })
    result.baseOffset = staged.baseOffset
    result.logAppendTimeMs = staged.logAppendTimeMs
    result.logStartOffset = partition.log.logStartOffset
    const { telemetry } = context.broker
    partition.commit(staged.duplicate ? 0 : batch.length, (error) => {
      context.mark('append')
      if (error !== undefined) telemetry.topics.produceFailed(topic)
      else telemetry.topics.produced(topic, batch.length, staged.lastOffset - staged.baseOffset + 1)
      if (error === undefined && acks === -1) {
        pending.replicate(partition, staged.lastOffset + 1, leaderEpoch, result)
        return
      }
      if (error !== undefined) fail(result, error)
      pending.finished()
    })
  } catch (error) {
    pending.finished()
    if (!(error instanceof KafkaError)) throw error
    context.broker.telemetry.topics.produceFailed(topic)
    fail(result, error)
  }
}

/** Since version 3 a partition's records are exactly one batch of format v2. */
function oneBatch(records: Buffer | null, version: number): Buffer {
  if (records === null || records.length === 0) {
    throw new KafkaError(
      ErrorCode.INVALID_RECORD,
      'A produce request must carry records for each of its partitions',
    )
  }
  if (!holdsBatch(records, 0) || magic(records, 0) !== MAGIC_V2) {
    throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, 'The records are not a record batch of format v2')
  }
  if (sizeInBytes(records, 0) !== records.length) {
    throw new KafkaError(
      ErrorCode.INVALID_RECORD,
      'A produce request must carry exactly one batch per partition',
    )
  }
  const codec = attributes(records, 0) & BatchAttribute.COMPRESSION_MASK
  if (codec === Compression.ZSTD && version < ZSTD_SINCE)
    throw new KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
  return records
}

/**
 * With acks=0 nobody listens: an error closes the connection, so that the client looks for the leader anew.
 */
function answer(context: RequestContext, acks: number, responses: TopicResult[]) {
  if (acks === 0) {
    const failed = responses
      .flatMap((topic) => topic.partitionResponses)
      .find((each) => each.errorCode !== ErrorCode.NONE)
    if (failed !== undefined) throw new KafkaError(failed.errorCode, failed.errorMessage ?? undefined)
    return undefined
  }
  const nodeEndpoints = context.apiVersion < LEADER_HINTS_SINCE ? [] : leaderEndpoints(context, responses)
  return { responses, throttleTimeMs: 0, nodeEndpoints }
}

function leaderEndpoints(context: RequestContext, responses: readonly TopicResult[]) {
  const leaders = responses.flatMap((topic) =>
    topic.partitionResponses.map((each) => each.currentLeader.leaderId),
  )
  return nodeEndpoints(context, leaders)
}
