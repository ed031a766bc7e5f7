import { handleProduce, ProduceApi } from './00-produce.ts'
import { FetchApi, handleFetch } from './01-fetch.ts'
import { handleListOffsets, ListOffsetsApi } from './02-list-offsets.ts'
import { handleMetadata, MetadataApi } from './03-metadata.ts'
import { handleOffsetCommit, OffsetCommitApi } from './08-offset-commit.ts'
import { handleOffsetFetch, OffsetFetchApi } from './09-offset-fetch.ts'
import { FindCoordinatorApi, handleFindCoordinator } from './10-find-coordinator.ts'
import { handleJoinGroup, JoinGroupApi } from './11-join-group.ts'
import { HeartbeatApi, handleHeartbeat } from './12-heartbeat.ts'
import { handleLeaveGroup, LeaveGroupApi } from './13-leave-group.ts'
import { handleSyncGroup, SyncGroupApi } from './14-sync-group.ts'
import { DescribeGroupsApi, handleDescribeGroups } from './15-describe-groups.ts'
import { handleListGroups, ListGroupsApi } from './16-list-groups.ts'
import { ApiVersionsApi, apiVersionsHandler } from './18-api-versions.ts'
import { CreateTopicsApi, handleCreateTopics } from './19-create-topics.ts'
import { DeleteTopicsApi, handleDeleteTopics } from './20-delete-topics.ts'
import { DeleteRecordsApi, handleDeleteRecords } from './21-delete-records.ts'
import { handleInitProducerId, InitProducerIdApi } from './22-init-producer-id.ts'
import { handleOffsetForLeaderEpoch, OffsetForLeaderEpochApi } from './23-offset-for-leader-epoch.ts'
import { AddPartitionsToTxnApi, handleAddPartitionsToTxn } from './24-add-partitions-to-txn.ts'
import { AddOffsetsToTxnApi, handleAddOffsetsToTxn } from './25-add-offsets-to-txn.ts'
import { EndTxnApi, handleEndTxn } from './26-end-txn.ts'
import { handleWriteTxnMarkers, WriteTxnMarkersApi } from './27-write-txn-markers.ts'
import { handleTxnOffsetCommit, TxnOffsetCommitApi } from './28-txn-offset-commit.ts'
import { DescribeAclsApi, handleDescribeAcls } from './29-describe-acls.ts'
import { CreateAclsApi, handleCreateAcls } from './30-create-acls.ts'
import { DeleteAclsApi, handleDeleteAcls } from './31-delete-acls.ts'
import { DescribeConfigsApi, handleDescribeConfigs } from './32-describe-configs.ts'
import { AlterConfigsApi, handleAlterConfigs } from './33-alter-configs.ts'
import { DescribeLogDirsApi, handleDescribeLogDirs } from './35-describe-log-dirs.ts'
import { CreatePartitionsApi, handleCreatePartitions } from './37-create-partitions.ts'
import { DeleteGroupsApi, handleDeleteGroups } from './42-delete-groups.ts'
import { ElectLeadersApi, handleElectLeaders } from './43-elect-leaders.ts'
import {
  altersLoggersOnly,
  handleIncrementalAlterConfigs,
  IncrementalAlterConfigsApi,
} from './44-incremental-alter-configs.ts'
import {
  AlterPartitionReassignmentsApi,
  handleAlterPartitionReassignments,
} from './45-alter-partition-reassignments.ts'
import {
  handleListPartitionReassignments,
  ListPartitionReassignmentsApi,
} from './46-list-partition-reassignments.ts'
import { handleOffsetDelete, OffsetDeleteApi } from './47-offset-delete.ts'
import { DescribeClientQuotasApi, handleDescribeClientQuotas } from './48-describe-client-quotas.ts'
import { AlterClientQuotasApi, handleAlterClientQuotas } from './49-alter-client-quotas.ts'
import {
  DescribeUserScramCredentialsApi,
  handleDescribeUserScramCredentials,
} from './50-describe-user-scram-credentials.ts'
import {
  AlterUserScramCredentialsApi,
  handleAlterUserScramCredentials,
} from './51-alter-user-scram-credentials.ts'
import { DescribeQuorumApi, handleDescribeQuorum } from './55-describe-quorum.ts'
import { AlterPartitionApi, handleAlterPartition } from './56-alter-partition.ts'
import { handleUpdateFeatures, UpdateFeaturesApi } from './57-update-features.ts'
import { EnvelopeApi, handleEnvelope } from './58-envelope.ts'
import { DescribeClusterApi, handleDescribeCluster } from './60-describe-cluster.ts'
import { DescribeProducersApi, handleDescribeProducers } from './61-describe-producers.ts'
import { BrokerRegistrationApi, handleBrokerRegistration } from './62-broker-registration.ts'
import { BrokerHeartbeatApi, handleBrokerHeartbeat } from './63-broker-heartbeat.ts'
import { handleUnregisterBroker, UnregisterBrokerApi } from './64-unregister-broker.ts'
import { DescribeTransactionsApi, handleDescribeTransactions } from './65-describe-transactions.ts'
import { handleListTransactions, ListTransactionsApi } from './66-list-transactions.ts'
import { AllocateProducerIdsApi, handleAllocateProducerIds } from './67-allocate-producer-ids.ts'
import { ConsumerGroupHeartbeatApi, handleConsumerGroupHeartbeat } from './68-consumer-group-heartbeat.ts'
import { ConsumerGroupDescribeApi, handleConsumerGroupDescribe } from './69-consumer-group-describe.ts'
import {
  GetTelemetrySubscriptionsApi,
  handleGetTelemetrySubscriptions,
} from './71-get-telemetry-subscriptions.ts'
import { handlePushTelemetry, PushTelemetryApi } from './72-push-telemetry.ts'
import { AssignReplicasToDirsApi, handleAssignReplicasToDirs } from './73-assign-replicas-to-dirs.ts'
import { handleListConfigResources, ListConfigResourcesApi } from './74-list-config-resources.ts'
import { DescribeTopicPartitionsApi, handleDescribeTopicPartitions } from './75-describe-topic-partitions.ts'
import { handleShareGroupHeartbeat, ShareGroupHeartbeatApi } from './76-share-group-heartbeat.ts'
import { handleShareGroupDescribe, ShareGroupDescribeApi } from './77-share-group-describe.ts'
import { handleShareFetch, ShareFetchApi } from './78-share-fetch.ts'
import { handleShareAcknowledge, ShareAcknowledgeApi } from './79-share-acknowledge.ts'
import {
  handleInitializeShareGroupState,
  InitializeShareGroupStateApi,
} from './83-initialize-share-group-state.ts'
import { handleReadShareGroupState, ReadShareGroupStateApi } from './84-read-share-group-state.ts'
import { handleWriteShareGroupState, WriteShareGroupStateApi } from './85-write-share-group-state.ts'
import { DeleteShareGroupStateApi, handleDeleteShareGroupState } from './86-delete-share-group-state.ts'
import {
  handleReadShareGroupStateSummary,
  ReadShareGroupStateSummaryApi,
} from './87-read-share-group-state-summary.ts'
import { handleStreamsGroupHeartbeat, StreamsGroupHeartbeatApi } from './88-streams-group-heartbeat.ts'
import { handleStreamsGroupDescribe, StreamsGroupDescribeApi } from './89-streams-group-describe.ts'
import {
  DescribeShareGroupOffsetsApi,
  handleDescribeShareGroupOffsets,
} from './90-describe-share-group-offsets.ts'
import { AlterShareGroupOffsetsApi, handleAlterShareGroupOffsets } from './91-alter-share-group-offsets.ts'
import { DeleteShareGroupOffsetsApi, handleDeleteShareGroupOffsets } from './92-delete-share-group-offsets.ts'
import { type ApiHandler, serve } from './handler.ts'

const controller = { servedBy: 'controller' } as const
/** Kafka's brokers serve some of these at the listeners of clients too, the others to controllers and brokers only. */
const betweenBrokers = { isExempt: true } as const
const internal = { ...betweenBrokers, advertised: false } as const

const others: readonly ApiHandler[] = [
  serve(ProduceApi, handleProduce, { pipelined: true }),
  serve(FetchApi, handleFetch),
  serve(ListOffsetsApi, handleListOffsets),
  serve(MetadataApi, handleMetadata),
  serve(OffsetCommitApi, handleOffsetCommit),
  serve(OffsetFetchApi, handleOffsetFetch),
  serve(FindCoordinatorApi, handleFindCoordinator),
  serve(JoinGroupApi, handleJoinGroup),
  serve(HeartbeatApi, handleHeartbeat),
  serve(LeaveGroupApi, handleLeaveGroup),
  serve(SyncGroupApi, handleSyncGroup),
  serve(DescribeGroupsApi, handleDescribeGroups),
  serve(ListGroupsApi, handleListGroups),
  serve(CreateTopicsApi, handleCreateTopics, controller),
  serve(DeleteTopicsApi, handleDeleteTopics, controller),
  serve(DeleteRecordsApi, handleDeleteRecords),
  serve(InitProducerIdApi, handleInitProducerId),
  serve(OffsetForLeaderEpochApi, handleOffsetForLeaderEpoch),
  serve(AddPartitionsToTxnApi, handleAddPartitionsToTxn),
  serve(AddOffsetsToTxnApi, handleAddOffsetsToTxn),
  serve(EndTxnApi, handleEndTxn),
  serve(WriteTxnMarkersApi, handleWriteTxnMarkers, betweenBrokers),
  serve(TxnOffsetCommitApi, handleTxnOffsetCommit),
  serve(DescribeAclsApi, handleDescribeAcls),
  serve(CreateAclsApi, handleCreateAcls),
  serve(DeleteAclsApi, handleDeleteAcls),
  serve(DescribeConfigsApi, handleDescribeConfigs),
  serve(AlterConfigsApi, handleAlterConfigs, controller),
  serve(DescribeLogDirsApi, handleDescribeLogDirs),
  serve(CreatePartitionsApi, handleCreatePartitions, controller),
  serve(DeleteGroupsApi, handleDeleteGroups),
  serve(ElectLeadersApi, handleElectLeaders, controller),
  serve(IncrementalAlterConfigsApi, handleIncrementalAlterConfigs, {
    ...controller,
    isForThisBroker: altersLoggersOnly,
  }),
  serve(AlterPartitionReassignmentsApi, handleAlterPartitionReassignments, controller),
  serve(ListPartitionReassignmentsApi, handleListPartitionReassignments, controller),
  serve(DescribeClientQuotasApi, handleDescribeClientQuotas),
  serve(AlterClientQuotasApi, handleAlterClientQuotas, controller),
  serve(DescribeUserScramCredentialsApi, handleDescribeUserScramCredentials),
  serve(AlterUserScramCredentialsApi, handleAlterUserScramCredentials, controller),
  serve(OffsetDeleteApi, handleOffsetDelete),
  serve(DescribeQuorumApi, handleDescribeQuorum, controller),
  serve(AlterPartitionApi, handleAlterPartition, internal),
  serve(UpdateFeaturesApi, handleUpdateFeatures, controller),
  serve(EnvelopeApi, handleEnvelope, internal),
  serve(DescribeClusterApi, handleDescribeCluster),
  serve(DescribeProducersApi, handleDescribeProducers),
  serve(BrokerRegistrationApi, handleBrokerRegistration, internal),
  serve(BrokerHeartbeatApi, handleBrokerHeartbeat, internal),
  serve(UnregisterBrokerApi, handleUnregisterBroker, controller),
  serve(DescribeTransactionsApi, handleDescribeTransactions),
  serve(ListTransactionsApi, handleListTransactions),
  serve(AllocateProducerIdsApi, handleAllocateProducerIds, internal),
  serve(AssignReplicasToDirsApi, handleAssignReplicasToDirs, internal),
  serve(ConsumerGroupHeartbeatApi, handleConsumerGroupHeartbeat),
  serve(ConsumerGroupDescribeApi, handleConsumerGroupDescribe),
  serve(GetTelemetrySubscriptionsApi, handleGetTelemetrySubscriptions),
  serve(PushTelemetryApi, handlePushTelemetry),
  serve(ListConfigResourcesApi, handleListConfigResources),
  serve(DescribeTopicPartitionsApi, handleDescribeTopicPartitions),
  serve(ShareGroupHeartbeatApi, handleShareGroupHeartbeat),
  serve(ShareGroupDescribeApi, handleShareGroupDescribe),
  serve(ShareFetchApi, handleShareFetch),
  serve(ShareAcknowledgeApi, handleShareAcknowledge),
  serve(InitializeShareGroupStateApi, handleInitializeShareGroupState, betweenBrokers),
  serve(ReadShareGroupStateApi, handleReadShareGroupState, betweenBrokers),
  serve(WriteShareGroupStateApi, handleWriteShareGroupState, betweenBrokers),
  serve(DeleteShareGroupStateApi, handleDeleteShareGroupState, betweenBrokers),
  serve(ReadShareGroupStateSummaryApi, handleReadShareGroupStateSummary, betweenBrokers),
  serve(DescribeShareGroupOffsetsApi, handleDescribeShareGroupOffsets),
  serve(AlterShareGroupOffsetsApi, handleAlterShareGroupOffsets),
  serve(DeleteShareGroupOffsetsApi, handleDeleteShareGroupOffsets),
  serve(StreamsGroupHeartbeatApi, handleStreamsGroupHeartbeat),
  serve(StreamsGroupDescribeApi, handleStreamsGroupDescribe),
]

const advertised = [ApiVersionsApi, ...others.filter((handler) => handler.advertised).map(({ api }) => api)]

/** Every API that is served, with its handler. */
export const apiHandlers: readonly ApiHandler[] = [
  ...others,
  serve(ApiVersionsApi, apiVersionsHandler(advertised)),
]
