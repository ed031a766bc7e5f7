/**
 * Every record that coordinators keep, by the name and the key type of Kafka's own schemas. The files hold what reads and
 * writes them too; tests need only this list.
 */
import type { Message } from '../wire/index.ts'
import * as consumer from './groups/consumer/record-schemas.ts'
import { keyTypes as consumerTypes } from './groups/consumer/records.ts'
import * as classic from './groups/records.ts'
import * as share from './groups/share/records.ts'
import * as streams from './groups/streams/record-schemas.ts'
import { keyTypes as streamsTypes } from './groups/streams/records.ts'
import * as shareState from './share/state/records.ts'
import * as transactions from './transactions/records.ts'

export interface RecordSchema {
  /** What Kafka calls it; its two schemas are the name and `Key`, and the name and `Value`. */
  readonly name: string
  readonly keyType: number
  /** Begins with the type. */
  readonly key: Message
  /** Begins with the version. */
  readonly value: Message
}

export const recordSchemas: readonly RecordSchema[] = [
  record('OffsetCommit', classic.keyTypes.offsetCommit, classic.OffsetCommitKey, classic.OffsetCommitValue),
  record(
    'GroupMetadata',
    classic.keyTypes.groupMetadata,
    classic.GroupMetadataKey,
    classic.GroupMetadataValue,
  ),
  ...consumerGroup(),
  ...shareGroup(),
  ...streamsGroup(),
  record('ShareSnapshot', shareState.keyTypes.snapshot, shareState.Key, shareState.Snapshot),
  record('ShareUpdate', shareState.keyTypes.update, shareState.Key, shareState.Update),
  record(
    'TransactionLog',
    transactions.KEY_TYPE,
    transactions.TransactionLogKey,
    transactions.TransactionLogValue,
  ),
]

function consumerGroup(): RecordSchema[] {
  const { GroupKey, MemberKey, RegexKey } = consumer
  return [
    record('ConsumerGroupMetadata', consumerTypes.consumerGroup, GroupKey, consumer.GroupMetadata),
    record('ConsumerGroupMemberMetadata', consumerTypes.consumerMember, MemberKey, consumer.Member),
    record(
      'ConsumerGroupTargetAssignmentMetadata',
      consumerTypes.consumerTargetEpoch,
      GroupKey,
      consumer.TargetEpoch,
    ),
    record('ConsumerGroupTargetAssignmentMember', consumerTypes.consumerTarget, MemberKey, consumer.Target),
    record(
      'ConsumerGroupCurrentMemberAssignment',
      consumerTypes.consumerCurrent,
      MemberKey,
      consumer.Current,
    ),
    record('ConsumerGroupRegularExpression', consumerTypes.consumerRegex, RegexKey, consumer.Regex),
  ]
}

function shareGroup(): RecordSchema[] {
  const { GroupKey, MemberKey, keyTypes } = share
  return [
    record('ShareGroupMemberMetadata', keyTypes.shareMember, MemberKey, share.Member),
    record('ShareGroupMetadata', keyTypes.shareGroup, GroupKey, share.GroupMetadata),
    record('ShareGroupTargetAssignmentMetadata', keyTypes.shareTargetEpoch, GroupKey, share.TargetEpoch),
    record('ShareGroupTargetAssignmentMember', keyTypes.shareTarget, MemberKey, share.Target),
    record('ShareGroupCurrentMemberAssignment', keyTypes.shareCurrent, MemberKey, share.Current),
    record('ShareGroupStatePartitionMetadata', keyTypes.shareState, GroupKey, share.State),
  ]
}

function streamsGroup(): RecordSchema[] {
  const { GroupKey, MemberKey, TargetEpoch } = consumer
  return [
    record('StreamsGroupMetadata', streamsTypes.streamsGroup, GroupKey, streams.GroupMetadata),
    record('StreamsGroupMemberMetadata', streamsTypes.streamsMember, MemberKey, streams.Member),
    record('StreamsGroupTargetAssignmentMetadata', streamsTypes.streamsTargetEpoch, GroupKey, TargetEpoch),
    record('StreamsGroupTargetAssignmentMember', streamsTypes.streamsTarget, MemberKey, streams.Target),
    record('StreamsGroupCurrentMemberAssignment', streamsTypes.streamsCurrent, MemberKey, streams.Current),
    record('StreamsGroupTopology', streamsTypes.streamsTopology, GroupKey, streams.TopologyValue),
  ]
}

function record(name: string, keyType: number, key: Message, value: Message): RecordSchema {
  return { name, keyType, key, value }
}
