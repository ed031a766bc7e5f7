/** Topics that the cluster creates for itself, as the request that creates them. */
import type { BrokerSettings } from './configs/broker-definitions.ts'
import type { CreatableTopic } from './controller/create-topics.ts'
import { OFFSETS_TOPIC } from './topic-names.ts'

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
