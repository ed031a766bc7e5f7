/** Topics that the cluster creates for itself, as the request that creates them. */
import type { BrokerSettings } from './configs/broker-definitions.ts'
import type { CreatableTopic } from './controller/create-topics.ts'
import { OFFSETS_TOPIC, SHARE_STATE_TOPIC, TRANSACTIONS_TOPIC } from './topic-names.ts'

export function offsetsTopic(settings: BrokerSettings): CreatableTopic {
  return {
    name: OFFSETS_TOPIC,
    numPartitions: settings['offsets.topic.num.partitions'],
    replicationFactor: settings['offsets.topic.replication.factor'],
    assignments: [],
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'producer' },
      { name: 'segment.bytes', value: String(settings['offsets.topic.segment.bytes']) },
    ],
  }
}

export function transactionsTopic(settings: BrokerSettings): CreatableTopic {
  return {
    name: TRANSACTIONS_TOPIC,
    numPartitions: settings['transaction.state.log.num.partitions'],
    replicationFactor: settings['transaction.state.log.replication.factor'],
    assignments: [],
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'producer' },
      { name: 'min.insync.replicas', value: String(settings['transaction.state.log.min.isr']) },
      { name: 'segment.bytes', value: String(settings['transaction.state.log.segment.bytes']) },
      { name: 'unclean.leader.election.enable', value: 'false' },
    ],
  }
}

/** Only the newest snapshot of a share-partition and the updates after it count; nothing is deleted by time or size. */
export function shareStateTopic(settings: BrokerSettings): CreatableTopic {
  return {
    name: SHARE_STATE_TOPIC,
    numPartitions: settings['share.coordinator.state.topic.num.partitions'],
    replicationFactor: settings['share.coordinator.state.topic.replication.factor'],
    assignments: [],
    configs: [
      { name: 'cleanup.policy', value: 'delete' },
      { name: 'compression.type', value: 'producer' },
      { name: 'min.insync.replicas', value: String(settings['share.coordinator.state.topic.min.isr']) },
      { name: 'retention.ms', value: '-1' },
      { name: 'segment.bytes', value: String(settings['share.coordinator.state.topic.segment.bytes']) },
    ],
  }
}
