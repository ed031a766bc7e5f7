/** AlterPartition (56): a leader changes its ISR (KIP-497, KIP-704, KIP-841, KIP-903). */
import { ErrorCode } from '../../wire/errors.ts'
import { type ClusterView, isActive, type PartitionImage, type TopicImage } from '../image-types.ts'
import { changedPartition } from '../partition-image.ts'
import { LeaderRecoveryState, type MetadataRecord, type RecordOf } from '../records.ts'
import { registered } from './brokers.ts'
import type { ControllerContext, Decision } from './decision.ts'
import { partitionRules } from './elections.ts'
import { changePartition, type PartitionRules } from './partition-change.ts'
import { topicRules } from './topic-rules.ts'

export interface AlterPartitionRequest {
  readonly brokerId: number
  readonly brokerEpoch: number
  readonly topics: readonly {
    readonly topicId: string
    readonly partitions: readonly AlterablePartition[]
  }[]
}

export interface AlterablePartition {
  readonly partitionIndex: number
  readonly leaderEpoch: number
  /** An epoch of -1 stands for whatever is registered. */
  readonly newIsrWithEpochs: readonly { readonly brokerId: number; readonly brokerEpoch: number }[]
  readonly leaderRecoveryState: number
  readonly partitionEpoch: number
}

/** The partition as it is now. With any error but NEW_LEADER_ELECTED nothing changed, and only the error counts. */
export interface AlteredPartition {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly isr: readonly number[]
  readonly leaderRecoveryState: number
  readonly partitionEpoch: number
}

export interface AlterPartitionReply {
  readonly topics: readonly { readonly topicId: string; readonly partitions: readonly AlteredPartition[] }[]
}

export function alterPartition(
  view: ClusterView,
  request: AlterPartitionRequest,
  context: ControllerContext,
): Decision<AlterPartitionReply> {
  registered(view, request)
  const rulesOf = topicRules(view, context.staticOverrides)
  const records: MetadataRecord[] = []
  const changed = new Set<string>()
  const topics = request.topics.map(({ topicId, partitions }) => ({
    topicId,
    partitions: partitions.map((asked): AlteredPartition => {
      const topic = view.topicsById.get(topicId)
      if (topic === undefined) return refused(asked, ErrorCode.UNKNOWN_TOPIC_ID)
      const before = topic.partitions[asked.partitionIndex]
      if (before === undefined) return refused(asked, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      const key = `${topicId}-${asked.partitionIndex}`
      const errorCode = changed.has(key)
        ? ErrorCode.INVALID_REQUEST
        : validate(view, request.brokerId, asked, before)
      if (errorCode !== ErrorCode.NONE) return refused(asked, errorCode)
      const rules = partitionRules(rulesOf(topic.name), (id) => isActive(view.brokers.get(id)))
      const record = alter(topic, asked, before, rules)
      if (record === undefined) return altered(asked, before, ErrorCode.NONE)
      records.push(record)
      changed.add(key)
      const after = changedPartition(before, record)
      // The leader itself went with the reassignment that this change completed.
      const isStillLeader = after.leader === request.brokerId
      return altered(asked, after, isStillLeader ? ErrorCode.NONE : ErrorCode.NEW_LEADER_ELECTED)
    }),
  }))
  return { records, reply: { topics } }
}

function alter(
  { topicId }: TopicImage,
  asked: AlterablePartition,
  before: PartitionImage,
  rules: PartitionRules,
): RecordOf<'PartitionChange'> | undefined {
  const isr = asked.newIsrWithEpochs.map(({ brokerId }) => brokerId)
  const isRecovering = asked.leaderRecoveryState === LeaderRecoveryState.RECOVERING
  const leaderRecoveryState = isRecovering ? LeaderRecoveryState.RECOVERING : LeaderRecoveryState.RECOVERED
  return changePartition(topicId, before, { isr, leaderRecoveryState }, rules)
}

/** The order of the checks is Kafka's: a leader acts on the first that fails. */
function validate(
  view: ClusterView,
  senderId: number,
  asked: AlterablePartition,
  before: PartitionImage,
): number {
  const { leader, leaderEpoch, partitionEpoch, replicas, leaderRecoveryState, offlineReplicas } = before
  // The leader knows more than this controller: another one must be active.
  if (asked.leaderEpoch > leaderEpoch || asked.partitionEpoch > partitionEpoch)
    return ErrorCode.NOT_CONTROLLER
  if (asked.leaderEpoch < leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH
  if (senderId !== leader) return ErrorCode.INVALID_REQUEST
  if (asked.partitionEpoch < partitionEpoch) return ErrorCode.INVALID_UPDATE_VERSION
  const isr = asked.newIsrWithEpochs.map(({ brokerId }) => brokerId)
  const isSound = new Set(isr).size === isr.length && isr.every((id) => replicas.includes(id))
  if (!isSound || !isr.includes(leader)) return ErrorCode.INVALID_REQUEST
  if (!isLegalRecovery(leaderRecoveryState, asked.leaderRecoveryState, isr)) return ErrorCode.INVALID_REQUEST
  if (isr.some((id) => offlineReplicas.includes(id))) return ErrorCode.INELIGIBLE_REPLICA
  return asked.newIsrWithEpochs.every((member) => isEligible(view, member))
    ? ErrorCode.NONE
    : ErrorCode.INELIGIBLE_REPLICA
}

/** Only the controller starts a recovery, and nobody joins a leader that is not done with it. */
function isLegalRecovery(before: number, after: number, isr: readonly number[]): boolean {
  if (after === LeaderRecoveryState.RECOVERED) return true
  return before === LeaderRecoveryState.RECOVERING && after === before && isr.length === 1
}

/** A broker that was fenced, or that restarted since the leader heard of it, is not in sync any more. */
function isEligible(view: ClusterView, { brokerId, brokerEpoch }: { brokerId: number; brokerEpoch: number }) {
  const broker = view.brokers.get(brokerId)
  return isActive(broker) && (brokerEpoch === -1 || broker?.brokerEpoch === brokerEpoch)
}

function altered(
  { partitionIndex }: AlterablePartition,
  { leader, leaderEpoch, isr, leaderRecoveryState, partitionEpoch }: PartitionImage,
  errorCode: number,
): AlteredPartition {
  return {
    partitionIndex,
    errorCode,
    leaderId: leader,
    leaderEpoch,
    isr,
    leaderRecoveryState,
    partitionEpoch,
  }
}

function refused({ partitionIndex }: AlterablePartition, errorCode: number): AlteredPartition {
  return {
    partitionIndex,
    errorCode,
    leaderId: -1,
    leaderEpoch: -1,
    isr: [],
    leaderRecoveryState: LeaderRecoveryState.RECOVERED,
    partitionEpoch: -1,
  }
}
