/** AllocateProducerIds (67, KIP-730): each broker gets blocks of ids, so that no two producers ever share one. */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import type { ClusterView } from '../image-types.ts'
import { registered } from './brokers.ts'
import type { Decision } from './decision.ts'

const BLOCK_SIZE = 1000

export interface AllocateProducerIdsRequest {
  readonly brokerId: number
  readonly brokerEpoch: number
}

export interface AllocateProducerIdsReply {
  readonly producerIdStart: number
  readonly producerIdLen: number
}

export function allocateProducerIds(
  view: ClusterView,
  request: AllocateProducerIdsRequest,
): Decision<AllocateProducerIdsReply> {
  const { brokerId, brokerEpoch } = registered(view, request)
  const producerIdStart = view.nextProducerId
  const nextProducerId = producerIdStart + BLOCK_SIZE
  if (nextProducerId > Number.MAX_SAFE_INTEGER) {
    throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, 'All producer ids have been given out.')
  }
  return {
    records: [{ type: 'ProducerIds', brokerId, brokerEpoch, nextProducerId }],
    reply: { producerIdStart, producerIdLen: BLOCK_SIZE },
  }
}
