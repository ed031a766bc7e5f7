/** What the configurations are of that somebody wants to change: a topic, a broker or all of them, a group, a subscription. */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import type { ClusterView, ConfigOverrides } from '../image-types.ts'
import { ConfigResourceType } from '../records.ts'
import { invalidTopicName } from '../topic-names.ts'

export interface Resource {
  readonly type: ConfigResourceType
  readonly name: string
  readonly overrides: ConfigOverrides
}

/** Throws if there is no such resource, or it cannot be changed. */
export function findResource(
  view: ClusterView,
  { resourceType, resourceName: name }: { resourceType: number; resourceName: string },
): Resource {
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      checkTopic(view, name)
      return { type: ConfigResourceType.TOPIC, name, overrides: view.configs(ConfigResourceType.TOPIC, name) }
    case ConfigResourceType.BROKER:
      checkBroker(view, name)
      return {
        type: ConfigResourceType.BROKER,
        name,
        overrides: view.configs(ConfigResourceType.BROKER, name),
      }
    case ConfigResourceType.CLIENT_METRICS:
      if (name === '') throw invalid('Default client metrics resources are not allowed.')
      return {
        type: ConfigResourceType.CLIENT_METRICS,
        name,
        overrides: view.configs(ConfigResourceType.CLIENT_METRICS, name),
      }
    case ConfigResourceType.GROUP:
      if (name === '') throw invalid('Default group resources are not allowed.')
      return { type: ConfigResourceType.GROUP, name, overrides: view.configs(ConfigResourceType.GROUP, name) }
    default:
      throw invalid(`Configurations of resource type ${resourceType} are not available here.`)
  }
}

function checkTopic(view: ClusterView, name: string): void {
  if (name === '') throw invalid('Default topic resources are not allowed.')
  const reason = invalidTopicName(name)
  if (reason !== undefined) throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, reason)
  if (!view.topics.has(name)) {
    throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`)
  }
}

/** The empty name stands for all brokers. */
function checkBroker(view: ClusterView, name: string): void {
  if (name === '') return
  if (!/^\d{1,10}$/.test(name)) throw invalid('Unable to parse broker name as a base 10 number.')
  if (String(Number(name)) !== name || !view.brokers.has(Number(name))) {
    throw new KafkaError(ErrorCode.BROKER_ID_NOT_REGISTERED, `No broker with id ${name} found.`)
  }
}

/** The broker resource without a name. */
export function isForAllBrokers({ type, name }: Resource): boolean {
  return type === ConfigResourceType.BROKER && name === ''
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message)
}
