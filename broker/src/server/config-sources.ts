import { type BrokerConfig, type BrokerConfigSources, type ClusterView, ConfigResourceType } from '../cluster/index.ts'

/** Where this broker's values come from, the nearest first. */
export function configSources(cluster: ClusterView, config: BrokerConfig): BrokerConfigSources {
  return {
    dynamicBroker: cluster.configs(ConfigResourceType.BROKER, String(config.nodeId)),
    dynamicDefault: cluster.configs(ConfigResourceType.BROKER, ''),
    staticBroker: config.staticOverrides,
  }
}
