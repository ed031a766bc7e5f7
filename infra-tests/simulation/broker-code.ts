/** The parts of the broker that a simulation is made of: the real code, and the twins of its runtime. */
export { ProduceApi } from '../../broker/src/apis/00-produce.ts'
export { FetchApi } from '../../broker/src/apis/01-fetch.ts'
export { ListOffsetsApi } from '../../broker/src/apis/02-list-offsets.ts'
export { MetadataApi } from '../../broker/src/apis/03-metadata.ts'
export { OffsetCommitApi } from '../../broker/src/apis/08-offset-commit.ts'
export { OffsetFetchApi } from '../../broker/src/apis/09-offset-fetch.ts'
export { FindCoordinatorApi } from '../../broker/src/apis/10-find-coordinator.ts'
export { JoinGroupApi } from '../../broker/src/apis/11-join-group.ts'
export { HeartbeatApi } from '../../broker/src/apis/12-heartbeat.ts'
export { SyncGroupApi } from '../../broker/src/apis/14-sync-group.ts'
export { CreateTopicsApi } from '../../broker/src/apis/19-create-topics.ts'
export { DeleteTopicsApi } from '../../broker/src/apis/20-delete-topics.ts'
export { DeleteRecordsApi } from '../../broker/src/apis/21-delete-records.ts'
export { InitProducerIdApi } from '../../broker/src/apis/22-init-producer-id.ts'
export { AddPartitionsToTxnApi } from '../../broker/src/apis/24-add-partitions-to-txn.ts'
export { AddOffsetsToTxnApi } from '../../broker/src/apis/25-add-offsets-to-txn.ts'
export { EndTxnApi } from '../../broker/src/apis/26-end-txn.ts'
export { TxnOffsetCommitApi } from '../../broker/src/apis/28-txn-offset-commit.ts'
export { CreatePartitionsApi } from '../../broker/src/apis/37-create-partitions.ts'
export { IncrementalAlterConfigsApi } from '../../broker/src/apis/44-incremental-alter-configs.ts'
export { AlterPartitionReassignmentsApi } from '../../broker/src/apis/45-alter-partition-reassignments.ts'
export { AlterClientQuotasApi } from '../../broker/src/apis/49-alter-client-quotas.ts'
export { UnregisterBrokerApi } from '../../broker/src/apis/64-unregister-broker.ts'
export { ConsumerGroupHeartbeatApi } from '../../broker/src/apis/68-consumer-group-heartbeat.ts'
export { ShareGroupHeartbeatApi } from '../../broker/src/apis/76-share-group-heartbeat.ts'
export { ShareFetchApi } from '../../broker/src/apis/78-share-fetch.ts'
export { ShareAcknowledgeApi } from '../../broker/src/apis/79-share-acknowledge.ts'
export { DescribeShareGroupOffsetsApi } from '../../broker/src/apis/90-describe-share-group-offsets.ts'
export { FetchRead } from '../../broker/src/apis/fetch-read.ts'
export {
  brokerConfig,
  ClusterImage,
  ConfigResourceType,
  METADATA_LOG,
  type PartitionImage,
  replay,
  type SnapshotPolicy,
} from '../../broker/src/cluster/index.ts'
export { ClassicGroup } from '../../broker/src/coordinators/groups/classic/classic-group.ts'
export { ConsumerGroup } from '../../broker/src/coordinators/groups/consumer/consumer-group.ts'
export { Groups } from '../../broker/src/coordinators/groups/groups.ts'
export { GroupShard } from '../../broker/src/coordinators/groups/index.ts'
export {
  AcknowledgeType,
  SharePartition,
  ShareStateShard,
} from '../../broker/src/coordinators/share/index.ts'
export { TransactionShard } from '../../broker/src/coordinators/transactions/index.ts'
export { Fetcher } from '../../broker/src/replication/follower/fetcher.ts'
export { Followed } from '../../broker/src/replication/follower/followed.ts'
export { LeaderState } from '../../broker/src/replication/leader/leader-state.ts'
export { Partition } from '../../broker/src/replication/partition/partition.ts'
export { OfflineReporter } from '../../broker/src/replication/reports/offline-reporter.ts'
export { memoryCodecs } from '../../broker/src/runtime/codecs/memory-codecs.ts'
export { MachineClock, MemoryClock, ProcessTimers } from '../../broker/src/runtime/memory-clock.ts'
export { MemoryDisk } from '../../broker/src/runtime/memory-disk.ts'
export { type MemoryHost, MemoryNetwork } from '../../broker/src/runtime/memory-network.ts'
export { seededRandom } from '../../broker/src/runtime/seeded-random.ts'
export type {
  Address,
  Clock,
  Network,
  Random,
  Runtime,
  Socket,
  Timers,
} from '../../broker/src/runtime/types.ts'
export { RateQuotas } from '../../broker/src/security/quotas/rate-quotas.ts'
export { Broker } from '../../broker/src/server/broker.ts'
export { cleanerSettings } from '../../broker/src/server/cleaner-settings.ts'
export { Candidacy } from '../../broker/src/server/cluster/candidacy.ts'
export { ControllerService } from '../../broker/src/server/cluster/controller-service.ts'
export { MetadataSnapshots } from '../../broker/src/server/cluster/metadata-snapshots.ts'
export { MarkerWriter } from '../../broker/src/server/coordinators/marker-writer.ts'
export { TransactionVerifier } from '../../broker/src/server/coordinators/transaction-verifier.ts'
export { FetchSessions } from '../../broker/src/server/fetch-sessions.ts'
export { ServedRequest } from '../../broker/src/server/served-request.ts'
export { ShareStateClient } from '../../broker/src/server/share/share-state-client.ts'
export { OffsetMap } from '../../broker/src/storage/cleaner/offset-map.ts'
export { CleanedTransactions } from '../../broker/src/storage/cleaner/transactions.ts'
export { LogManager, PartitionLog } from '../../broker/src/storage/index.ts'
export { ProducerStates } from '../../broker/src/storage/producers/producer-states.ts'
export { RecordWalker } from '../../broker/src/storage/records/record-walker.ts'
export { Loggers } from '../../broker/src/telemetry/logger.ts'
