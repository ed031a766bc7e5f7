/** The group coordinator's configurations, under Kafka's names and with Kafka's defaults. */
import { int, list, string } from './definition.ts'

const INT_MAX = '2147483647'

export const GROUP_COORDINATOR_CONFIGS = {
  'group.consumer.assignment.interval.ms': int({
    default: '1000',
    min: 0,
    doc: 'The shortest time between two assignments of a group of the consumer protocol.',
  }),
  'group.consumer.assignors': list({
    default: 'uniform,range',
    oneOf: ['uniform', 'range'],
    doc: 'The assignors of the consumer protocol; the first one serves groups that ask for none.',
  }),
  'group.consumer.heartbeat.interval.ms': int({
    default: '5000',
    min: 1,
    doc: 'How often members of the consumer protocol are to send heartbeats.',
  }),
  'group.consumer.max.assignment.interval.ms': int({
    default: '15000',
    min: 0,
    doc: 'The longest assignment interval that a group may have of its own.',
  }),
  'group.consumer.max.heartbeat.interval.ms': int({
    default: '15000',
    min: 1,
    doc: 'The longest heartbeat interval that a group may have of its own.',
  }),
  'group.consumer.max.session.timeout.ms': int({
    default: '60000',
    min: 1,
    doc: 'The longest session timeout that a group may have of its own.',
  }),
  'group.consumer.max.size': int({
    default: INT_MAX,
    min: 1,
    doc: 'The most members that a group of the consumer protocol may have.',
  }),
  'group.consumer.migration.policy': string({
    default: 'bidirectional',
    oneOf: ['disabled', 'upgrade', 'downgrade', 'bidirectional'],
    doc: 'Whether groups may go from the classic to the consumer protocol (upgrade) and back while they work.',
  }),
  'group.consumer.min.assignment.interval.ms': int({
    default: '0',
    min: 0,
    doc: 'The shortest assignment interval that a group may have of its own.',
  }),
  'group.consumer.min.heartbeat.interval.ms': int({
    default: '5000',
    min: 1,
    doc: 'The shortest heartbeat interval that a group may have of its own.',
  }),
  'group.consumer.min.session.timeout.ms': int({
    default: '45000',
    min: 1,
    doc: 'The shortest session timeout that a group may have of its own.',
  }),
  'group.consumer.regex.refresh.interval.ms': int({
    default: '600000',
    min: 10_000,
    doc: 'How often the topics of subscribed regular expressions are looked for anew.',
  }),
  'group.consumer.session.timeout.ms': int({
    default: '45000',
    min: 1,
    doc: 'How long a member of the consumer protocol may be silent.',
  }),
  'group.initial.rebalance.delay.ms': int({
    default: '3000',
    min: 0,
    doc: 'How long the first rebalance of an empty group waits for more members.',
  }),
  'group.max.session.timeout.ms': int({
    default: '1800000',
    min: 0,
    doc: 'The longest session timeout that a member may ask for.',
  }),
  'group.max.size': int({ default: INT_MAX, min: 1, doc: 'The most members that a group may have.' }),
  'group.min.session.timeout.ms': int({
    default: '6000',
    min: 0,
    doc: 'The shortest session timeout that a member may ask for.',
  }),
  'group.streams.assignment.interval.ms': int({
    default: '1000',
    min: 0,
    doc: 'The shortest time between two assignments of a streams group.',
  }),
  'group.streams.heartbeat.interval.ms': int({
    default: '5000',
    min: 1,
    doc: 'How often members of streams groups are to send heartbeats.',
  }),
  'group.streams.initial.rebalance.delay.ms': int({
    default: '3000',
    min: 0,
    doc: 'How long the first assignment of an empty streams group waits for more members.',
  }),
  'group.streams.max.assignment.interval.ms': int({
    default: '15000',
    min: 0,
    doc: 'The longest assignment interval that a streams group may have of its own.',
  }),
  'group.streams.max.heartbeat.interval.ms': int({
    default: '15000',
    min: 1,
    doc: 'The longest heartbeat interval that a streams group may have of its own.',
  }),
  'group.streams.max.session.timeout.ms': int({
    default: '60000',
    min: 1,
    doc: 'The longest session timeout that a streams group may have of its own.',
  }),
  'group.streams.max.size': int({
    default: INT_MAX,
    min: 1,
    doc: 'The most members that a streams group may have.',
  }),
  'group.streams.max.standby.replicas': int({
    default: '2',
    min: 0,
    doc: 'How many standby replicas a streams group may have of its own.',
  }),
  'group.streams.min.assignment.interval.ms': int({
    default: '0',
    min: 0,
    doc: 'The shortest assignment interval that a streams group may have of its own.',
  }),
  'group.streams.min.heartbeat.interval.ms': int({
    default: '5000',
    min: 1,
    doc: 'The shortest heartbeat interval that a streams group may have of its own.',
  }),
  'group.streams.min.session.timeout.ms': int({
    default: '45000',
    min: 1,
    doc: 'The shortest session timeout that a streams group may have of its own.',
  }),
  'group.streams.num.standby.replicas': int({
    default: '0',
    min: 0,
    max: 2,
    doc: 'How many copies of its state a stateful task has besides its own.',
  }),
  'group.streams.session.timeout.ms': int({
    default: '45000',
    min: 1,
    doc: 'How long a member of a streams group may be silent.',
  }),
}
