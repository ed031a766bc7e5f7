/**
 * TxnOffsetCommit (28): commits offsets as part of a transaction (KIP-98); they count when it commits.
 *
 * - 2: leader epoch; 3: member and generation (KIP-447), flexible; 4: TRANSACTION_ABORTABLE
 * - 5: makes the offsets part of the transaction too, in place of AddOffsetsToTxn (KIP-890)
 */
import { OFFSETS_TOPIC } from '../cluster/index.ts'
import type { OffsetCommitResponse } from '../coordinators/groups/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, KafkaError, t, ZERO_UUID } from '../wire/index.ts'
import { errorCodeOf, requireGroupId } from './cluster-facts.ts'
import { offsetVerificationError } from './transaction-errors.ts'

export const TxnOffsetCommitApi = defineApi({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 5],
  flexible: 3,
  request: {
    transactionalId: t.string(),
    groupId: t.string(),
    producerId: t.int64(),
    producerEpoch: t.int16(),
    generationId: t.int32({ since: 3, default: -1 }),
    memberId: t.string({ since: 3 }),
    groupInstanceId: t.string({ since: 3, nullable: 3, default: null }),
    topics: t.array({
      name: t.string(),
      partitions: t.array({
        partitionIndex: t.int32(),
        committedOffset: t.int64(),
        committedLeaderEpoch: t.int32({ since: 2, default: -1, ignorable: true }),
        committedMetadata: t.string({ nullable: 0 }),
      }),
    }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    topics: t.array({
      name: t.string(),
      partitions: t.array({ partitionIndex: t.int32(), errorCode: t.int16() }),
    }),
  },
})

export type TxnOffsetCommitRequest = Infer<typeof TxnOffsetCommitApi.request>
export type TxnOffsetCommitResponse = Infer<typeof TxnOffsetCommitApi.response>

/** Commits what exists; every partition gets its own code. */
export async function handleTxnOffsetCommit(context: RequestContext, request: TxnOffsetCommitRequest) {
  const { cluster } = context.broker
  const isKnown = (name: string, index: number) => cluster.topics.get(name)?.partitions[index] !== undefined
  const known = request.topics
    .map(({ name, partitions }) => ({
      name,
      topicId: cluster.topics.get(name)?.topicId ?? ZERO_UUID,
      partitions: partitions.filter((each) => isKnown(name, each.partitionIndex)),
    }))
    .filter(({ partitions }) => partitions.length > 0)
  const codes = known.length === 0 ? new Map() : await commit(context, request, known)
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: codes.get(`${name}/${partitionIndex}`) ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    })),
  }))
  return { throttleTimeMs: 0, topics }
}

const ABORTABLE_SINCE = 4
const ADDS_SINCE = 5

type KnownTopics = (TxnOffsetCommitRequest['topics'][number] & { readonly topicId: string })[]

async function commit(context: RequestContext, request: TxnOffsetCommitRequest, topics: KnownTopics) {
  const codes = new Map<string, number>()
  try {
    requireGroupId(request.groupId)
    const verification = await verify(context, request)
    const { generationId: generationIdOrMemberEpoch, producerId, producerEpoch, groupId } = request
    const { memberId, groupInstanceId } = request
    const body = {
      groupId,
      memberId,
      groupInstanceId,
      generationIdOrMemberEpoch,
      retentionTimeMs: -1,
      topics,
    }
    const producer = { producerId, producerEpoch }
    const response = await context.broker.groups.run<OffsetCommitResponse>(
      groupId,
      (shard, token, now) => shard.transactionalCommit(token, body, producer, now),
      ({ log }) => log.checkTransaction(producer, verification),
    )
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode } of partitions)
        codes.set(`${name}/${partitionIndex}`, errorCode)
    }
  } catch (error) {
    const code = errorCodeOf(error)
    for (const { name, partitions } of topics) {
      for (const { partitionIndex } of partitions) codes.set(`${name}/${partitionIndex}`, code)
    }
  }
  return codes
}

/** The group's partition is written to as any other one: only within a transaction that has it. */
async function verify(context: RequestContext, request: TxnOffsetCommitRequest) {
  const { groups, replicas, verifier, config } = context.broker
  const { transactionalId, producerId, producerEpoch } = request
  const partition = groups.partitionFor(request.groupId)
  const offsets = replicas.leader(OFFSETS_TOPIC, partition, -1)
  if (typeof offsets === 'number') throw new KafkaError(ErrorCode.NOT_COORDINATOR)
  const producer = { producerId, producerEpoch }
  const guard = verifier.guard(offsets.log, producer, NO_SEQUENCE)
  if (guard.taken === undefined) return undefined
  const adds = context.apiVersion >= ADDS_SINCE
  if (!adds && !config.settings['transaction.partition.verification.enable']) return guard.taken
  const question = { ...producer, transactionalId, topic: OFFSETS_TOPIC, partition, adds, guard }
  const code = await verifier.ask(question)
  if (code === ErrorCode.NONE) return guard.taken
  throw new KafkaError(offsetVerificationError(code, context.apiVersion >= ABORTABLE_SINCE))
}

const NO_SEQUENCE = -1
