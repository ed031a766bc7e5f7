/** The loggers of this broker as configurations (KIP-412). Levels are not kept: a restart forgets them, as in Kafka. */
import {
  AlterConfigOperation,
  type AlteredResource,
  ConfigSource,
  ConfigType,
  type DescribedConfig,
} from '../cluster/index.ts'
import { LOGGER_LEVELS, LOGGER_NAMES, type LoggerName, type Loggers } from '../telemetry/logger.ts'
import { ErrorCode, KafkaError } from '../wire/index.ts'
import type { IncrementalAlterConfigsRequest } from './44-incremental-alter-configs.ts'

/** Of ConfigResource. */
export const BROKER_LOGGER = 8

type Resource = IncrementalAlterConfigsRequest['resources'][number]
type Config = Resource['configs'][number]

export function describeLoggers(
  loggers: Loggers,
  nodeId: number,
  resourceName: string,
  names: readonly string[] | null,
): DescribedConfig[] {
  if (resourceName === '') throw invalid('Broker id must not be empty')
  if (Number(resourceName) !== nodeId) {
    throw invalid(`Unexpected broker id, expected ${nodeId} but received ${resourceName}`)
  }
  const wanted = loggers.levels().filter(([name]) => names?.includes(name) ?? true)
  return wanted.map(([name, value]) => ({
    name,
    value,
    source: ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG,
    readOnly: false,
    isSensitive: false,
    type: ConfigType.UNKNOWN,
    documentation: null,
    synonyms: [],
  }))
}

/** Each resource is checked as a whole before any of its loggers is changed. */
export function alterLoggers(
  loggers: Loggers,
  nodeId: number,
  resources: readonly Resource[],
  validateOnly: boolean,
): AlteredResource[] {
  return resources.map((resource) => {
    const { resourceType, resourceName } = resource
    const result = { resourceType, resourceName, errorCode: ErrorCode.NONE, errorMessage: null }
    try {
      if (resources.filter((other) => other.resourceName === resourceName).length > 1) {
        throw invalid('Each resource must appear at most once.')
      }
      const changes = changesOf(nodeId, resource)
      if (!validateOnly) for (const change of changes) change(loggers)
      return result
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return { ...result, errorCode: error.code, errorMessage: error.message }
    }
  })
}

type Change = (loggers: Loggers) => void

function changesOf(nodeId: number, { resourceName, configs }: Resource): Change[] {
  if (new Set(configs.map(({ name }) => name)).size < configs.length) {
    throw invalid('Error due to duplicate config keys')
  }
  const withoutValue = configs.filter(
    ({ value, configOperation }) => value === null && configOperation !== AlterConfigOperation.DELETE,
  )
  if (withoutValue.length > 0) {
    throw invalid(`Null value not supported for : ${withoutValue.map(({ name }) => name).join(', ')}`)
  }
  if (!/^[+-]?\d+$/.test(resourceName))
    throw invalid(`Node id must be an integer, but it is: ${resourceName}`)
  if (Number(resourceName) !== nodeId) {
    throw invalid(`Unexpected node id. Expected ${nodeId}, but received ${resourceName}`)
  }
  return configs.map(changeOf)
}

function changeOf({ name: asked, value, configOperation }: Config): Change {
  switch (configOperation) {
    case AlterConfigOperation.SET: {
      const name = loggerName(asked)
      const level = LOGGER_LEVELS.find((each) => each === value)
      if (level === undefined) throw wrongLevel(name, value)
      return (loggers) => loggers.set(name, level)
    }
    case AlterConfigOperation.DELETE: {
      const name = loggerName(asked)
      if (name === 'root') throw invalid('Removing the log level of the root logger is not allowed')
      return (loggers) => loggers.unset(name)
    }
    case AlterConfigOperation.APPEND:
      throw invalid('APPEND operation is not allowed for the BROKER_LOGGER resource')
    case AlterConfigOperation.SUBTRACT:
      throw invalid('SUBTRACT operation is not allowed for the BROKER_LOGGER resource')
    default:
      throw invalid(`Unknown operation type ${configOperation} is not allowed for the BROKER_LOGGER resource`)
  }
}

function loggerName(asked: string): LoggerName {
  const name = LOGGER_NAMES.find((each) => each === asked)
  if (name === undefined) throw new KafkaError(ErrorCode.INVALID_CONFIG, `Logger ${asked} does not exist!`)
  return name
}

function wrongLevel(name: string, value: string | null): KafkaError {
  const levels = LOGGER_LEVELS.toSorted().join(', ')
  return new KafkaError(
    ErrorCode.INVALID_CONFIG,
    `Cannot set the log level of ${name} to ${value} as it is not a supported log level. Valid log levels are ${levels}`,
  )
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message)
}
