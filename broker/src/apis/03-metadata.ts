/**
 * Metadata (3): the brokers of the cluster, topics, partitions and their leaders.
 *
 * - 0: an empty list of topics means all; 1: null means all, empty means none; racks, controller, isInternal
 * - 2: clusterId (KIP-78); 4: allowAutoTopicCreation (KIP-204); 5: offlineReplicas (KIP-112); 7: leaderEpoch (KIP-320)
 * - 8: authorized operations (KIP-430); 9: flexible; 10: topic ids in the response (KIP-516)
 * - 11: the cluster's authorized operations moved to DescribeCluster (KIP-700); 12: topics asked by id
 * - 13: top-level error (KIP-1102)
 */

import { invalidTopicName, isInternalTopic, type TopicImage } from '../cluster/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t, ZERO_UUID } from '../wire/index.ts'
import { createTopics, defaultTopic } from './automatic-topics.ts'
import {
  CLUSTER_OPERATIONS,
  liveBrokers,
  NOT_REQUESTED,
  TOPIC_OPERATIONS,
  unavailableReplicas,
} from './cluster-facts.ts'

export const MetadataApi = defineApi({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexible: 9,
  request: {
    topics: t.array(
      { topicId: t.uuid({ since: 10, ignorable: true }), name: t.string({ nullable: 10 }) },
      { nullable: 1 },
    ),
    allowAutoTopicCreation: t.bool({ since: 4, default: true }),
    includeClusterAuthorizedOperations: t.bool({ since: 8, until: 10 }),
    includeTopicAuthorizedOperations: t.bool({ since: 8 }),
  },
  response: {
    throttleTimeMs: t.int32({ since: 3, ignorable: true }),
    brokers: t.array({
      nodeId: t.int32(),
      host: t.string(),
      port: t.int32(),
      rack: t.string({ since: 1, nullable: 1, default: null, ignorable: true }),
    }),
    clusterId: t.string({ since: 2, nullable: 2, default: null, ignorable: true }),
    controllerId: t.int32({ since: 1, default: -1, ignorable: true }),
    topics: t.array({
      errorCode: t.int16(),
      name: t.string({ nullable: 12 }),
      topicId: t.uuid({ since: 10, ignorable: true }),
      isInternal: t.bool({ since: 1, ignorable: true }),
      partitions: t.array({
        errorCode: t.int16(),
        partitionIndex: t.int32(),
        leaderId: t.int32(),
        leaderEpoch: t.int32({ since: 7, default: -1, ignorable: true }),
        replicaNodes: t.array(t.int32()),
        isrNodes: t.array(t.int32()),
        offlineReplicas: t.array(t.int32(), { since: 5, ignorable: true }),
      }),
      topicAuthorizedOperations: t.int32({ since: 8, default: NOT_REQUESTED }),
    }),
    clusterAuthorizedOperations: t.int32({ since: 8, until: 10, default: NOT_REQUESTED }),
    errorCode: t.int16({ since: 13, ignorable: true }),
  },
})

export type MetadataRequest = Infer<typeof MetadataApi.request>
export type MetadataResponse = Infer<typeof MetadataApi.response>

/** Describes brokers and topics; creates topics that are missing if the broker and the client allow it. */
export function handleMetadata(context: RequestContext, request: MetadataRequest) {
  const missing = missingTopics(context, request)
  if (missing.length === 0) return describe(context, request)
  return createTopics(context.broker, missing.map(defaultTopic)).then((results) =>
    describe(context, request, results),
  )
}

/** Error codes of topics that were to be created. */
type Failures = ReadonlyMap<string, number>
type WantedTopic = NonNullable<MetadataRequest['topics']>[number]

const NO_FAILURES: Failures = new Map()
const ASKED_BY_ID_SINCE = 12

function missingTopics(context: RequestContext, request: MetadataRequest): string[] {
  const { cluster, config } = context.broker
  if (!request.allowAutoTopicCreation || !config.settings['auto.create.topics.enable']) return []
  const names = (request.topics ?? [])
    .map((topic) => topic.name)
    .filter((name) => name !== null && name !== '')
  return [...new Set(names as string[])].filter((name) => !cluster.topics.has(name))
}

function describe(context: RequestContext, request: MetadataRequest, failures: Failures = NO_FAILURES) {
  const { broker, apiVersion } = context
  const wantsAll = request.topics === null || (apiVersion === 0 && request.topics.length === 0)
  const topics = wantsAll
    ? [...broker.cluster.topics.values()].map((topic) => describeTopic(context, request, topic))
    : (request.topics ?? []).map((wanted) => describeWanted(context, request, wanted, failures))
  return {
    throttleTimeMs: 0,
    brokers: liveBrokers(context).map(({ nodeId, host, port, rack }) => ({ nodeId, host, port, rack })),
    clusterId: broker.config.clusterId,
    controllerId: broker.controller.controllerId ?? -1,
    topics,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? CLUSTER_OPERATIONS
      : NOT_REQUESTED,
  }
}

function describeWanted(
  context: RequestContext,
  request: MetadataRequest,
  wanted: WantedTopic,
  failures: Failures,
) {
  const { cluster } = context.broker
  if (context.apiVersion < ASKED_BY_ID_SINCE && (wanted.name === null || wanted.topicId !== ZERO_UUID)) {
    const { name, topicId } = wanted
    return {
      errorCode: ErrorCode.INVALID_REQUEST,
      name: name ?? '',
      topicId,
      isInternal: false,
      partitions: [],
    }
  }
  // Clients that ask by id leave the name empty, or null.
  const isById = wanted.name === null || wanted.topicId !== ZERO_UUID
  const topic = isById ? cluster.topicsById.get(wanted.topicId) : cluster.topics.get(wanted.name ?? '')
  if (topic !== undefined) return describeTopic(context, request, topic)
  const unknown = isById ? ErrorCode.UNKNOWN_TOPIC_ID : unknownTopic(wanted.name ?? '', failures)
  return {
    errorCode: unknown,
    name: isById ? null : wanted.name,
    topicId: wanted.topicId,
    isInternal: false,
    partitions: [],
    topicAuthorizedOperations: isById ? NOT_REQUESTED : topicOperations(request),
  }
}

/** A topic that was created a moment ago is not known here yet: the client asks again. */
function unknownTopic(name: string, failures: Failures): number {
  const failure = failures.get(name)
  if (failure === ErrorCode.NONE || failure === ErrorCode.TOPIC_ALREADY_EXISTS)
    return ErrorCode.LEADER_NOT_AVAILABLE
  return (
    failure ??
    (invalidTopicName(name) === undefined
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : ErrorCode.INVALID_TOPIC_EXCEPTION)
  )
}

function describeTopic(context: RequestContext, request: MetadataRequest, topic: TopicImage) {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition) => ({
      errorCode: partition.leader < 0 ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE,
      partitionIndex: partition.partitionId,
      leaderId: partition.leader,
      leaderEpoch: partition.leaderEpoch,
      replicaNodes: partition.replicas,
      isrNodes: partition.isr,
      offlineReplicas: unavailableReplicas(context.broker, partition),
    })),
    topicAuthorizedOperations: topicOperations(request),
  }
}

function topicOperations(request: MetadataRequest): number {
  return request.includeTopicAuthorizedOperations ? TOPIC_OPERATIONS : NOT_REQUESTED
}
