/** The broker's configuration and metadata as the pure group coordinator takes them. */
import {
  type BrokerConfig,
  type ClusterView,
  ConfigResourceType,
  groupSettings,
  type TopicImage,
} from '../../cluster/index.ts'
import type { GroupConfig, GroupSurroundings, TopicsView } from '../../coordinators/groups/index.ts'

export function groupConfig({ settings }: BrokerConfig): GroupConfig {
  return {
    groupMinSessionTimeoutMs: settings['group.min.session.timeout.ms'],
    groupMaxSessionTimeoutMs: settings['group.max.session.timeout.ms'],
    groupInitialRebalanceDelayMs: settings['group.initial.rebalance.delay.ms'],
    groupMaxSize: settings['group.max.size'],
    offsetsRetentionMs: settings['offsets.retention.minutes'] * 60_000,
    offsetsRetentionCheckIntervalMs: settings['offsets.retention.check.interval.ms'],
    offsetMetadataMaxBytes: settings['offset.metadata.max.bytes'],
    groupConsumerMaxSize: settings['group.consumer.max.size'],
    groupShareMaxSize: settings['group.share.max.size'],
    groupConsumerAssignors: settings['group.consumer.assignors'],
    groupConsumerMigrationPolicy: settings['group.consumer.migration.policy'],
    groupConsumerRegexRefreshIntervalMs: settings['group.consumer.regex.refresh.interval.ms'],
    groupStreamsMaxSize: settings['group.streams.max.size'],
  }
}

export function groupSurroundings(config: BrokerConfig, cluster: ClusterView): GroupSurroundings {
  return {
    topics: topicsView(cluster),
    settingsOf: (groupId) => {
      const own = groupSettings(cluster.configs(ConfigResourceType.GROUP, groupId), config.settings)
      return {
        consumerSessionTimeoutMs: own['consumer.session.timeout.ms'],
        consumerHeartbeatIntervalMs: own['consumer.heartbeat.interval.ms'],
        consumerAssignmentIntervalMs: own['consumer.assignment.interval.ms'],
        shareAssignmentIntervalMs: own['share.assignment.interval.ms'],
        shareSessionTimeoutMs: own['share.session.timeout.ms'],
        shareHeartbeatIntervalMs: own['share.heartbeat.interval.ms'],
        streamsSessionTimeoutMs: own['streams.session.timeout.ms'],
        streamsHeartbeatIntervalMs: own['streams.heartbeat.interval.ms'],
        streamsAssignmentIntervalMs: own['streams.assignment.interval.ms'],
        streamsInitialRebalanceDelayMs: own['streams.initial.rebalance.delay.ms'],
        streamsNumStandbyReplicas: own['streams.num.standby.replicas'],
      }
    },
  }
}

function topicsView(cluster: ClusterView): TopicsView {
  const facts = (topic: TopicImage | undefined) =>
    topic && { name: topic.name, topicId: topic.topicId, partitionCount: topic.partitions.length }
  return {
    byName: (name) => facts(cluster.topics.get(name)),
    byId: (topicId) => facts(cluster.topicsById.get(topicId)),
    names: () => cluster.topics.keys(),
    get version() {
      return cluster.offset
    },
  }
}
