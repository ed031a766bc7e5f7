/** Every API that is declared. The files hold handlers too; tools and tests need only this list. */
import type { Api } from '../wire/index.ts'
import { ProduceApi } from './00-produce.ts'
import { FetchApi } from './01-fetch.ts'
import { ListOffsetsApi } from './02-list-offsets.ts'
import { MetadataApi } from './03-metadata.ts'
import { OffsetCommitApi } from './08-offset-commit.ts'
import { OffsetFetchApi } from './09-offset-fetch.ts'
import { FindCoordinatorApi } from './10-find-coordinator.ts'
import { JoinGroupApi } from './11-join-group.ts'
import { HeartbeatApi } from './12-heartbeat.ts'
import { LeaveGroupApi } from './13-leave-group.ts'
import { SyncGroupApi } from './14-sync-group.ts'
import { DescribeGroupsApi } from './15-describe-groups.ts'
import { ListGroupsApi } from './16-list-groups.ts'
import { ApiVersionsApi } from './18-api-versions.ts'
import { CreateTopicsApi } from './19-create-topics.ts'
import { DeleteTopicsApi } from './20-delete-topics.ts'
import { DeleteRecordsApi } from './21-delete-records.ts'
import { InitProducerIdApi } from './22-init-producer-id.ts'
import { OffsetForLeaderEpochApi } from './23-offset-for-leader-epoch.ts'
import { AddPartitionsToTxnApi } from './24-add-partitions-to-txn.ts'
import { AddOffsetsToTxnApi } from './25-add-offsets-to-txn.ts'
import { EndTxnApi } from './26-end-txn.ts'
import { WriteTxnMarkersApi } from './27-write-txn-markers.ts'
import { TxnOffsetCommitApi } from './28-txn-offset-commit.ts'
import { DescribeAclsApi } from './29-describe-acls.ts'
import { CreateAclsApi } from './30-create-acls.ts'
import { DeleteAclsApi } from './31-delete-acls.ts'
import { DescribeConfigsApi } from './32-describe-configs.ts'
import { AlterConfigsApi } from './33-alter-configs.ts'
import { DescribeLogDirsApi } from './35-describe-log-dirs.ts'
import { CreatePartitionsApi } from './37-create-partitions.ts'
import { DeleteGroupsApi } from './42-delete-groups.ts'
import { ElectLeadersApi } from './43-elect-leaders.ts'
import { IncrementalAlterConfigsApi } from './44-incremental-alter-configs.ts'
import { AlterPartitionReassignmentsApi } from './45-alter-partition-reassignments.ts'
import { ListPartitionReassignmentsApi } from './46-list-partition-reassignments.ts'
import { OffsetDeleteApi } from './47-offset-delete.ts'
import { DescribeClientQuotasApi } from './48-describe-client-quotas.ts'
import { AlterClientQuotasApi } from './49-alter-client-quotas.ts'
import { DescribeUserScramCredentialsApi } from './50-describe-user-scram-credentials.ts'
import { AlterUserScramCredentialsApi } from './51-alter-user-scram-credentials.ts'
import { DescribeQuorumApi } from './55-describe-quorum.ts'
import { AlterPartitionApi } from './56-alter-partition.ts'
import { UpdateFeaturesApi } from './57-update-features.ts'
import { EnvelopeApi } from './58-envelope.ts'
import { DescribeClusterApi } from './60-describe-cluster.ts'
import { DescribeProducersApi } from './61-describe-producers.ts'
import { BrokerRegistrationApi } from './62-broker-registration.ts'
import { BrokerHeartbeatApi } from './63-broker-heartbeat.ts'
import { UnregisterBrokerApi } from './64-unregister-broker.ts'
import { DescribeTransactionsApi } from './65-describe-transactions.ts'
import { ListTransactionsApi } from './66-list-transactions.ts'
import { AllocateProducerIdsApi } from './67-allocate-producer-ids.ts'
import { ConsumerGroupHeartbeatApi } from './68-consumer-group-heartbeat.ts'
import { ConsumerGroupDescribeApi } from './69-consumer-group-describe.ts'
import { GetTelemetrySubscriptionsApi } from './71-get-telemetry-subscriptions.ts'
import { PushTelemetryApi } from './72-push-telemetry.ts'
import { AssignReplicasToDirsApi } from './73-assign-replicas-to-dirs.ts'
import { ListConfigResourcesApi } from './74-list-config-resources.ts'
import { DescribeTopicPartitionsApi } from './75-describe-topic-partitions.ts'
import { ShareGroupHeartbeatApi } from './76-share-group-heartbeat.ts'
import { ShareGroupDescribeApi } from './77-share-group-describe.ts'
import { ShareFetchApi } from './78-share-fetch.ts'
import { ShareAcknowledgeApi } from './79-share-acknowledge.ts'
import { InitializeShareGroupStateApi } from './83-initialize-share-group-state.ts'
import { ReadShareGroupStateApi } from './84-read-share-group-state.ts'
import { WriteShareGroupStateApi } from './85-write-share-group-state.ts'
import { DeleteShareGroupStateApi } from './86-delete-share-group-state.ts'
import { ReadShareGroupStateSummaryApi } from './87-read-share-group-state-summary.ts'
import { StreamsGroupHeartbeatApi } from './88-streams-group-heartbeat.ts'
import { StreamsGroupDescribeApi } from './89-streams-group-describe.ts'
import { DescribeShareGroupOffsetsApi } from './90-describe-share-group-offsets.ts'
import { AlterShareGroupOffsetsApi } from './91-alter-share-group-offsets.ts'
import { DeleteShareGroupOffsetsApi } from './92-delete-share-group-offsets.ts'

export const apiSchemas: readonly Api[] = [
  ProduceApi,
  FetchApi,
  ListOffsetsApi,
  MetadataApi,
  OffsetCommitApi,
  OffsetFetchApi,
  FindCoordinatorApi,
  JoinGroupApi,
  HeartbeatApi,
  LeaveGroupApi,
  SyncGroupApi,
  DescribeGroupsApi,
  ListGroupsApi,
  ApiVersionsApi,
  CreateTopicsApi,
  DeleteTopicsApi,
  DeleteRecordsApi,
  InitProducerIdApi,
  OffsetForLeaderEpochApi,
  AddPartitionsToTxnApi,
  AddOffsetsToTxnApi,
  EndTxnApi,
  WriteTxnMarkersApi,
  TxnOffsetCommitApi,
  DescribeAclsApi,
  CreateAclsApi,
  DeleteAclsApi,
  DescribeConfigsApi,
  AlterConfigsApi,
  DescribeLogDirsApi,
  CreatePartitionsApi,
  DeleteGroupsApi,
  ElectLeadersApi,
  IncrementalAlterConfigsApi,
  AlterPartitionReassignmentsApi,
  ListPartitionReassignmentsApi,
  OffsetDeleteApi,
  DescribeClientQuotasApi,
  AlterClientQuotasApi,
  DescribeUserScramCredentialsApi,
  AlterUserScramCredentialsApi,
  DescribeQuorumApi,
  AlterPartitionApi,
  UpdateFeaturesApi,
  EnvelopeApi,
  DescribeClusterApi,
  DescribeProducersApi,
  BrokerRegistrationApi,
  BrokerHeartbeatApi,
  UnregisterBrokerApi,
  DescribeTransactionsApi,
  ListTransactionsApi,
  AllocateProducerIdsApi,
  ConsumerGroupHeartbeatApi,
  ConsumerGroupDescribeApi,
  GetTelemetrySubscriptionsApi,
  PushTelemetryApi,
  AssignReplicasToDirsApi,
  ListConfigResourcesApi,
  DescribeTopicPartitionsApi,
  ShareGroupHeartbeatApi,
  ShareGroupDescribeApi,
  ShareFetchApi,
  ShareAcknowledgeApi,
  InitializeShareGroupStateApi,
  ReadShareGroupStateApi,
  WriteShareGroupStateApi,
  DeleteShareGroupStateApi,
  ReadShareGroupStateSummaryApi,
  StreamsGroupHeartbeatApi,
  StreamsGroupDescribeApi,
  DescribeShareGroupOffsetsApi,
  AlterShareGroupOffsetsApi,
  DeleteShareGroupOffsetsApi,
]

export const apiSchemaByKey: ReadonlyMap<number, Api> = new Map(apiSchemas.map((api) => [api.key, api]))
