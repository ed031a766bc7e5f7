/** Quotas of users, clients and addresses (KIP-546, KIP-612). */
import { alterClientQuotasV1, describeClientQuotasV0 } from '@platformatic/kafka'
import { ask, type Cluster } from '../client/cluster.ts'
import { check, IllegalArgumentException, InvalidConfigurationException } from '../client/exceptions.ts'
import type { Terminal } from '../tool.ts'
import type { Changes } from './changes.ts'
import type { Entities, EntityType } from './config-options.ts'

const QUOTAS = [
  'producer_byte_rate',
  'consumer_byte_rate',
  'request_percentage',
  'controller_mutation_rate',
] as const
const ADDRESS_QUOTAS = ['connection_creation_rate'] as const
type Quota = (typeof QUOTAS)[number] | (typeof ADDRESS_QUOTAS)[number]

const quotaEntities = { users: 'user', clients: 'client-id', ips: 'ip' } as const
type QuotaEntity = (typeof quotaEntities)[keyof typeof quotaEntities]

const TITLES: readonly (readonly [QuotaEntity, string])[] = [
  ['user', 'user-principal'],
  ['client-id', 'client-id'],
  ['ip', 'ip'],
]

const EXACT = 0
const DEFAULT = 1
const ANY = 2

export async function describeQuotas(
  cluster: Cluster,
  entities: Entities,
  terminal: Terminal,
): Promise<void> {
  for (const { entity, values } of await quotasOf(cluster, entities)) {
    const title = TITLES.flatMap(([type, words]) => {
      const part = entity.find((each) => each.entityType === type)
      if (part === undefined) return []
      return [part.entityName === null ? `the default ${words}` : `${words} '${part.entityName}'`]
    })
    const list = values.map(({ key, value }) => `${key}=${asJavaDouble(value)}`)
    terminal.output.write(`Quota configs for ${title.join(', ')} are ${list.join(', ')}\n`)
  }
}

export async function alterQuotas(
  cluster: Cluster,
  entities: Entities,
  { added, deleted }: Changes,
): Promise<void> {
  checkKeys(entities.types, Object.keys(added), 'added')
  checkKeys(entities.types, deleted, 'deleted')
  const [old] = await quotasOf(cluster, entities)
  const invalid = deleted.filter((key) => !old?.values.some((each) => each.key === key))
  if (invalid.length > 0) throw new InvalidConfigurationException(`Invalid config(s): ${invalid.join(',')}`)
  const ops = [
    ...Object.entries(added).map(
      ([key, value]) => ({ key: quota(key), value: double(key, value), remove: false }) as const,
    ),
    ...deleted.map((key) => ({ key: quota(key), remove: true }) as const),
  ]
  const parts = entities.types.map((type, at) => ({
    entityType: quotaEntity(type),
    entityName: entities.names[at] === '' ? null : (entities.names[at] ?? null),
  }))
  const connection = await cluster.anyBroker('alterClientQuotas')
  const { entries } = await ask(alterClientQuotasV1.api, connection, [{ entities: parts, ops }], false)
  for (const { errorCode, errorMessage } of entries) check(errorCode, errorMessage)
}

async function quotasOf(cluster: Cluster, { types, names }: Entities) {
  if (names.length > types.length) {
    throw new IllegalArgumentException('More entity names specified than entity types')
  }
  const components = types.map((type, at) => {
    const entityType = quotaEntity(type)
    const name = names[at]
    if (name === undefined) return { entityType, matchType: ANY } as const
    return name === ''
      ? ({ entityType, matchType: DEFAULT } as const)
      : ({ entityType, matchType: EXACT, match: name } as const)
  })
  const connection = await cluster.anyBroker('describeClientQuotas')
  const answer = await ask(describeClientQuotasV0.api, connection, components, true)
  check(answer.errorCode, answer.errorMessage)
  return answer.entries ?? []
}

function checkKeys(types: readonly EntityType[], keys: readonly string[], what: 'added' | 'deleted'): void {
  const known: readonly string[] = types.includes('ips') ? ADDRESS_QUOTAS : QUOTAS
  const unknown = keys.filter((key) => !known.includes(key))
  if (unknown.length === 0) return
  if (types.includes('ips')) {
    throw new IllegalArgumentException(
      `Only connection quota configs can be added for 'ips' using --bootstrap-server. Unexpected config names: ${unknown.join(',')}`,
    )
  }
  const [kind, type] = types.includes('clients')
    ? ['quota configs', 'clients']
    : ['quota and SCRAM credential configs', 'users']
  throw new IllegalArgumentException(
    `Only ${kind} can be ${what} for '${type}' using --bootstrap-server. Unexpected config names: ${what === 'added' ? 'Set' : 'ArrayBuffer'}(${unknown.join(', ')})`,
  )
}

function quota(key: string): Quota {
  const known = [...QUOTAS, ...ADDRESS_QUOTAS].find((each) => each === key)
  if (known === undefined) throw new Error(`${key} is no quota although it was checked`)
  return known
}

function quotaEntity(type: EntityType): QuotaEntity {
  if (type === 'users' || type === 'clients' || type === 'ips') return quotaEntities[type]
  throw new IllegalArgumentException(`Unexpected entity type: ${type}`)
}

function double(key: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isNaN(value)) return value
  throw new IllegalArgumentException(`Cannot parse quota configuration value for ${key}: ${text}`)
}

/** As Double.toString(): always with a fraction, and with an exponent from ten million on. */
export function asJavaDouble(value: number): string {
  const size = Math.abs(value)
  if (value !== 0 && (size >= 1e7 || size < 1e-3)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e')
    return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
