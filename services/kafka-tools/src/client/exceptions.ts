/**
 * Failures under the names that Kafka's own tools print. A broker's error code becomes the exception that the Java
 * client has for it, since that is what people and scripts look for.
 */
import { protocolErrors, protocolErrorsCodesById } from '@platformatic/kafka'

export class JavaException extends Error {
  /** With its package. */
  readonly className: string

  constructor(className: string, message: string) {
    super(message)
    this.className = className
  }

  /** As Throwable.toString(). */
  override toString(): string {
    return `${this.className}: ${this.message}`
  }
}

/** A broker's error. */
export class ApiException extends JavaException {
  /** Such as `TOPIC_ALREADY_EXISTS`. */
  readonly error: string
  readonly code: number

  constructor(errorCode: number, message?: string | null) {
    const error = protocolErrorsCodesById[errorCode] ?? 'UNKNOWN_SERVER_ERROR'
    super(exceptionClass(error), message ?? defaultMessage(error))
    this.error = error
    this.code = errorCode
  }
}

export class IllegalArgumentException extends JavaException {
  constructor(message: string) {
    super('java.lang.IllegalArgumentException', message)
  }
}

export class KafkaException extends JavaException {
  constructor(message: string) {
    super('org.apache.kafka.common.KafkaException', message)
  }
}

export class ConfigException extends JavaException {
  constructor(message: string) {
    super('org.apache.kafka.common.config.ConfigException', message)
  }
}

export class TimeoutException extends JavaException {
  constructor(message: string) {
    super(`${ERRORS}.TimeoutException`, message)
  }
}

export class InvalidConfigurationException extends JavaException {
  constructor(message: string) {
    super(`${ERRORS}.InvalidConfigurationException`, message)
  }
}

/** Throws if a broker's answer has an error. */
export function check(errorCode: number, message?: string | null): void {
  if (errorCode !== 0) throw new ApiException(errorCode, message)
}

const ERRORS = 'org.apache.kafka.common.errors'

/** Where Kafka's exception is not called as its error. */
const IRREGULAR: Readonly<Record<string, string>> = {
  BROKER_ID_NOT_REGISTERED: 'BrokerIdNotRegistered',
  INVALID_COMMIT_OFFSET_SIZE: 'InvalidCommitOffsetSize',
  INVALID_CONFIG: 'InvalidConfiguration',
  INVALID_PRODUCER_EPOCH: 'InvalidProducerEpoch',
  INVALID_TOPIC_EXCEPTION: 'InvalidTopic',
  INVALID_TXN_STATE: 'InvalidTxnState',
  KAFKA_STORAGE_ERROR: 'KafkaStorage',
  MESSAGE_TOO_LARGE: 'RecordTooLarge',
  NETWORK_EXCEPTION: 'Network',
  RECORD_LIST_TOO_LARGE: 'RecordBatchTooLarge',
  REQUEST_TIMED_OUT: 'Timeout',
  TOPIC_ALREADY_EXISTS: 'TopicExists',
  UNKNOWN_SERVER_ERROR: 'UnknownServer',
}

function exceptionClass(error: string): string {
  const regular = error
    .toLowerCase()
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
  return `${ERRORS}.${IRREGULAR[error] ?? regular}Exception`
}

function defaultMessage(error: string): string {
  return (
    protocolErrors[error]?.message ??
    'The server experienced an unexpected error when processing the request.'
  )
}
