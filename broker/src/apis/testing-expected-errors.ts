import { ErrorCode } from '../wire/index.ts'

/** Where an error is what a sound request of a test gets. */
export const expectedErrors = new Map([
  ['JoinGroup', [ErrorCode.MEMBER_ID_REQUIRED]],
  ['SyncGroup', [ErrorCode.UNKNOWN_MEMBER_ID]],
  ['Heartbeat', [ErrorCode.UNKNOWN_MEMBER_ID]],
  ['LeaveGroup', [ErrorCode.UNKNOWN_MEMBER_ID]],
  ['ShareAcknowledge', [ErrorCode.SHARE_SESSION_NOT_FOUND]],
  ['AlterShareGroupOffsets', [ErrorCode.GROUP_ID_NOT_FOUND]],
  ['DeleteShareGroupOffsets', [ErrorCode.GROUP_ID_NOT_FOUND]],
  ['DescribeGroups', [ErrorCode.GROUP_ID_NOT_FOUND]],
  ['OffsetDelete', [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]],
  ['StreamsGroupDescribe', [ErrorCode.GROUP_ID_NOT_FOUND]],
  ['ConsumerGroupDescribe', [ErrorCode.GROUP_ID_NOT_FOUND]],
  ['DeleteGroups', [ErrorCode.GROUP_ID_NOT_FOUND]],
  ['DeleteTopics', [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]],
  ['CreatePartitions', [ErrorCode.INVALID_PARTITIONS]],
  ['BrokerRegistration', [ErrorCode.INCONSISTENT_CLUSTER_ID]],
  ['BrokerHeartbeat', [ErrorCode.STALE_BROKER_EPOCH]],
  ['AllocateProducerIds', [ErrorCode.STALE_BROKER_EPOCH]],
  ['AssignReplicasToDirs', [ErrorCode.STALE_BROKER_EPOCH]],
  ['AlterPartition', [ErrorCode.STALE_BROKER_EPOCH]],
  ['AddPartitionsToTxn', [ErrorCode.INVALID_PRODUCER_ID_MAPPING]],
  ['AddOffsetsToTxn', [ErrorCode.INVALID_PRODUCER_ID_MAPPING]],
  ['EndTxn', [ErrorCode.INVALID_PRODUCER_ID_MAPPING]],
  ['TxnOffsetCommit', [ErrorCode.INVALID_PRODUCER_ID_MAPPING, ErrorCode.INVALID_TXN_STATE]],
  ['DescribeTransactions', [ErrorCode.TRANSACTIONAL_ID_NOT_FOUND]],
  ['DescribeAcls', [ErrorCode.SECURITY_DISABLED]],
  ['CreateAcls', [ErrorCode.SECURITY_DISABLED]],
  ['DeleteAcls', [ErrorCode.SECURITY_DISABLED]],
  ['PushTelemetry', [ErrorCode.UNKNOWN_SUBSCRIPTION_ID]],
  ['UnregisterBroker', [ErrorCode.BROKER_ID_NOT_REGISTERED]],
])

/** Every error code, however deep, but NONE. */
export function errorCodesIn(value: unknown): number[] {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    if (!/errorCode$/i.test(name)) return errorCodesIn(inner)
    return inner === ErrorCode.NONE ? [] : [Number(inner)]
  })
}
