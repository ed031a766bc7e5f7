/** A broker's configuration while it runs: what was set for it, or for all brokers, counts over its file (KIP-226). */
import type { ClusterView } from '../image-types.ts'
import { type BrokerConfig, brokerSettings } from './broker-config.ts'
import type { BrokerSettings } from './broker-definitions.ts'
import { DYNAMIC_SETTINGS } from './dynamic-settings.ts'
import { configSources } from './resolve.ts'

export interface LiveBrokerConfig extends BrokerConfig {
  /** To be called when configurations of brokers changed: `settings` are others from then on. */
  refresh(): void
}

export function liveBrokerConfig(config: BrokerConfig, view: Pick<ClusterView, 'configs'>): LiveBrokerConfig {
  let { settings } = config
  return {
    ...config,
    get settings(): BrokerSettings {
      return settings
    },
    refresh() {
      const { dynamicDefault, dynamicBroker } = configSources(view, config.staticOverrides, config.nodeId)
      const changes = [...dynamicDefault, ...dynamicBroker].filter(([name]) => DYNAMIC_SETTINGS.has(name))
      settings =
        changes.length === 0
          ? config.settings
          : brokerSettings(new Map([...config.staticOverrides, ...changes]))
    },
  }
}
