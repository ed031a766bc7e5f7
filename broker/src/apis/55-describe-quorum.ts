/**
 * DescribeQuorum (55): who leads the metadata log, and who follows it (KIP-595).
 *
 * There is no quorum here: the coordination store keeps the log, and whichever broker holds the controller's lease
 * appends to it. So that broker is the leader and the only voter, the lease's token is its epoch, what it has applied is
 * committed, and the other brokers are observers. Of one that the controller has not heard of yet nothing is known: -1.
 *
 * - 1: times of followers (KIP-836); 2: messages, directories, nodes (KIP-853)
 */
import type { ClusterView } from '../cluster/index.ts'
import type { ObserverState } from '../server/cluster/metadata-observers.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t, ZERO_UUID } from '../wire/index.ts'
import { unknownPartition } from './cluster-facts.ts'

const replicaState = {
  replicaId: t.int32(),
  replicaDirectoryId: t.uuid({ since: 2 }),
  logEndOffset: t.int64(),
  lastFetchTimestamp: t.int64({ since: 1, default: -1, ignorable: true }),
  lastCaughtUpTimestamp: t.int64({ since: 1, default: -1, ignorable: true }),
} as const

export const DescribeQuorumApi = defineApi({
  key: 55,
  name: 'DescribeQuorum',
  versions: [0, 2],
  flexible: 0,
  request: {
    topics: t.array({ topicName: t.string(), partitions: t.array({ partitionIndex: t.int32() }) }),
  },
  response: {
    errorCode: t.int16(),
    errorMessage: t.string({ since: 2, nullable: 2, ignorable: true }),
    topics: t.array({
      topicName: t.string(),
      partitions: t.array({
        partitionIndex: t.int32(),
        errorCode: t.int16(),
        errorMessage: t.string({ since: 2, nullable: 2, ignorable: true }),
        leaderId: t.int32(),
        leaderEpoch: t.int32(),
        highWatermark: t.int64(),
        currentVoters: t.array(replicaState),
        observers: t.array(replicaState),
      }),
    }),
    nodes: t.array(
      {
        nodeId: t.int32(),
        listeners: t.array({ name: t.string(), host: t.string(), port: t.uint16() }),
      },
      { since: 2 },
    ),
  },
})

export type DescribeQuorumRequest = Infer<typeof DescribeQuorumApi.request>
export type DescribeQuorumResponse = Infer<typeof DescribeQuorumApi.response>

const METADATA_TOPIC = '__cluster_metadata'
const UNKNOWN = -1

/** Describes the metadata log. As in Kafka, who asks for anything else, if only besides, is told of nothing. */
export function handleDescribeQuorum(context: RequestContext, { topics }: DescribeQuorumRequest) {
  const { cluster, controller } = context.broker
  const leaderId = controller.controllerId ?? UNKNOWN
  const isOfMetadata = asksForMetadata(topics)
  return {
    errorCode: ErrorCode.NONE,
    topics: topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) =>
        isOfMetadata
          ? metadataLog(context, leaderId)
          : { partitionIndex, ...refused, ...(context.apiVersion >= NODES_SINCE ? unknownPartition : {}) },
      ),
    })),
    ...(context.apiVersion >= NODES_SINCE ? { nodes: isOfMetadata ? nodes(cluster, leaderId) : [] } : {}),
  }
}

function asksForMetadata(topics: DescribeQuorumRequest['topics']): boolean {
  const [topic, ...otherTopics] = topics
  if (topic?.topicName !== METADATA_TOPIC || otherTopics.length > 0) return false
  return topic.partitions.length === 1 && topic.partitions[0]?.partitionIndex === 0
}

const NODES_SINCE = 2

function metadataLog({ apiVersion, broker }: RequestContext, leaderId: number) {
  const { cluster, runtime, controller } = broker
  const logEndOffset = cluster.offset + 1
  const others = [...cluster.brokers.keys()].filter((brokerId) => brokerId !== leaderId)
  const nowMs = runtime.clock.now()
  const state = (replicaId: number, known: ObserverState | undefined) => ({
    replicaId,
    ...(apiVersion >= NODES_SINCE ? { replicaDirectoryId: ZERO_UUID } : {}),
    logEndOffset: known?.logEndOffset ?? UNKNOWN,
    lastFetchTimestamp: known?.lastFetchMs ?? UNKNOWN,
    lastCaughtUpTimestamp: known?.lastCaughtUpMs ?? UNKNOWN,
  })
  return {
    partitionIndex: 0,
    errorCode: ErrorCode.NONE as number,
    leaderId,
    leaderEpoch: controller.controllerEpoch,
    highWatermark: logEndOffset,
    currentVoters: [state(leaderId, { logEndOffset, lastFetchMs: nowMs, lastCaughtUpMs: nowMs })],
    observers: others.map((brokerId) => state(brokerId, controller.observers.get(brokerId))),
  }
}

const refused = {
  errorCode: unknownPartition.errorCode,
  leaderId: 0,
  leaderEpoch: 0,
  highWatermark: 0,
  currentVoters: [],
  observers: [],
}

/** Where the voters are found. */
function nodes({ brokers }: ClusterView, leaderId: number) {
  const leader = brokers.get(leaderId)
  if (leader === undefined) return []
  return [
    { nodeId: leaderId, listeners: leader.endpoints.map(({ name, host, port }) => ({ name, host, port })) },
  ]
}
