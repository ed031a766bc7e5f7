/** The broker configurations of share groups and of their coordinator (KIP-932). */
import { int, short } from './definition.ts'

export const SHARE_CONFIGS = {
  'group.share.assignment.interval.ms': int({
    default: '1000',
    min: 0,
    doc: 'The shortest time between two assignments of a share group.',
  }),
  'group.share.delivery.count.limit': int({
    default: '5',
    min: 2,
    max: 10,
    doc: 'How often a record is delivered to a share group at most.',
  }),
  'group.share.heartbeat.interval.ms': int({
    default: '5000',
    min: 1,
    doc: 'How often a member of a share group sends a heartbeat.',
  }),
  'group.share.max.assignment.interval.ms': int({
    default: '15000',
    min: 0,
    doc: 'The longest share.assignment.interval.ms that a group may have.',
  }),
  'group.share.max.delivery.count.limit': int({
    default: '10',
    min: 2,
    max: 25,
    doc: 'The highest share.delivery.count.limit that a group may have.',
  }),
  'group.share.max.heartbeat.interval.ms': int({
    default: '15000',
    min: 1,
    doc: 'The longest share.heartbeat.interval.ms that a group may have.',
  }),
  'group.share.max.partition.max.record.locks': int({
    default: '4000',
    min: 100,
    max: 20000,
    doc: 'The highest share.partition.max.record.locks that a group may have.',
  }),
  'group.share.max.record.lock.duration.ms': int({
    default: '60000',
    min: 1000,
    max: 3600000,
    doc: 'The longest share.record.lock.duration.ms that a group may have.',
  }),
  'group.share.max.session.timeout.ms': int({
    default: '60000',
    min: 1,
    doc: 'The longest share.session.timeout.ms that a group may have.',
  }),
  'group.share.max.share.sessions': int({
    default: '2000',
    min: 1,
    doc: 'How many share sessions a broker keeps.',
  }),
  'group.share.max.size': int({
    default: '200',
    min: 1,
    max: 1000,
    doc: 'The most members that a share group may have.',
  }),
  'group.share.min.assignment.interval.ms': int({
    default: '0',
    min: 0,
    doc: 'The shortest share.assignment.interval.ms that a group may have.',
  }),
  'group.share.min.delivery.count.limit': int({
    default: '2',
    min: 2,
    max: 5,
    doc: 'The lowest share.delivery.count.limit that a group may have.',
  }),
  'group.share.min.heartbeat.interval.ms': int({
    default: '5000',
    min: 1,
    doc: 'The shortest share.heartbeat.interval.ms that a group may have.',
  }),
  'group.share.min.partition.max.record.locks': int({
    default: '100',
    min: 100,
    max: 20000,
    doc: 'The lowest share.partition.max.record.locks that a group may have.',
  }),
  'group.share.min.record.lock.duration.ms': int({
    default: '15000',
    min: 1000,
    max: 30000,
    doc: 'The shortest share.record.lock.duration.ms that a group may have.',
  }),
  'group.share.min.session.timeout.ms': int({
    default: '45000',
    min: 1,
    doc: 'The shortest share.session.timeout.ms that a group may have.',
  }),
  'group.share.partition.max.record.locks': int({
    default: '2000',
    min: 100,
    max: 10000,
    doc: 'How many records of a partition a share group may have in delivery.',
  }),
  'group.share.record.lock.duration.ms': int({
    default: '30000',
    min: 1000,
    max: 3600000,
    doc: 'How long a record is locked for the member that acquired it.',
  }),
  'group.share.session.timeout.ms': int({
    default: '45000',
    min: 1,
    doc: 'A member of a share group that was not heard of for so long has left.',
  }),
  'share.coordinator.cold.partition.snapshot.interval.ms': int({
    default: '300000',
    min: 1,
    doc: 'After how long the state of a share-partition is written as a whole although it did not change.',
  }),
  'share.coordinator.snapshot.update.records.per.snapshot': int({
    default: '500',
    min: 0,
    max: 500,
    doc: 'How many changes of a share-partition are written before its state is written as a whole.',
  }),
  'share.coordinator.state.topic.min.isr': short({
    default: '1',
    min: 1,
    doc: 'min.insync.replicas of the share-group state topic.',
  }),
  'share.coordinator.state.topic.num.partitions': int({
    default: '50',
    min: 1,
    doc: 'The partitions of the share-group state topic.',
  }),
  'share.coordinator.state.topic.prune.interval.ms': int({
    default: '300000',
    min: 1,
    doc: 'How often records of the share-group state topic are deleted that are of no use any more.',
  }),
  'share.coordinator.state.topic.replication.factor': short({
    default: '1',
    min: 1,
    doc: 'The replication factor of the share-group state topic.',
  }),
  'share.coordinator.state.topic.segment.bytes': int({
    default: '104857600',
    min: 1048576,
    doc: 'The segment size of the share-group state topic.',
  }),
  'share.coordinator.write.timeout.ms': int({
    default: '5000',
    min: 1,
    doc: 'How long a write of share-group state waits for the replicas.',
  }),
} as const
