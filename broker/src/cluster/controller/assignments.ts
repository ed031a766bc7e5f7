/** Which brokers get the replicas of new partitions: as the client says, or as the placement does. */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import { type BrokerRegistration, type ClusterView, isActive } from '../image-types.ts'
import { type Chooser, Placement } from '../placement.ts'
import { LeaderRecoveryState, type RecordOf } from '../records.ts'

/** As in Kafka: more would make one log entry too large. */
const MAX_PARTITIONS_PER_REQUEST = 10_000

export function placementOf(view: ClusterView, random: Chooser): Placement {
  const brokers = [...view.brokers.values()].map((broker) => ({
    brokerId: broker.brokerId,
    rack: broker.rack,
    host: hostOf(broker),
    active: isActive(broker),
    ...view.load(broker.brokerId),
  }))
  return new Placement(brokers, random)
}

/**
 * A registration does not say on which machine a broker runs; the host that it advertises does, unless it is the
 * loopback address, which tells nothing.
 */
export function hostOf({ endpoints }: Pick<BrokerRegistration, 'endpoints'>): string | null {
  const host = endpoints[0]?.host.toLowerCase() ?? ''
  const isLoopback = host === '' || host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)
  return isLoopback ? null : host
}

/** Refuses a replication factor for which there are not enough brokers. */
export function checkReplicationFactor(view: ClusterView, replicationFactor: number): void {
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
    offlineReplicas: [],
    uncleanLeaderEpoch: -1,
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
