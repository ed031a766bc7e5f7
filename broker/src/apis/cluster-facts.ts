import type { PartitionImage } from '../cluster/index.ts'
import { featureLevel } from '../cluster/index.ts'
import type { BrokerServices, RequestContext } from '../server/context.ts'
import { ErrorCode, KafkaError } from '../wire/index.ts'

/** What several APIs tell of the cluster. */

export interface BrokerNode {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  readonly isFenced: boolean
}

/** Bit n stands for operation code n (KIP-430). Without an authorizer everything is allowed. */
const bits = (...operations: number[]) => operations.reduce((field, operation) => field | (1 << operation), 0)
export const TOPIC_OPERATIONS = bits(3, 4, 5, 6, 7, 8, 10, 11)
const GROUP_OPERATIONS = bits(3, 6, 8, 10, 11)
export const CLUSTER_OPERATIONS = bits(5, 7, 8, 9, 10, 11, 12)
export const NOT_REQUESTED = -2147483648

/** Groups with what may be done with them, if that was asked for and they could be described. */
export function withGroupOperations<Group extends { readonly errorCode: number }>(
  groups: readonly Group[],
  request: { readonly includeAuthorizedOperations: boolean },
): (Group & { authorizedOperations: number })[] {
  return groups.map((group) => {
    const isTold = request.includeAuthorizedOperations && group.errorCode === ErrorCode.NONE
    return { ...group, authorizedOperations: isTold ? GROUP_OPERATIONS : NOT_REQUESTED }
  })
}

/** All brokers that are registered, at their addresses for whoever came by the same listener as this request. */
export function registeredBrokers({ broker, connection }: RequestContext): BrokerNode[] {
  const nodes: BrokerNode[] = []
  for (const registration of broker.cluster.brokers.values()) {
    const [betweenBrokers] = registration.endpoints
    const endpoint =
      connection === undefined
        ? betweenBrokers
        : registration.endpoints.find(({ name }) => name === connection.listenerName)
    if (endpoint === undefined) continue
    const { host, port } = endpoint
    nodes.push({
      nodeId: registration.brokerId,
      host,
      port,
      rack: registration.rack,
      isFenced: registration.fenced,
    })
  }
  return nodes
}

export function liveBrokers(context: RequestContext): BrokerNode[] {
  return registeredBrokers(context).filter((node) => !node.isFenced)
}

/** Those whose broker is away, or whose log is offline there. */
export function unavailableReplicas(
  broker: BrokerServices,
  { replicas, offlineReplicas }: PartitionImage,
): number[] {
  return replicas.filter(
    (id) => broker.cluster.brokers.get(id)?.fenced !== false || offlineReplicas.includes(id),
  )
}

/** The leader that a client should turn to instead (KIP-951). */
export function leaderHint(broker: BrokerServices, topic: string, index: number) {
  const partition = broker.cluster.topics.get(topic)?.partitions[index]
  return { leaderId: partition?.leader ?? -1, leaderEpoch: partition?.leaderEpoch ?? -1 }
}

/** Addresses of the leaders that hints name. */
export function nodeEndpoints(context: RequestContext, leaderIds: readonly number[]) {
  return liveBrokers(context)
    .filter((node) => leaderIds.includes(node.nodeId))
    .map(({ nodeId, host, port, rack }) => ({ nodeId, host, port, rack }))
}

export const unknownPartition: { readonly errorCode: number; readonly errorMessage: string } = {
  errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  errorMessage: 'This server does not host this topic-partition.',
}

/** UNSUPPORTED_VERSION unless the cluster has the feature. */
export function requireFeature(broker: BrokerServices, name: string): void {
  if (featureLevel(broker.cluster, name) === 0) throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION)
}

/** No group has an empty name. */
export function requireGroupId(groupId: string): void {
  if (groupId === '') throw new KafkaError(ErrorCode.INVALID_GROUP_ID, 'The group id is invalid.')
}

/** The code of an error that is the client's business; any other error is thrown on. */
export function errorCodeOf(error: unknown): number {
  if (error instanceof KafkaError) return error.code
  throw error
}

/** Why the controller refused the whole request; if it is none any more, that is thrown on, for the next one to try. */
export function refusalOf(error: unknown): KafkaError {
  if (error instanceof KafkaError && error.code !== ErrorCode.NOT_CONTROLLER) return error
  throw error
}
