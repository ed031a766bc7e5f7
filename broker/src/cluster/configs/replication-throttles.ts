/** How fast throttled replicas may be copied on one broker (KIP-73), in bytes per second; Infinity if nothing is set. */
import { REPLICATION_THROTTLES, type ReplicationThrottle } from './broker-definitions.ts'
import { parseValue } from './definition.ts'
import { type BrokerConfigSources, resolveBrokerConfig } from './resolve.ts'

export function replicationThrottles(sources: BrokerConfigSources): { leader: number; follower: number } {
  const rate = (name: ReplicationThrottle): number => {
    const definition = REPLICATION_THROTTLES[name]
    return parseValue(name, definition, resolveBrokerConfig(name, sources)?.value ?? definition.defaultValue)
  }
  return {
    leader: rate('leader.replication.throttled.rate'),
    follower: rate('follower.replication.throttled.rate'),
  }
}
