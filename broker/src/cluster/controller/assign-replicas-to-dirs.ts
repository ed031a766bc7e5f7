/**
 * AssignReplicasToDirs (73, KIP-858): a broker says in which log directory its replicas are. It has one, so what it has
 * to say is which of them are LOST: their logs went offline with a failed disk operation. Another replica in sync leads
 * at once. One that is back in a directory, or whose broker has registered anew, has to catch up before it counts again.
 */
import { ErrorCode } from '../../wire/errors.ts'
import { ZERO_UUID } from '../../wire/uuid.ts'
import { type ClusterView, isActive, type PartitionImage } from '../image-types.ts'
import type { MetadataRecord } from '../records.ts'
import { registered } from './brokers.ts'
import type { ControllerContext, Decision } from './decision.ts'
import { partitionRules } from './elections.ts'
import { changePartition, type PartitionDraft } from './partition-change.ts'
import { topicRules } from './topic-rules.ts'

/** Kafka's DirectoryId.LOST. */
export const LOST_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAQ'
const UNASSIGNED_DIRECTORY = ZERO_UUID

interface Directory<Partition> {
  readonly id: string
  readonly topics: readonly { readonly topicId: string; readonly partitions: readonly Partition[] }[]
}

export interface AssignReplicasToDirsRequest {
  readonly brokerId: number
  readonly brokerEpoch: number
  readonly directories: readonly Directory<{ readonly partitionIndex: number }>[]
}

export interface AssignReplicasToDirsReply {
  readonly directories: readonly Directory<{ readonly partitionIndex: number; readonly errorCode: number }>[]
}

export function assignReplicasToDirs(
  view: ClusterView,
  request: AssignReplicasToDirsRequest,
  context: ControllerContext,
): Decision<AssignReplicasToDirsReply> {
  const { brokerId } = registered(view, request)
  const rulesOf = topicRules(view, context.staticOverrides)
  const records = new Map<string, MetadataRecord>()
  const directories = request.directories.map(({ id, topics }) => ({
    id,
    topics: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }) => {
        const topic = view.topicsById.get(topicId)
        if (topic === undefined) return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_ID }
        const before = topic.partitions[partitionIndex]
        if (before === undefined) return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
        if (!before.replicas.includes(brokerId))
          return { partitionIndex, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }
        const draft = draftOf(before, brokerId, id)
        if (draft !== undefined) {
          const rules = partitionRules(rulesOf(topic.name), (other) => isActive(view.brokers.get(other)))
          const record = changePartition(topicId, before, draft, rules)
          if (record !== undefined) records.set(`${topicId}-${partitionIndex}`, record)
        }
        return { partitionIndex, errorCode: ErrorCode.NONE }
      }),
    })),
  }))
  return { records: [...records.values()], reply: { directories } }
}

/** Undefined if that is known. */
function draftOf(
  { offlineReplicas }: PartitionImage,
  brokerId: number,
  directoryId: string,
): PartitionDraft | undefined {
  const isOffline = offlineReplicas.includes(brokerId)
  if (directoryId === LOST_DIRECTORY)
    return isOffline ? undefined : { offlineReplicas: [...offlineReplicas, brokerId] }
  if (!isOffline || directoryId === UNASSIGNED_DIRECTORY) return undefined
  // What was written last may not be there: as after a start that proves nothing.
  return { uncleanReplicas: [brokerId], offlineReplicas: offlineReplicas.filter((id) => id !== brokerId) }
}
