/**
 * InitProducerId (22): gives an idempotent or transactional producer its id and epoch (KIP-98).
 *
 * - 2: flexible; 3: a producer with an id asks for a new epoch (KIP-360); 4: PRODUCER_FENCED (KIP-588)
 * - 5: TRANSACTION_ABORTABLE (KIP-890)
 *
 * Version 6 (two-phase commit, KIP-939) is unstable in Kafka and not served.
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, KafkaError, t } from '../wire/index.ts'
import { fencedCode } from './transaction-errors.ts'

export const InitProducerIdApi = defineApi({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 5],
  flexible: 2,
  request: {
    transactionalId: t.string({ nullable: 0 }),
    transactionTimeoutMs: t.int32(),
    producerId: t.int64({ since: 3, default: -1 }),
    producerEpoch: t.int16({ since: 3, default: -1 }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    producerId: t.int64({ default: -1 }),
    producerEpoch: t.int16(),
  },
})

export type InitProducerIdRequest = Infer<typeof InitProducerIdApi.request>
export type InitProducerIdResponse = Infer<typeof InitProducerIdApi.response>

/** Gives an idempotent producer its id; a transactional one gets that of its transactional id, with its next epoch. */
export async function handleInitProducerId(context: RequestContext, request: InitProducerIdRequest) {
  const { transactionalId, producerId: knownId, producerEpoch: knownEpoch } = request
  if (knownId < 0 !== knownEpoch < 0) return failed(ErrorCode.INVALID_REQUEST)
  try {
    if (transactionalId !== null) {
      const answer = await context.broker.transactions.initProducerId({ ...request, transactionalId })
      const errorCode = fencedCode(answer.errorCode, context.apiVersion >= PRODUCER_FENCED_SINCE)
      return { throttleTimeMs: 0, ...answer, errorCode }
    }
    const producerId = await context.broker.producerIds.next()
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, producerId, producerEpoch: 0 }
  } catch (error) {
    if (error instanceof KafkaError) return failed(error.code)
    throw error
  }
}

const PRODUCER_FENCED_SINCE = 4

function failed(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 }
}
