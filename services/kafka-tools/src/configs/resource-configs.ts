/** Configurations of topics, brokers, loggers, groups and subscriptions of client metrics. */
import type { Cluster } from '../client/cluster.ts'
import { listConfigResources } from '../client/config-resources.ts'
import {
  alterConfigs,
  type ConfigEntry,
  describeConfigs,
  type ResourceType,
  resourceTypes,
} from '../client/configs.ts'
import { InvalidConfigurationException } from '../client/exceptions.ts'
import { listGroups } from '../client/groups.ts'
import { listTopics } from '../client/topics.ts'
import type { Terminal } from '../tool.ts'
import type { Changes } from './changes.ts'
import type { EntityType } from './config-options.ts'

export type ResourceEntity = Exclude<EntityType, 'users' | 'clients' | 'ips'>

interface Kind {
  readonly resourceType: ResourceType
  /** The source that --describe shows without --all; undefined shows all. */
  readonly source: string | undefined
}

const kinds: Readonly<Record<ResourceEntity, Kind>> = {
  topics: { resourceType: resourceTypes.topic, source: 'DYNAMIC_TOPIC_CONFIG' },
  brokers: { resourceType: resourceTypes.broker, source: 'DYNAMIC_BROKER_CONFIG' },
  'broker-loggers': { resourceType: resourceTypes.brokerLogger, source: undefined },
  'client-metrics': { resourceType: resourceTypes.clientMetrics, source: 'DYNAMIC_CLIENT_METRICS_CONFIG' },
  groups: { resourceType: resourceTypes.group, source: 'DYNAMIC_GROUP_CONFIG' },
}

export async function describeResources(
  cluster: Cluster,
  type: ResourceEntity,
  name: string | undefined,
  all: boolean,
  terminal: Terminal,
): Promise<void> {
  const known = await knownNames(cluster, type)
  if (name !== undefined && !all && !known.includes(name)) {
    const singular = type.slice(0, -1)
    terminal.output.write(`The ${singular} '${name}' doesn't exist and doesn't have dynamic config.\n`)
    return
  }
  for (const entity of name === undefined ? known : [name]) {
    const title =
      entity === ''
        ? `Default configs for ${type} in the cluster are:`
        : `${all ? 'All' : 'Dynamic'} configs for ${type.slice(0, -1)} ${entity} are:`
    terminal.output.write(`${title}\n`)
    for (const entry of await entries(cluster, type, entity, all)) terminal.output.write(lineOf(entry))
  }
}

export async function alterResource(
  cluster: Cluster,
  type: ResourceEntity,
  name: string,
  { added, deleted }: Changes,
): Promise<void> {
  if (type === 'broker-loggers') {
    const known = (await entries(cluster, type, name, false)).map((entry) => entry.name)
    const invalid = [...deleted, ...Object.keys(added)].filter((logger) => !known.includes(logger))
    if (invalid.length > 0) {
      throw new InvalidConfigurationException(`Invalid broker logger(s): ${invalid.join(',')}`)
    }
  }
  await alterConfigs(cluster, { type: kinds[type].resourceType, name }, added, deleted)
}

async function knownNames(cluster: Cluster, type: ResourceEntity): Promise<string[]> {
  if (type === 'topics') return (await listTopics(cluster)).map(({ name }) => name)
  if (type === 'brokers' || type === 'broker-loggers') {
    return [...(await cluster.brokers()).map(({ nodeId }) => String(nodeId)), '']
  }
  const configured = await listConfigResources(cluster, kinds[type].resourceType)
  if (type === 'client-metrics') return configured
  const groups = (await listGroups(cluster)).map(({ groupId }) => groupId)
  return [...new Set([...groups, ...configured])].sort()
}

async function entries(
  cluster: Cluster,
  type: ResourceEntity,
  name: string,
  all: boolean,
): Promise<ConfigEntry[]> {
  const { resourceType, source } = kinds[type]
  const wanted = type === 'brokers' && name === '' ? 'DYNAMIC_DEFAULT_BROKER_CONFIG' : source
  const found = await describeConfigs(cluster, { type: resourceType, name })
  return all || wanted === undefined ? found : found.filter((entry) => entry.source === wanted)
}

function lineOf({ name, value, isSensitive, synonyms }: ConfigEntry): string {
  const list = synonyms.map((each) => `${each.source}:${each.name}=${each.value}`).join(', ')
  return `  ${name}=${value} sensitive=${isSensitive} synonyms={${list}}\n`
}
