/** What a topic's configurations say about who may be in sync and who may lead. */
import { parseValue } from '../configs/definition.ts'
import { configSources, resolveTopicConfig } from '../configs/resolve.ts'
import { TOPIC_CONFIGS, type TopicConfigName } from '../configs/topic-definitions.ts'
import type { ClusterView, ConfigOverrides } from '../image-types.ts'
import { ConfigResourceType } from '../records.ts'

export interface TopicRules {
  readonly minInsyncReplicas: number
  readonly uncleanElectionEnabled: boolean
}

/** Configurations on which the state of partitions depends: when one changes, partitions may have to change too. */
export const MIN_INSYNC_REPLICAS = 'min.insync.replicas'
export const UNCLEAN_ELECTION = 'unclean.leader.election.enable'

/**
 * Rules by topic name. All brokers must see the same min.insync.replicas, or a leader would acknowledge what the
 * controller does not count as committed: so it counts for the cluster and for topics, never for single brokers.
 */
export function topicRules(
  view: Pick<ClusterView, 'configs'>,
  staticOverrides: ConfigOverrides,
): (topicName: string) => TopicRules {
  const sources = configSources(view, staticOverrides)
  const rulesOf = (overrides: ConfigOverrides): TopicRules => {
    const textOf = (name: TopicConfigName) => resolveTopicConfig(name, overrides, sources).value
    const minIsr = TOPIC_CONFIGS[MIN_INSYNC_REPLICAS]
    const unclean = TOPIC_CONFIGS[UNCLEAN_ELECTION]
    return {
      minInsyncReplicas: parseValue(MIN_INSYNC_REPLICAS, minIsr, textOf(MIN_INSYNC_REPLICAS)),
      uncleanElectionEnabled: parseValue(UNCLEAN_ELECTION, unclean, textOf(UNCLEAN_ELECTION)),
    }
  }
  // Most topics override nothing and share one answer.
  const defaults = rulesOf(new Map())
  return (topicName) => {
    const overrides = view.configs(ConfigResourceType.TOPIC, topicName)
    return overrides.size === 0 ? defaults : rulesOf(overrides)
  }
}
