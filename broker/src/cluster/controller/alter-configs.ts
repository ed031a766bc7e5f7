/** AlterConfigs (33), which replaces all overrides, and IncrementalAlterConfigs (44), which changes single ones. */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import { ConfigType, splitList } from '../configs/definition.ts'
import { configSources, resolveBrokerConfig, resolveTopicConfig } from '../configs/resolve.ts'
import { isTopicConfigName } from '../configs/topic-definitions.ts'
import type { ClusterView, ConfigOverrides } from '../image-types.ts'
import { ConfigResourceType, type RecordOf } from '../records.ts'
import { findResource, isForAllBrokers, type Resource } from './alterable-resource.ts'
import { type Changes, checkTogether } from './config-checks.ts'
import { definitionOf, isReadOnly, settableValue } from './config-values.ts'
import {
  attempt,
  type ControllerContext,
  type Decision,
  failure,
  type Outcome,
  repeated,
  SUCCESS,
} from './decision.ts'
import { changesWithRules } from './elections.ts'
import { MIN_INSYNC_REPLICAS, topicRules, UNCLEAN_ELECTION } from './topic-rules.ts'

/** Codes of the IncrementalAlterConfigs API (KIP-339). */
export const AlterConfigOperation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const

export interface AlteredConfig {
  readonly name: string
  readonly value: string | null
}

export interface IncrementallyAlteredConfig extends AlteredConfig {
  readonly configOperation: number
}

export interface AlterableResource<C> {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly C[]
}

export interface AlterConfigsRequest<C> {
  readonly resources: readonly AlterableResource<C>[]
  readonly validateOnly: boolean
}

export interface AlteredResource extends Outcome {
  readonly resourceType: number
  readonly resourceName: string
}

export function alterConfigs(
  view: ClusterView,
  request: AlterConfigsRequest<AlteredConfig>,
  context: ControllerContext,
): Decision<readonly AlteredResource[]> {
  return alter(view, request, context, (resource, { configs }) => {
    const values = new Map(configs.map(({ name, value }) => [name, setValue(resource, name, value)]))
    // What cannot be removed stays, where whoever replaces everything does not mention it.
    const removed = [...resource.overrides.keys()].filter(
      (name) => !values.has(name) && !(isForAllBrokers(resource) && name === MIN_INSYNC_REPLICAS),
    )
    return new Map<string, string | null>([...values, ...removed.map((name) => [name, null] as const)])
  })
}

export function incrementalAlterConfigs(
  view: ClusterView,
  request: AlterConfigsRequest<IncrementallyAlteredConfig>,
  context: ControllerContext,
): Decision<readonly AlteredResource[]> {
  return alter(
    view,
    request,
    context,
    (resource, { configs }) =>
      new Map(configs.map((config) => [config.name, changedValue(view, resource, config, context)])),
  )
}

function alter<C extends AlteredConfig>(
  view: ClusterView,
  { resources, validateOnly }: AlterConfigsRequest<C>,
  context: ControllerContext,
  changesOf: (resource: Resource, asked: AlterableResource<C>) => Changes,
): Decision<readonly AlteredResource[]> {
  const records: RecordOf<'Config'>[] = []
  const duplicates = repeated(resources.map(keyOf))
  const reply = resources.map((asked): AlteredResource => {
    const { resourceType, resourceName } = asked
    const outcome = attempt(() => {
      if (duplicates.has(keyOf(asked))) throw invalid('Each resource must appear at most once.')
      const resource = findResource(view, asked)
      if (repeated(asked.configs.map(({ name }) => name)).size > 0) {
        throw invalid('Error due to duplicate config keys')
      }
      checkDynamic(resource, asked.configs)
      const changes = changesOf(resource, asked)
      checkTogether(view, resource, changes, context)
      records.push(...configRecords(resource, changes))
      return SUCCESS
    }, failure)
    return { resourceType, resourceName, ...outcome }
  })
  if (validateOnly) return { records: [], reply }
  return { records: [...partitionChanges(view, records, context.staticOverrides), ...records], reply }
}

/**
 * What the new configurations mean for partitions. They come before the configurations, so that no leader commits
 * alone what an eligible replica, which is none any more, does not have.
 */
function partitionChanges(
  view: ClusterView,
  records: readonly RecordOf<'Config'>[],
  staticOverrides: ConfigOverrides,
): RecordOf<'PartitionChange'>[] {
  const relevant = records.filter(({ name }) => name === MIN_INSYNC_REPLICAS || name === UNCLEAN_ELECTION)
  if (relevant.length === 0) return []
  const isForAll = relevant.some(({ resourceType }) => resourceType === ConfigResourceType.BROKER)
  const topics = isForAll
    ? view.topics.values()
    : new Set(relevant.flatMap(({ resourceName }) => view.topics.get(resourceName) ?? []))
  return changesWithRules(view, topics, topicRules(withConfigs(view, relevant), staticOverrides))
}

/** The configurations as they will be. */
function withConfigs(
  view: ClusterView,
  records: readonly RecordOf<'Config'>[],
): Pick<ClusterView, 'configs'> {
  return {
    configs(type, name) {
      const own = records.filter((record) => record.resourceType === type && record.resourceName === name)
      const overrides = view.configs(type, name)
      if (own.length === 0) return overrides
      const after = new Map(overrides)
      for (const { name: key, value } of own) {
        if (value === null) after.delete(key)
        else after.set(key, value)
      }
      return after
    },
  }
}

function keyOf({ resourceType, resourceName }: { resourceType: number; resourceName: string }): string {
  return `${resourceType}:${resourceName}`
}

function checkDynamic({ type }: Resource, configs: readonly AlteredConfig[]): void {
  const fixed = configs.filter(({ name }) => isReadOnly(type, name)).map(({ name }) => name)
  if (fixed.length > 0) throw invalid(`Cannot update these configs dynamically: [${fixed.join(', ')}]`)
}

function changedValue(
  view: ClusterView,
  resource: Resource,
  { name, value, configOperation }: IncrementallyAlteredConfig,
  context: ControllerContext,
): string | null {
  switch (configOperation) {
    case AlterConfigOperation.SET:
      return setValue(resource, name, value)
    case AlterConfigOperation.DELETE:
      return null
    case AlterConfigOperation.APPEND: {
      const before = listValue(view, resource, name, 'APPEND', context)
      const added = listOf(name, value).filter((item) => !before.includes(item))
      return setValue(resource, name, [...before, ...added].join(','))
    }
    case AlterConfigOperation.SUBTRACT: {
      const before = listValue(view, resource, name, 'SUBTRACT', context)
      const removed = listOf(name, value)
      return setValue(resource, name, before.filter((item) => !removed.includes(item)).join(','))
    }
    default:
      throw invalid(`Unknown operation ${configOperation} on configuration ${name}.`)
  }
}

function setValue({ type }: Resource, name: string, value: string | null): string {
  if (value === null) throw noNull(name)
  return settableValue(type, name, value)
}

function listOf(name: string, value: string | null): string[] {
  if (value === null) throw noNull(name)
  return splitList(value)
}

/** What the list is now, by an override or by default. */
function listValue(
  view: ClusterView,
  { type, overrides }: Resource,
  name: string,
  operation: string,
  context: ControllerContext,
): string[] {
  const definition = definitionOf(type, name)
  if (definition !== undefined && definition.type !== ConfigType.LIST) {
    throw new KafkaError(
      ErrorCode.INVALID_CONFIG,
      `Can't ${operation} to key ${name} because its type is not LIST.`,
    )
  }
  const own = overrides.get(name)
  if (own !== undefined || definition === undefined) return splitList(own ?? '')
  const sources = configSources(view, context.staticOverrides)
  const resolved =
    type === ConfigResourceType.TOPIC && isTopicConfigName(name)
      ? resolveTopicConfig(name, overrides, sources)
      : resolveBrokerConfig(name, sources)
  return splitList(resolved?.value ?? '')
}

function configRecords(
  { type, name: resourceName, overrides }: Resource,
  changes: Changes,
): RecordOf<'Config'>[] {
  return [...changes]
    .filter(([name, value]) => (overrides.get(name) ?? null) !== value)
    .map(([name, value]) => ({ type: 'Config', resourceType: type, resourceName, name, value }))
}

function noNull(name: string): KafkaError {
  return invalid(`Null value not supported for : ${name}`)
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message)
}
