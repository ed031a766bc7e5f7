import {
  type BrokerConfig,
  type ClusterView,
  type ImageChange,
  OFFSETS_TOPIC,
  TRANSACTIONS_TOPIC,
  transactionVersion,
} from '../../cluster/index.ts'
import { GroupShard } from '../../coordinators/groups/index.ts'
import {
  type SendMarkers,
  type TransactionConfig,
  TransactionShard,
} from '../../coordinators/transactions/index.ts'
import type { Partition } from '../../replication/partition/partition.ts'
import type { ReplicaManager } from '../../replication/replica-manager.ts'
import type { Runtime } from '../../runtime/types.ts'
import type { Loggers } from '../../telemetry/logger.ts'
import { BrokerLinks } from '../broker-links.ts'
import type { ProducerIds } from '../producer-ids.ts'
import { ShareServices } from '../share/share-services.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import { groupConfig, groupSurroundings } from './group-settings.ts'
import { MarkerSender } from './marker-sender.ts'
import { MarkerWriter } from './marker-writer.ts'
import { TransactionCoordinator } from './transaction-coordinator.ts'
import { TransactionVerifier } from './transaction-verifier.ts'

export interface CoordinatorsParts {
  readonly config: BrokerConfig
  readonly runtime: Runtime
  readonly loggers: Loggers
  readonly cluster: ClusterView
  readonly replicas: ReplicaManager
  readonly producerIds: ProducerIds
}

/** All that this broker coordinates, and what coordinators do on other brokers. */
export class Coordinators {
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly markerWriter: MarkerWriter
  readonly verifier: TransactionVerifier
  readonly share: ShareServices
  readonly #sender: MarkerSender
  readonly #links: BrokerLinks

  constructor(parts: CoordinatorsParts) {
    const { config, runtime, loggers, cluster, replicas } = parts
    const brokerId = config.nodeId
    this.#links = new BrokerLinks(runtime, cluster, `broker-${brokerId}-transactions`)
    this.groups = newGroups(parts)
    const shareLogger = loggers.get('org.apache.kafka.coordinator.share.ShareCoordinatorService')
    this.share = new ShareServices({ ...parts, logger: shareLogger })
    this.markerWriter = new MarkerWriter({ runtime, replicas, groups: this.groups })
    this.transactions = newTransactions(parts, (partition, markers) => this.#sender.send(partition, markers))
    this.#sender = new MarkerSender({
      ...parts,
      logger: loggers.get(TRANSACTION_LOGGER),
      brokerId,
      links: this.#links,
      writer: this.markerWriter,
      isCurrent: (partition, epoch) => this.transactions.epochOf(partition) === epoch,
      onWritten: (partition, markers) => this.transactions.markersWritten(partition, markers),
    })
    this.verifier = new TransactionVerifier({
      ...parts,
      brokerId,
      links: this.#links,
      coordinator: this.transactions,
      retryMs: config.settings['add.partitions.to.txn.retry.backoff.ms'],
      retryMsMax: config.settings['add.partitions.to.txn.retry.backoff.max.ms'],
    })
  }

  /** The role of this broker for a partition may have changed. */
  partitionChanged(partition: Partition): void {
    for (const each of [this.groups, this.transactions, this.share.state]) {
      if (each.topic === partition.topic) each.partitionChanged(partition)
    }
    this.share.partitions.partitionChanged(partition)
  }

  /** It leads nothing any more. */
  partitionRemoved(partition: Partition): void {
    for (const each of [this.groups, this.transactions, this.share.state])
      if (each.topic === partition.topic) each.partitionRemoved(partition.index)
    this.share.partitions.partitionChanged(partition)
  }

  metadataChanged(change: ImageChange): void {
    if (change.topicsDeleted.length > 0) {
      this.groups.topicsDeleted(change.topicsDeleted.map(({ name }) => name))
      this.share.topicsDeleted(change.topicsDeleted)
    }
    this.groups.topicsChanged(change)
  }

  close(): void {
    this.#sender.close()
    this.groups.close()
    this.transactions.close()
    this.share.close()
    this.#links.close()
  }
}

function newGroups({ config, runtime, loggers, cluster }: CoordinatorsParts): GroupCoordinator {
  return new GroupCoordinator({
    runtime,
    logger: loggers.get('org.apache.kafka.coordinator.group.GroupCoordinatorService'),
    topic: OFFSETS_TOPIC,
    partitionCount: () => cluster.topics.get(OFFSETS_TOPIC)?.partitions.length ?? 0,
    commitTimeoutMs: config.settings['offsets.commit.timeout.ms'],
    newShard: () => new GroupShard(groupConfig(config), groupSurroundings(config, cluster)),
  })
}

/** How long a client waits for the replicas of the topic of transactions: as long as clients wait for any answer. */
const TRANSACTION_COMMIT_TIMEOUT_MS = 30_000
const TRANSACTION_LOGGER = 'kafka.coordinator.transaction.TransactionCoordinator'

function newTransactions(
  { config, runtime, loggers, cluster, producerIds }: CoordinatorsParts,
  send: (partition: number, markers: SendMarkers) => void,
): TransactionCoordinator {
  const parts = {
    runtime,
    logger: loggers.get(TRANSACTION_LOGGER),
    topic: TRANSACTIONS_TOPIC,
    partitionCount: () => cluster.topics.get(TRANSACTIONS_TOPIC)?.partitions.length ?? 0,
    commitTimeoutMs: TRANSACTION_COMMIT_TIMEOUT_MS,
    newShard: ({ leaderEpoch }: Partition) =>
      new TransactionShard({
        config: transactionConfig(config),
        transactionVersion: () => transactionVersion(cluster),
        coordinatorEpoch: leaderEpoch,
      }),
    onEffect: (markers: SendMarkers, partition: number) => send(partition, markers),
  }
  return new TransactionCoordinator(parts, producerIds)
}

function transactionConfig({ settings }: BrokerConfig): TransactionConfig {
  return {
    transactionMaxTimeoutMs: settings['transaction.max.timeout.ms'],
    transactionalIdExpirationMs: settings['transactional.id.expiration.ms'],
    abortTimedOutIntervalMs: settings['transaction.abort.timed.out.transaction.cleanup.interval.ms'],
    removeExpiredIntervalMs: settings['transaction.remove.expired.transaction.cleanup.interval.ms'],
  }
}
