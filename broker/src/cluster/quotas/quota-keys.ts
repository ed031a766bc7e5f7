/** Which quotas an entity may have, and what their values may be. */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import type { QuotaEntity } from './client-quotas.ts'
import { QuotaEntityType } from './client-quotas.ts'

export const QuotaKey = {
  PRODUCER_BYTE_RATE: 'producer_byte_rate',
  CONSUMER_BYTE_RATE: 'consumer_byte_rate',
  REQUEST_PERCENTAGE: 'request_percentage',
  CONTROLLER_MUTATION_RATE: 'controller_mutation_rate',
  CONNECTION_CREATION_RATE: 'connection_creation_rate',
} as const
export type QuotaKey = (typeof QuotaKey)[keyof typeof QuotaKey]

type ValueType = 'INT' | 'LONG' | 'DOUBLE'

const CLIENT_KEYS: ReadonlyMap<string, ValueType> = new Map([
  [QuotaKey.PRODUCER_BYTE_RATE, 'LONG'],
  [QuotaKey.CONSUMER_BYTE_RATE, 'LONG'],
  [QuotaKey.REQUEST_PERCENTAGE, 'DOUBLE'],
  [QuotaKey.CONTROLLER_MUTATION_RATE, 'DOUBLE'],
])
const IP_KEYS: ReadonlyMap<string, ValueType> = new Map([[QuotaKey.CONNECTION_CREATION_RATE, 'INT']])

const LARGEST = { INT: 2_147_483_647, LONG: 2 ** 63, DOUBLE: Infinity } as const
const ARTICLED = { INT: 'an INT', LONG: 'a LONG', DOUBLE: 'a DOUBLE' } as const
/** Whole numbers travel as doubles. */
const ROUNDING = 1e-6

/** The quota keys of this kind of entity. Throws INVALID_REQUEST, in Kafka's words, if there is no such entity. */
export function quotaKeysOf(entity: QuotaEntity): ReadonlyMap<string, ValueType> {
  if (entity.length === 0) throw invalid('Invalid empty client quota entity')
  const names = new Map<string, string | null>()
  for (const { entityType, entityName } of entity) {
    if (names.has(entityType))
      throw invalid(`Invalid client quota entity, duplicate entity entry ${entityType}`)
    if (!isEntityType(entityType)) throw invalid(`Unhandled client quota entity type: ${entityType}`)
    if (entityName === '') throw invalid(`Empty ${entityType} not supported`)
    names.set(entityType, entityName)
  }
  const ip = names.get(QuotaEntityType.IP)
  if (ip === undefined) return CLIENT_KEYS
  if (names.size > 1) {
    throw invalid('Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId')
  }
  if (ip !== null && !isAddress(ip)) throw invalid(`${ip} is not a valid IP or resolvable host.`)
  return IP_KEYS
}

/** Throws INVALID_REQUEST, in Kafka's words, unless `value` may be set for `key`. */
export function checkQuotaValue(keys: ReadonlyMap<string, ValueType>, key: string, value: number): void {
  const type = keys.get(key)
  if (type === undefined) throw invalid(`Invalid configuration key ${key}`)
  if (!(value > 0)) throw invalid(`Quota ${key} must be greater than 0`)
  if (value > LARGEST[type] || !Number.isFinite(value))
    throw invalid(`Proposed value for ${key} is too large for ${ARTICLED[type]}.`)
  if (type !== 'DOUBLE' && Math.abs(Math.round(value) - value) > ROUNDING)
    throw invalid(`${key} cannot be a fractional value.`)
}

export function isEntityType(text: string): text is QuotaEntityType {
  return text === QuotaEntityType.USER || text === QuotaEntityType.CLIENT_ID || text === QuotaEntityType.IP
}

/** An address, not a name: nothing is looked up here, and connections are known by their addresses. */
function isAddress(text: string): boolean {
  const isV4 = /^(\d{1,3})(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255)
  return isV4 || (/^[0-9a-fA-F:.]{2,45}$/.test(text) && text.includes(':'))
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message)
}
