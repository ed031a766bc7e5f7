/** What new values must not be, given the others: each alone would be legal. */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import { brokerSettings } from '../configs/broker-config.ts'
import { parseValue } from '../configs/definition.ts'
import {
  checkAssignmentIntervals,
  checkGroupLimits,
  checkGroupTimeouts,
  isGroupConfigName,
} from '../configs/group-definitions.ts'
import { type BrokerConfigSources, configSources, resolveTopicConfig } from '../configs/resolve.ts'
import { TOPIC_CONFIGS } from '../configs/topic-definitions.ts'
import type { ClusterView, ConfigOverrides } from '../image-types.ts'
import { ConfigResourceType } from '../records.ts'
import { isForAllBrokers, type Resource } from './alterable-resource.ts'
import { asRequest } from './config-values.ts'
import type { ControllerContext } from './decision.ts'
import { MIN_INSYNC_REPLICAS } from './topic-rules.ts'

/** New values by name; null removes an override. */
export type Changes = ReadonlyMap<string, string | null>

/** Throws what Kafka answers. */
export function checkTogether(
  view: ClusterView,
  resource: Resource,
  changes: Changes,
  { settings, staticOverrides }: ControllerContext,
): void {
  if (resource.type === ConfigResourceType.GROUP) {
    for (const [name, value] of changes)
      if (value !== null && isGroupConfigName(name)) checkGroupLimits(name, value, settings)
    checkGroupTimeouts(changed(resource.overrides, changes), settings)
  }
  if (resource.type === ConfigResourceType.TOPIC)
    checkTopicTogether(changed(resource.overrides, changes), configSources(view, staticOverrides))
  if (resource.type !== ConfigResourceType.BROKER) return
  checkMinInsyncReplicas(resource, changes)
  const { dynamicDefault } = configSources(view, staticOverrides)
  const forAll = isForAllBrokers(resource) ? [] : dynamicDefault
  const after = [...staticOverrides, ...forAll, ...changed(resource.overrides, changes)]
  asRequest(resource.type, () => checkAssignmentIntervals(brokerSettings(new Map(after))))
}

/** The same of all configurations that a topic has of its own. */
export function checkTopicTogether(overrides: ConfigOverrides, sources: BrokerConfigSources): void {
  if (!overrides.has(MIN_COMPACTION_LAG) && !overrides.has(MAX_COMPACTION_LAG)) return
  const lagOf = (name: typeof MIN_COMPACTION_LAG | typeof MAX_COMPACTION_LAG) =>
    parseValue(name, TOPIC_CONFIGS[name], resolveTopicConfig(name, overrides, sources).value)
  const [min, max] = [lagOf(MIN_COMPACTION_LAG), lagOf(MAX_COMPACTION_LAG)]
  if (min <= max) return
  throw new KafkaError(
    ErrorCode.INVALID_CONFIG,
    `conflict topic config setting ${MIN_COMPACTION_LAG} (${min}) > ${MAX_COMPACTION_LAG} (${max})`,
  )
}

const MIN_COMPACTION_LAG = 'min.compaction.lag.ms'
const MAX_COMPACTION_LAG = 'max.compaction.lag.ms'

function changed(overrides: ConfigOverrides, changes: Changes): ConfigOverrides {
  const after = new Map(overrides)
  for (const [name, value] of changes) {
    if (value === null) after.delete(name)
    else after.set(name, value)
  }
  return after
}

/** Who is eligible to lead depends on it, so all brokers must go by the same value (KIP-966). */
function checkMinInsyncReplicas(resource: Resource, changes: Changes): void {
  const value = changes.get(MIN_INSYNC_REPLICAS)
  if (value === undefined) return
  if (!isForAllBrokers(resource)) {
    throw new KafkaError(
      ErrorCode.INVALID_CONFIG,
      `Broker-level ${MIN_INSYNC_REPLICAS} cannot be altered while ELR is enabled.`,
    )
  }
  if (value === null) {
    throw new KafkaError(
      ErrorCode.INVALID_CONFIG,
      `Cluster level ${MIN_INSYNC_REPLICAS} cannot be removed while ELR is enabled.`,
    )
  }
}
