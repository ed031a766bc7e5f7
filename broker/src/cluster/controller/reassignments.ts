/** AlterPartitionReassignments (45) and ListPartitionReassignments (46): replicas move to other brokers (KIP-455). */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import { type ClusterView, isActive, type PartitionImage } from '../image-types.ts'
import type { RecordOf } from '../records.ts'
import { checkManualAssignment } from './assignments.ts'
import { attempt, type ControllerContext, type Decision, failure, type Outcome, SUCCESS } from './decision.ts'
import { partitionRules } from './elections.ts'
import { changePartition, type PartitionDraft } from './partition-change.ts'
import { topicRules } from './topic-rules.ts'

export interface AlterReassignmentsRequest {
  /** Whether a partition may get more or fewer replicas than it has (KIP-860). */
  readonly allowReplicationFactorChange: boolean
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly ReassignablePartition[]
  }[]
}

export interface ReassignablePartition {
  readonly partitionIndex: number
  /** Null cancels what is in progress. */
  readonly replicas: readonly number[] | null
}

export interface ReassignedTopic {
  readonly name: string
  readonly partitions: readonly (Outcome & { readonly partitionIndex: number })[]
}

export interface OngoingTopic {
  readonly name: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly replicas: readonly number[]
    readonly addingReplicas: readonly number[]
    readonly removingReplicas: readonly number[]
  }[]
}

export function alterPartitionReassignments(
  view: ClusterView,
  { topics, allowReplicationFactorChange }: AlterReassignmentsRequest,
  context: ControllerContext,
): Decision<readonly ReassignedTopic[]> {
  const rulesOf = topicRules(view, context.staticOverrides)
  const records: RecordOf<'PartitionChange'>[] = []
  const seen = new Set<string>()
  const reassign = (name: string, { partitionIndex, replicas }: ReassignablePartition): Outcome => {
    const key = `${name}-${partitionIndex}`
    if (seen.has(key)) throw new KafkaError(ErrorCode.INVALID_REQUEST, `Partition ${key} is given twice.`)
    seen.add(key)
    const { topicId, partition } = find(view, name, partitionIndex)
    const rules = rulesOf(name)
    const draft =
      replicas === null
        ? cancelled(name, partition, rules.uncleanElectionEnabled)
        : reassigned(view, partition, replicas, allowReplicationFactorChange)
    const mayLead = (id: number) => isActive(view.brokers.get(id))
    const record = changePartition(topicId, partition, draft, partitionRules(rules, mayLead))
    if (record !== undefined) records.push(record)
    return SUCCESS
  }
  const reply = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((asked) => ({
      partitionIndex: asked.partitionIndex,
      ...attempt(() => reassign(name, asked), failure),
    })),
  }))
  return { records, reply }
}

/** What is in progress, of the given partitions or of all. */
export function listPartitionReassignments(
  view: ClusterView,
  topics: readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null,
): OngoingTopic[] {
  const asked =
    topics === null
      ? [...view.topics.values()]
      : topics.map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.flatMap((id) => view.topics.get(name)?.partitions[id] ?? []),
        }))
  return asked
    .map(({ name, partitions }) => ({ name, partitions: partitions.filter(isInProgress).map(ongoing) }))
    .filter(({ partitions }) => partitions.length > 0)
}

function find(view: ClusterView, name: string, partitionIndex: number) {
  const topic = view.topics.get(name)
  if (topic === undefined) throw unknown(`Unable to find a topic named ${name}.`)
  const partition = topic.partitions[partitionIndex]
  if (partition === undefined) throw unknown(`Unable to find partition ${name}:${partitionIndex}.`)
  return { topicId: topic.topicId, partition }
}

function isInProgress({ addingReplicas, removingReplicas }: PartitionImage): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0
}

/**
 * The target goes first, so that the order of the replicas is the wanted one in the end. What an earlier reassignment
 * was adding and this one does not want is both added and removed: it goes however this one ends.
 */
function reassigned(
  view: ClusterView,
  { replicas, addingReplicas, removingReplicas }: PartitionImage,
  target: readonly number[],
  allowReplicationFactorChange: boolean,
): PartitionDraft {
  checkManualAssignment(view, target, undefined)
  const wantedBefore = replicas.length - removingReplicas.length
  if (!allowReplicationFactorChange && wantedBefore !== target.length) {
    throw new KafkaError(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `The replication factor is changed from ${wantedBefore} to ${target.length}`,
    )
  }
  const original = replicas.filter((id) => !addingReplicas.includes(id))
  const removed = replicas.filter((id) => !target.includes(id))
  const all = [...target, ...removed]
  return {
    replicas: all,
    addingReplicas: all.filter((id) => !original.includes(id)),
    removingReplicas: removed,
  }
}

function cancelled(name: string, partition: PartitionImage, uncleanElectionEnabled: boolean): PartitionDraft {
  if (!isInProgress(partition)) {
    throw new KafkaError(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, 'No partition reassignment is in progress.')
  }
  const isOriginal = (id: number) => !partition.addingReplicas.includes(id)
  const isr = partition.isr.filter(isOriginal)
  const knows = (ids: readonly number[]) => ids.some((id) => !isOriginal(id))
  const isKept = isr.length > 0 || partition.eligibleLeaderReplicas.some(isOriginal)
  // Only the new replicas are known to have all records.
  const isLost = !isKept && (knows(partition.isr) || knows(partition.eligibleLeaderReplicas))
  if (isLost && !uncleanElectionEnabled) {
    throw new KafkaError(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      `Unable to revert partition assignment for ${name}:${partition.partitionId} because it would require an ` +
        'unclean leader election.',
    )
  }
  return { isr, replicas: partition.replicas.filter(isOriginal), addingReplicas: [], removingReplicas: [] }
}

function ongoing({ partitionId, replicas, addingReplicas, removingReplicas }: PartitionImage) {
  const sorted = (ids: readonly number[]) => ids.toSorted((a, b) => a - b)
  return {
    partitionIndex: partitionId,
    replicas,
    addingReplicas: sorted(addingReplicas),
    removingReplicas: sorted(removingReplicas),
  }
}

function unknown(message: string): KafkaError {
  return new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message)
}
