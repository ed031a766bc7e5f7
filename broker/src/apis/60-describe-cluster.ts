/**
 * DescribeCluster (60): cluster id, controller and brokers (KIP-700).
 *
 * - 1: endpoints of brokers (1) or of controllers (2) (KIP-919); 2: fenced brokers (KIP-1073)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import {
  type BrokerNode,
  CLUSTER_OPERATIONS,
  liveBrokers,
  NOT_REQUESTED,
  registeredBrokers,
} from './cluster-facts.ts'

export const DescribeClusterApi = defineApi({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexible: 0,
  request: {
    includeClusterAuthorizedOperations: t.bool(),
    endpointType: t.int8({ since: 1, default: 1 }),
    includeFencedBrokers: t.bool({ since: 2 }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0, default: null }),
    endpointType: t.int8({ since: 1, default: 1 }),
    clusterId: t.string(),
    controllerId: t.int32({ default: -1 }),
    brokers: t.array({
      brokerId: t.int32(),
      host: t.string(),
      port: t.int32(),
      rack: t.string({ nullable: 0, default: null }),
      isFenced: t.bool({ since: 2 }),
    }),
    clusterAuthorizedOperations: t.int32({ default: -2147483648 }),
  },
})

export type DescribeClusterRequest = Infer<typeof DescribeClusterApi.request>
export type DescribeClusterResponse = Infer<typeof DescribeClusterApi.response>

/** Lists brokers and names the controller. */
export function handleDescribeCluster(context: RequestContext, request: DescribeClusterRequest) {
  if (request.endpointType !== BROKERS) return refused(request.endpointType)
  const brokers = request.includeFencedBrokers ? registeredBrokers(context) : liveBrokers(context)
  return described(context, request, brokers)
}

const BROKERS = 1
const CONTROLLERS = 2

function refused(endpointType: number) {
  const isMismatched = endpointType === CONTROLLERS
  return {
    throttleTimeMs: 0,
    errorCode: isMismatched ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
    errorMessage: isMismatched
      ? 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER'
      : `Unsupported endpoint type ${endpointType}`,
    endpointType: BROKERS,
    clusterId: '',
    controllerId: -1,
    brokers: [],
    clusterAuthorizedOperations: NOT_REQUESTED,
  }
}

function described(context: RequestContext, request: DescribeClusterRequest, brokers: readonly BrokerNode[]) {
  const { config, controller } = context.broker
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    endpointType: request.endpointType,
    clusterId: config.clusterId,
    controllerId: controller.controllerId ?? -1,
    brokers: brokers.map(({ nodeId: brokerId, host, port, rack, isFenced }) => ({
      brokerId,
      host,
      port,
      rack,
      isFenced,
    })),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? CLUSTER_OPERATIONS
      : NOT_REQUESTED,
  }
}
