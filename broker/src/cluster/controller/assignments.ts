/** Which brokers get the replicas of new partitions: as the client says, or as the placement does. */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import { replicationUnavailable } from '../configs/broker-definitions.ts'
import { type ClusterView, isActive } from '../image-types.ts'
import { type Chooser, Placement } from '../placement.ts'
import { LeaderRecoveryState, type RecordOf } from '../records.ts'

/** As in Kafka: more would make one log entry too large. */
const MAX_PARTITIONS_PER_REQUEST = 10_000

export function placementOf(view: ClusterView, random: Chooser): Placement {
  const brokers = [...view.brokers.values()].map((broker) => ({
    brokerId: broker.brokerId,
    rack: broker.rack,
    active: isActive(broker),
    ...view.load(broker.brokerId),
  }))
  return new Placement(brokers, random)
}

/** Refuses a replication factor that a new topic cannot have. */
export function checkReplicationFactor(view: ClusterView, replicationFactor: number): void {
  const unavailable = replicationUnavailable(replicationFactor)
  if (unavailable !== undefined) {
    throw new KafkaError(ErrorCode.INVALID_REPLICATION_FACTOR, unavailable)
  }
  checkPlaceable(view, replicationFactor)
}

export function checkPlaceable(view: ClusterView, replicationFactor: number): void {
  const why = unplaceable(view, replicationFactor)
  if (why === undefined) return
  throw new KafkaError(
    ErrorCode.INVALID_REPLICATION_FACTOR,
    `Unable to replicate the partition ${replicationFactor} time(s): ${why}`,
  )
}

/** `replicationFactor` is that of the partitions before, or undefined for the first one. */
export function checkManualAssignment(
  view: ClusterView,
  brokerIds: readonly number[],
  replicationFactor: number | undefined,
): void {
  if (brokerIds.length === 0) throw invalid('The manual partition assignment includes an empty replica list.')
  const seen = new Set<number>()
  for (const brokerId of [...brokerIds].sort((left, right) => left - right)) {
    if (!view.brokers.has(brokerId)) {
      throw invalid(
        `The manual partition assignment includes broker ${brokerId}, but no such broker is registered.`,
      )
    }
    if (seen.has(brokerId)) {
      throw invalid(`The manual partition assignment includes the broker ${brokerId} more than once.`)
    }
    seen.add(brokerId)
  }
  if (replicationFactor !== undefined && brokerIds.length !== replicationFactor) {
    throw invalid(
      `The manual partition assignment includes a partition with ${brokerIds.length} replica(s), but this is not ` +
        `consistent with previous partitions, which have ${replicationFactor} replica(s).`,
    )
  }
}

/** A partition that begins: its live replicas are in sync, as all are empty. */
export function newPartition(
  view: ClusterView,
  topicId: string,
  partitionId: number,
  replicas: readonly number[],
): RecordOf<'Partition'> {
  const isr = replicas.filter((brokerId) => isActive(view.brokers.get(brokerId)))
  const [leader] = isr
  if (leader === undefined) {
    throw invalid(
      `All brokers specified in the manual partition assignment for partition ${partitionId} are fenced or in ` +
        'controlled shutdown.',
    )
  }
  return {
    type: 'Partition',
    topicId,
    partitionId,
    replicas,
    isr,
    removingReplicas: [],
    addingReplicas: [],
    leader,
    leaderEpoch: 0,
    partitionEpoch: 0,
    leaderRecoveryState: LeaderRecoveryState.RECOVERED,
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
  }
}

export function checkPartitionCount(count: number): void {
  if (count > MAX_PARTITIONS_PER_REQUEST) {
    throw new KafkaError(ErrorCode.POLICY_VIOLATION, 'Excessively large number of partitions per request.')
  }
}

function unplaceable(view: ClusterView, replicationFactor: number): string | undefined {
  if (replicationFactor > view.brokers.size) {
    return (
      `The target replication factor of ${replicationFactor} cannot be reached because only ` +
      `${view.brokers.size} broker(s) are registered.`
    )
  }
  for (const broker of view.brokers.values()) if (isActive(broker)) return undefined
  return 'All brokers are currently fenced.'
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message)
}
