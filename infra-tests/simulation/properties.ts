/** Broker settings of a run: Kafka's defaults, or shorter times, so that what takes half a minute happens in seconds. */
import { seededRandom } from './broker-code.ts'
import { Dice } from './dice.ts'

export function propertiesOf(seed: number, replicationFactor: number): Record<string, string> {
  const dice = new Dice(seededRandom(seed ^ 0x5f3759df))
  const properties: Record<string, string> = {
    'offsets.topic.num.partitions': '2',
    'offsets.topic.replication.factor': String(replicationFactor),
    'transaction.state.log.num.partitions': '2',
    'transaction.state.log.replication.factor': String(replicationFactor),
    'transaction.state.log.min.isr': String(Math.min(2, replicationFactor)),
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
    'share.coordinator.state.topic.num.partitions': '2',
    'share.coordinator.state.topic.replication.factor': String(replicationFactor),
    'share.coordinator.state.topic.min.isr': String(Math.min(2, replicationFactor)),
    'share.coordinator.state.topic.prune.interval.ms': '1000',
    'share.coordinator.cold.partition.snapshot.interval.ms': '3000',
    'share.coordinator.snapshot.update.records.per.snapshot': '5',
    'group.share.min.record.lock.duration.ms': '1000',
    'group.share.record.lock.duration.ms': '3000',
    'group.share.delivery.count.limit': '10',
    'default.replication.factor': String(replicationFactor),
    'min.insync.replicas': String(Math.min(2, replicationFactor)),
    'group.initial.rebalance.delay.ms': '0',
  }
  if (dice.chance(0.5))
    properties['replica.selector.class'] = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'
  if (dice.chance(0.7)) {
    properties['broker.session.timeout.ms'] = '3000'
    properties['broker.heartbeat.interval.ms'] = '500'
    properties['replica.lag.time.max.ms'] = dice.pick(['2000', '5000'])
  }
  return properties
}
