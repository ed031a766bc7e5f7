/** AllocateProducerIds (67): a broker gets a block of producer ids from the controller (KIP-730). */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'

export const AllocateProducerIdsApi = defineApi({
  key: 67,
  name: 'AllocateProducerIds',
  versions: [0, 0],
  flexible: 0,
  request: {
    brokerId: t.int32(),
    brokerEpoch: t.int64({ default: -1 }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    producerIdStart: t.int64(),
    producerIdLen: t.int32(),
  },
})

export type AllocateProducerIdsRequest = Infer<typeof AllocateProducerIdsApi.request>
export type AllocateProducerIdsResponse = Infer<typeof AllocateProducerIdsApi.response>

/** Gives a broker a block of producer ids. */
export async function handleAllocateProducerIds(
  context: RequestContext,
  request: AllocateProducerIdsRequest,
) {
  const { brokerId, brokerEpoch } = request
  try {
    const block = await context.broker.controller.submit('allocateProducerIds', { brokerId, brokerEpoch })
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, ...block }
  } catch (error) {
    return { throttleTimeMs: 0, errorCode: errorCodeOf(error), producerIdStart: -1, producerIdLen: 0 }
  }
}
