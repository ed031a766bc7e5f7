/**
 * BrokerRegistration (62): a broker that starts tells the controller who and where it is, and gets its epoch
 * (KIP-631).
 *
 * - 1: isMigratingZkBroker (KIP-866); 2: log directories (KIP-858); 3: the epoch before a clean shutdown (KIP-966)
 * - 4: a feature's lowest level may be 0 (KAFKA-17011)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'

export const BrokerRegistrationApi = defineApi({
  key: 62,
  name: 'BrokerRegistration',
  versions: [0, 4],
  flexible: 0,
  request: {
    brokerId: t.int32(),
    clusterId: t.string(),
    incarnationId: t.uuid(),
    listeners: t.array({
      name: t.string(),
      host: t.string(),
      port: t.uint16(),
      securityProtocol: t.int16(),
    }),
    features: t.array({
      name: t.string(),
      minSupportedVersion: t.int16(),
      maxSupportedVersion: t.int16(),
    }),
    rack: t.string({ nullable: 0 }),
    isMigratingZkBroker: t.bool({ since: 1 }),
    logDirs: t.array(t.uuid(), { since: 2, ignorable: true }),
    previousBrokerEpoch: t.int64({ since: 3, default: -1, ignorable: true }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    brokerEpoch: t.int64({ default: -1 }),
  },
})

export type BrokerRegistrationRequest = Infer<typeof BrokerRegistrationApi.request>
export type BrokerRegistrationResponse = Infer<typeof BrokerRegistrationApi.response>

/** Takes a broker into the cluster, fenced until it has caught up with the metadata. */
export async function handleBrokerRegistration(context: RequestContext, request: BrokerRegistrationRequest) {
  const { controller, config } = context.broker
  const { brokerId, clusterId, incarnationId, rack, previousBrokerEpoch } = request
  // The controller registers itself without a connection: whoever else has its id is a second one.
  const isOwnId = brokerId === config.nodeId && context.connection !== undefined
  if (controller.isActive && isOwnId) return refused(DUPLICATE)
  const endpoints = request.listeners.map(({ name, host, port }) => ({
    name,
    host,
    port,
    securityProtocol: 'PLAINTEXT',
  }))
  try {
    const { brokerEpoch } = await controller.submit('registerBroker', {
      brokerId,
      clusterId,
      incarnationId,
      rack,
      endpoints,
      previousBrokerEpoch,
    })
    controller.heard(brokerId, brokerEpoch, context.connection)
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, brokerEpoch }
  } catch (error) {
    return refused(errorCodeOf(error))
  }
}

const DUPLICATE = ErrorCode.DUPLICATE_BROKER_REGISTRATION

function refused(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, brokerEpoch: -1 }
}
