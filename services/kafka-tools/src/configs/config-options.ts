/** The options of kafka-configs, which of them go together, and what they are about. */
import { isIP } from 'node:net'
import { IllegalArgumentException } from '../client/exceptions.ts'
import { UsageMistake } from '../command-line/mistakes.ts'
import { commonOptions, type OptionTable } from '../command-line/option-table.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'

export const configOptions: OptionTable = {
  ...commonOptions,
  'add-config': {
    argument: 'key=value,...',
    description: 'With --alter: what to set. Brackets hold values with commas: k1=v1,k2=[v1,v2].',
  },
  'add-config-file': { argument: 'file', description: 'With --alter: a properties file with what to set.' },
  all: { description: 'With --describe: all values, also those that nobody set.' },
  alter: { description: 'Sets and removes configurations.' },
  'bootstrap-controller': { argument: 'controller to connect to', description: 'As --bootstrap-server.' },
  'bootstrap-server': { argument: 'server to connect to', description: 'The brokers to ask, host:port.' },
  broker: { argument: 'id', description: 'The broker with this id.' },
  'broker-defaults': { description: 'What holds for all brokers.' },
  'broker-logger': { argument: 'id', description: 'The loggers of the broker with this id.' },
  client: { argument: 'client id', description: 'Clients with this id.' },
  'client-defaults': { description: 'What holds for all clients.' },
  'client-metrics': { argument: 'name', description: 'The subscription of client metrics with this name.' },
  'command-config': {
    argument: 'command config property file',
    description: 'A file with client properties, such as security.protocol.',
  },
  'delete-config': {
    argument: 'key,...',
    separator: ',',
    description: 'With --alter: what to remove.',
  },
  describe: { description: 'Shows configurations.' },
  'entity-default': { description: 'All users, clients, brokers or addresses, in place of a name.' },
  'entity-name': {
    argument: 'name',
    description: 'The name of the topic, client, user, broker, address or group.',
  },
  'entity-type': {
    argument: 'type',
    description: 'topics, clients, users, brokers, broker-loggers, ips, client-metrics or groups.',
  },
  force: { description: 'Without effect: nothing is asked.' },
  group: { argument: 'group', description: 'The group with this id.' },
  ip: { argument: 'address', description: 'Connections from this address.' },
  'ip-defaults': { description: 'What holds for all addresses.' },
  topic: { argument: 'topic', description: 'The topic with this name.' },
  user: { argument: 'user', description: 'The user with this name.' },
  'user-defaults': { description: 'What holds for all users.' },
}

export type EntityType =
  | 'topics'
  | 'clients'
  | 'users'
  | 'brokers'
  | 'broker-loggers'
  | 'ips'
  | 'client-metrics'
  | 'groups'

/** In the order in which Kafka lists them. */
const ENTITY_TYPES: readonly EntityType[] = [
  'topics',
  'clients',
  'users',
  'brokers',
  'ips',
  'client-metrics',
  'groups',
  'broker-loggers',
]

const ENTITY_FLAGS: readonly (readonly [flag: string, type: EntityType])[] = [
  ['topic', 'topics'],
  ['client', 'clients'],
  ['user', 'users'],
  ['broker', 'brokers'],
  ['broker-logger', 'broker-loggers'],
  ['ip', 'ips'],
  ['client-metrics', 'client-metrics'],
  ['group', 'groups'],
]

const DEFAULT_FLAGS: readonly (readonly [flag: string, type: EntityType])[] = [
  ['client-defaults', 'clients'],
  ['user-defaults', 'users'],
  ['broker-defaults', 'brokers'],
  ['ip-defaults', 'ips'],
]

const HAVE_DEFAULTS: readonly EntityType[] = ['users', 'clients', 'brokers', 'ips']

/** What a command is about: one type, or users together with clients. */
export interface Entities {
  readonly types: readonly [EntityType, ...EntityType[]]
  /** In the order of the types; the empty name stands for all of them; may be fewer. */
  readonly names: readonly string[]
}

export function checkConfigOptions(options: ParsedOptions): Entities {
  if (options.has('alter') === options.has('describe')) {
    throw new UsageMistake('Command must include exactly one action: --describe, --alter')
  }
  options.forbid('describe', ['add-config', 'delete-config'])
  checkConnection(options)
  const entities = { types: entityTypes(options), names: entityNames(options) }
  checkNames(entities)
  if (options.has('describe')) checkDescribe(entities, options)
  else checkAlter(entities, options)
  return entities
}

function checkConnection(options: ParsedOptions): void {
  const given = ['bootstrap-server', 'bootstrap-controller'].filter((name) => options.has(name))
  if (given.length === 0) {
    throw new IllegalArgumentException(
      'Either --bootstrap-server or --bootstrap-controller must be specified.',
    )
  }
  if (given.length > 1) {
    throw new IllegalArgumentException(
      'Only one of --bootstrap-server or --bootstrap-controller can be specified',
    )
  }
}

function entityTypes(options: ParsedOptions): Entities['types'] {
  const flags = [...ENTITY_FLAGS, ...DEFAULT_FLAGS].filter(([flag]) => options.has(flag))
  const given = [...options.values('entity-type'), ...flags.map(([, type]) => type)]
  const duplicates = given.filter((type, at) => given.indexOf(type) !== at)
  if (duplicates.length > 0) {
    throw new IllegalArgumentException(`Duplicate entity type(s) specified: ${duplicates.join(',')}`)
  }
  const [first, ...others] = given.map(entityType)
  if (first === undefined) throw new IllegalArgumentException('At least one entity type must be specified')
  const isUserOfClient = others.length === 1 && new Set([first, ...others, 'users', 'clients']).size === 2
  if (others.length > 0 && !isUserOfClient) {
    throw new IllegalArgumentException("Only 'users' and 'clients' entity types may be specified together")
  }
  if (options.hasAny(['entity-type', 'entity-name', 'entity-default']) && flags.length > 0) {
    throw new IllegalArgumentException(
      '--entity-{type,name,default} should not be used in conjunction with specific entity flags',
    )
  }
  return [first, ...others]
}

function entityType(given: string): EntityType {
  const known = ENTITY_TYPES.find((type) => type === given)
  if (known !== undefined) return known
  throw new IllegalArgumentException(
    `Invalid entity type ${given}, the entity type must be one of ${ENTITY_TYPES.join(', ')} ` +
      'with a --bootstrap-server or --bootstrap-controller argument',
  )
}

function entityNames(options: ParsedOptions): string[] {
  const names = [...options.values('entity-name')]
  const inOrder = options.order.flatMap((option) => {
    if (option === 'entity-default') return ['']
    return option === 'entity-name' ? [names.shift() ?? ''] : []
  })
  const flags = ENTITY_FLAGS.filter(([flag]) => options.has(flag)).map(([flag]) => options.value(flag) ?? '')
  return [...inOrder, ...flags, ...DEFAULT_FLAGS.filter(([flag]) => options.has(flag)).map(() => '')]
}

function checkNames({ types: [type], names }: Entities): void {
  for (const name of names.filter((each) => each !== '')) {
    if ((type === 'brokers' || type === 'broker-loggers') && !/^-?\d+$/.test(name)) {
      throw new IllegalArgumentException(
        `The entity name for ${type} must be a valid integer broker id, but it is: ${name}`,
      )
    }
    if (type === 'ips' && isIP(name) === 0) {
      throw new IllegalArgumentException(
        `The entity name for ${type} must be a valid IP or resolvable host, but it is: ${name}`,
      )
    }
  }
}

function checkDescribe({ types, names }: Entities, options: ParsedOptions): void {
  if (options.has('entity-default') && !types.some((type) => HAVE_DEFAULTS.includes(type))) {
    throw new IllegalArgumentException(
      `--entity-default must not be specified with --describe of ${types.join(',')}`,
    )
  }
  if (types.includes('broker-loggers') && names.every((name) => name === '')) {
    throw new IllegalArgumentException(
      `An entity name must be specified with --describe of ${types.join(',')}`,
    )
  }
}

function checkAlter({ types, names }: Entities, options: ParsedOptions): void {
  if (types.some((type) => HAVE_DEFAULTS.includes(type))) {
    if (names.length === 0) {
      throw new IllegalArgumentException(
        'An entity-name or default entity must be specified with --alter of users, clients, brokers or ips',
      )
    }
  } else if (names.every((name) => name === '')) {
    throw new IllegalArgumentException(`An entity name must be specified with --alter of ${types.join(',')}`)
  }
  if (options.has('add-config') && options.has('add-config-file')) {
    throw new IllegalArgumentException('Only one of --add-config or --add-config-file must be specified')
  }
  if (!options.hasAny(['add-config', 'add-config-file', 'delete-config'])) {
    throw new IllegalArgumentException(
      'At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter',
    )
  }
}
