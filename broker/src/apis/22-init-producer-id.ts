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

/** Gives an idempotent producer its id; transactional producers are refused until transactions land. */
export async function handleInitProducerId(context: RequestContext, request: InitProducerIdRequest) {
  if (request.transactionalId !== null) return failed(ErrorCode.INVALID_REQUEST)
  try {
    const producerId = await context.broker.producerIds.next()
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, producerId, producerEpoch: 0 }
  } catch (error) {
    if (error instanceof KafkaError) return failed(error.code)
    throw error
  }
}

function failed(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 }
}
