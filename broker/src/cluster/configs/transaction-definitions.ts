/** The broker configurations of transactions, under Kafka's names and with Kafka's defaults. */
import { bool, int, short } from './definition.ts'

const TWO_PHASE = 'Two-phase commit (KIP-939) is not available: its protocol is not stable in Kafka'

export const TRANSACTION_CONFIGS = {
  'add.partitions.to.txn.retry.backoff.max.ms': int({
    default: '100',
    min: 0,
    doc: 'For how long a broker asks again to add a partition while the transaction before is ending.',
  }),
  'add.partitions.to.txn.retry.backoff.ms': int({
    default: '20',
    min: 1,
    doc: 'After how long a broker asks again to add a partition to a transaction.',
  }),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': int({
    default: '10000',
    min: 1,
    doc: 'How often transactions are searched for those that are open for too long.',
  }),
  'transaction.max.timeout.ms': int({
    default: '900000',
    min: 1,
    doc: 'The longest transaction timeout that a producer may ask for.',
  }),
  'transaction.partition.verification.enable': bool({
    default: 'true',
    doc: 'Whether a leader asks the coordinator before a transaction of version 1 begins on a partition.',
  }),
  'transaction.remove.expired.transaction.cleanup.interval.ms': int({
    default: '3600000',
    min: 1,
    doc: 'How often transactional ids are searched for expired ones.',
  }),
  'transaction.state.log.min.isr': int({
    default: '1',
    min: 1,
    doc: 'min.insync.replicas of the topic of transactions.',
  }),
  'transaction.state.log.num.partitions': int({
    default: '50',
    min: 1,
    doc: 'The partitions of the topic of transactions.',
  }),
  'transaction.state.log.replication.factor': short({
    default: '1',
    min: 1,
    doc: 'The replication factor of the topic of transactions.',
  }),
  'transaction.state.log.segment.bytes': int({
    default: '104857600',
    min: 1048576,
    doc: 'The segment size of the topic of transactions.',
  }),
  'transaction.two.phase.commit.enable': bool({
    default: 'false',
    doc: 'Whether transactions may be prepared and decided later (KIP-939).',
    unavailable: (isEnabled) => (isEnabled ? TWO_PHASE : undefined),
  }),
  'transactional.id.expiration.ms': int({
    default: '604800000',
    min: 1,
    doc: 'How long a transactional id is remembered that is not used.',
  }),
} as const
