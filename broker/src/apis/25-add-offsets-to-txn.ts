/**
 * AddOffsetsToTxn (25): makes the committed offsets of a group part of a transaction (KIP-98), that is the partition of
 * `__consumer_offsets` that keeps them.
 *
 * - 2: PRODUCER_FENCED (KIP-588); 3: flexible; 4: TRANSACTION_ABORTABLE (KIP-890)
 */
import { OFFSETS_TOPIC } from '../cluster/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { ensureOffsetsTopic } from './automatic-topics.ts'
import { errorCodeOf } from './cluster-facts.ts'
import { fencedCode } from './transaction-errors.ts'

export const AddOffsetsToTxnApi = defineApi({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexible: 3,
  request: {
    transactionalId: t.string(),
    producerId: t.int64(),
    producerEpoch: t.int16(),
    groupId: t.string(),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
  },
})

export type AddOffsetsToTxnRequest = Infer<typeof AddOffsetsToTxnApi.request>
export type AddOffsetsToTxnResponse = Infer<typeof AddOffsetsToTxnApi.response>

/** Adds the group's partition of the offsets topic. */
export async function handleAddOffsetsToTxn(context: RequestContext, request: AddOffsetsToTxnRequest) {
  const { groups, transactions } = context.broker
  const { groupId, ...ref } = request
  if (ref.transactionalId === '') return { throttleTimeMs: 0, errorCode: ErrorCode.INVALID_REQUEST }
  try {
    await ensureOffsetsTopic(context.broker)
    const partitions = [{ topic: OFFSETS_TOPIC, partition: groups.partitionFor(groupId) }]
    const code = await transactions.addPartitions({ ...ref, partitions, transactionVersion: 0 })
    return { throttleTimeMs: 0, errorCode: fencedCode(code, context.apiVersion >= PRODUCER_FENCED_SINCE) }
  } catch (error) {
    return { throttleTimeMs: 0, errorCode: errorCodeOf(error) }
  }
}

const PRODUCER_FENCED_SINCE = 2
