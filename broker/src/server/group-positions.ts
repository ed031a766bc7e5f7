import type { GroupShard } from '../coordinators/groups/index.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import type { GroupPosition } from '../telemetry/consumer-lag.ts'

/** Groups whose offsets stand still or move in good order: those of a rebalancing group say little. */
const TOLD_STATES = ['Stable', 'Empty']

/** Where the groups coordinated here are, and how far their partitions reach, where this broker has a replica. */
export function* groupPositions(
  shards: readonly GroupShard[],
  replicas: ReplicaManager,
): Generator<GroupPosition> {
  for (const shard of shards) {
    for (const { groupId } of shard.list({ statesFilter: TOLD_STATES, typesFilter: [] })) {
      const { topics } = shard.fetchOffsets({ groupId, memberId: null, memberEpoch: -1, topics: null })
      for (const { name: topic = '', partitions } of topics) {
        for (const { partitionIndex: partition, committedOffset } of partitions) {
          if (committedOffset < 0) continue
          const endOffset = replicas.find(topic, partition)?.highWatermark
          yield { groupId, topic, partition, committedOffset, endOffset }
        }
      }
    }
  }
}
