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

/** A file that cannot be read. */
export class FileException extends JavaException {}

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

/** Where Kafka's exception is not called as its error; without `Exception`, which all but one end with. */
const IRREGULAR: Readonly<Record<string, string>> = {
  CORRUPT_MESSAGE: 'CorruptRecord',
  DELEGATION_TOKEN_AUTH_DISABLED: 'DelegationTokenDisabled',
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: 'UnsupportedByAuthentication',
  DUPLICATE_SEQUENCE_NUMBER: 'DuplicateSequence',
  FETCH_SESSION_TOPIC_ID_ERROR: 'FetchSessionTopicId',
  INVALID_CONFIG: 'InvalidConfiguration',
  INVALID_PRODUCER_ID_MAPPING: 'InvalidPidMapping',
  INVALID_TOPIC_EXCEPTION: 'InvalidTopic',
  INVALID_TRANSACTION_TIMEOUT: 'InvalidTxnTimeout',
  KAFKA_STORAGE_ERROR: 'KafkaStorage',
  MESSAGE_TOO_LARGE: 'RecordTooLarge',
  NETWORK_EXCEPTION: 'Network',
  NON_EMPTY_GROUP: 'GroupNotEmpty',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'OutOfOrderSequence',
  PRINCIPAL_DESERIALIZATION_FAILURE: 'PrincipalDeserialization',
  RECORD_LIST_TOO_LARGE: 'RecordBatchTooLarge',
  REQUEST_TIMED_OUT: 'Timeout',
  SASL_AUTHENTICATION_FAILED: 'SaslAuthentication',
  STALE_CONTROLLER_EPOCH: 'ControllerMoved',
  TOPIC_ALREADY_EXISTS: 'TopicExists',
  UNKNOWN_SERVER_ERROR: 'UnknownServer',
}

/** Messages that are others in the client library's list. */
const MESSAGES: Readonly<Record<string, string>> = {
  GROUP_MAX_SIZE_REACHED: 'The group has reached its maximum size.',
  INVALID_GROUP_ID: 'The group id is invalid.',
  SASL_AUTHENTICATION_FAILED: 'SASL Authentication failed.',
}

function exceptionClass(error: string): string {
  if (error === 'OFFSET_METADATA_TOO_LARGE') return `${ERRORS}.OffsetMetadataTooLarge`
  if (error === 'INVALID_RECORD') return 'org.apache.kafka.common.InvalidRecordException'
  const regular = error
    .replace(/_AUTHORIZATION_FAILED$/, '_AUTHORIZATION')
    .toLowerCase()
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
  return `${ERRORS}.${IRREGULAR[error] ?? regular}Exception`
}

function defaultMessage(error: string): string {
  return MESSAGES[error] ?? protocolErrors[error]?.message ?? ''
}
