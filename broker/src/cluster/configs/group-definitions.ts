/** The configurations of single groups that exist here, under Kafka's names; a broker setting is the default of each. */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import type { ConfigOverrides } from '../image-types.ts'
import type { BrokerConfigName, BrokerSettings } from './broker-definitions.ts'
import {
  bool,
  type ConfigDefinition,
  int,
  offsetReset,
  parseValue,
  string,
  type Value,
} from './definition.ts'

export const GROUP_CONFIGS = {
  'consumer.assignment.interval.ms': int({
    default: '1000',
    min: 0,
    doc: 'The shortest time between two assignments of the group.',
  }),
  'consumer.heartbeat.interval.ms': int({
    default: '5000',
    min: 1,
    doc: 'How often a member sends a heartbeat.',
  }),
  'consumer.session.timeout.ms': int({
    default: '45000',
    min: 1,
    doc: 'A member that was not heard of for so long has left.',
  }),
  'share.assignment.interval.ms': int({
    default: '1000',
    min: 0,
    doc: 'The shortest time between two assignments of the group.',
  }),
  'share.auto.offset.reset': offsetReset({
    default: 'latest',
    doc: 'Where a share group begins in a partition: latest, earliest, or by_duration:<ISO 8601 duration>.',
  }),
  'share.delivery.count.limit': int({
    default: '5',
    min: 2,
    doc: 'How often a record is delivered at most.',
  }),
  'share.heartbeat.interval.ms': int({
    default: '5000',
    min: 1,
    doc: 'How often a member sends a heartbeat.',
  }),
  'share.isolation.level': string({
    default: 'read_uncommitted',
    oneOf: ['read_uncommitted', 'read_committed'],
    doc: 'Whether records of transactions are delivered before these are committed.',
  }),
  'share.partition.max.record.locks': int({
    default: '2000',
    min: 100,
    doc: 'How many records of a partition the group may have in delivery.',
  }),
  'share.record.lock.duration.ms': int({
    default: '30000',
    min: 1000,
    doc: 'How long a record is locked for the member that acquired it.',
  }),
  'share.renew.acknowledge.enable': bool({ default: 'true', doc: 'Whether members may renew their locks.' }),
  'share.session.timeout.ms': int({
    default: '45000',
    min: 1,
    doc: 'A member that was not heard of for so long has left.',
  }),
  'streams.assignment.interval.ms': int({
    default: '1000',
    min: 0,
    doc: 'The shortest time between two assignments of the group.',
  }),
  'streams.heartbeat.interval.ms': int({
    default: '5000',
    min: 1,
    doc: 'How often a member sends a heartbeat.',
  }),
  'streams.initial.rebalance.delay.ms': int({
    default: '3000',
    min: 0,
    doc: 'How long the first assignment of the empty group waits for more members.',
  }),
  'streams.num.standby.replicas': int({
    default: '0',
    min: 0,
    doc: 'How many copies of its state a stateful task has besides its own.',
  }),
  'streams.session.timeout.ms': int({
    default: '45000',
    min: 1,
    doc: 'A member that was not heard of for so long has left.',
  }),
} as const

export type GroupConfigName = keyof typeof GROUP_CONFIGS

/** Typed values by Kafka's names. */
export type GroupSettings = { readonly [K in GroupConfigName]: Value<(typeof GROUP_CONFIGS)[K]> }

interface BrokerNames {
  readonly of: BrokerConfigName
  readonly min?: BrokerConfigName
  readonly max?: BrokerConfigName
}

/** The broker settings that a group's value comes from, and that bound it. */
const BROKER_NAMES: { readonly [K in GroupConfigName]?: BrokerNames } = {
  'consumer.assignment.interval.ms': {
    of: 'group.consumer.assignment.interval.ms',
    min: 'group.consumer.min.assignment.interval.ms',
    max: 'group.consumer.max.assignment.interval.ms',
  },
  'consumer.heartbeat.interval.ms': {
    of: 'group.consumer.heartbeat.interval.ms',
    min: 'group.consumer.min.heartbeat.interval.ms',
    max: 'group.consumer.max.heartbeat.interval.ms',
  },
  'consumer.session.timeout.ms': {
    of: 'group.consumer.session.timeout.ms',
    min: 'group.consumer.min.session.timeout.ms',
    max: 'group.consumer.max.session.timeout.ms',
  },
  'share.assignment.interval.ms': {
    of: 'group.share.assignment.interval.ms',
    min: 'group.share.min.assignment.interval.ms',
    max: 'group.share.max.assignment.interval.ms',
  },
  'share.delivery.count.limit': {
    of: 'group.share.delivery.count.limit',
    min: 'group.share.min.delivery.count.limit',
    max: 'group.share.max.delivery.count.limit',
  },
  'share.heartbeat.interval.ms': {
    of: 'group.share.heartbeat.interval.ms',
    min: 'group.share.min.heartbeat.interval.ms',
    max: 'group.share.max.heartbeat.interval.ms',
  },
  'share.partition.max.record.locks': {
    of: 'group.share.partition.max.record.locks',
    min: 'group.share.min.partition.max.record.locks',
    max: 'group.share.max.partition.max.record.locks',
  },
  'share.record.lock.duration.ms': {
    of: 'group.share.record.lock.duration.ms',
    min: 'group.share.min.record.lock.duration.ms',
    max: 'group.share.max.record.lock.duration.ms',
  },
  'share.session.timeout.ms': {
    of: 'group.share.session.timeout.ms',
    min: 'group.share.min.session.timeout.ms',
    max: 'group.share.max.session.timeout.ms',
  },
  'streams.assignment.interval.ms': {
    of: 'group.streams.assignment.interval.ms',
    min: 'group.streams.min.assignment.interval.ms',
    max: 'group.streams.max.assignment.interval.ms',
  },
  'streams.heartbeat.interval.ms': {
    of: 'group.streams.heartbeat.interval.ms',
    min: 'group.streams.min.heartbeat.interval.ms',
    max: 'group.streams.max.heartbeat.interval.ms',
  },
  'streams.initial.rebalance.delay.ms': { of: 'group.streams.initial.rebalance.delay.ms' },
  'streams.num.standby.replicas': {
    of: 'group.streams.num.standby.replicas',
    max: 'group.streams.max.standby.replicas',
  },
  'streams.session.timeout.ms': {
    of: 'group.streams.session.timeout.ms',
    min: 'group.streams.min.session.timeout.ms',
    max: 'group.streams.max.session.timeout.ms',
  },
}

export function groupConfigNames(): GroupConfigName[] {
  return Object.keys(GROUP_CONFIGS).filter(isGroupConfigName)
}

export function isGroupConfigName(name: string): name is GroupConfigName {
  return Object.hasOwn(GROUP_CONFIGS, name)
}

/** What holds for a group. */
export function groupSettings(overrides: ConfigOverrides, settings: BrokerSettings): GroupSettings {
  const values = groupConfigNames().map((name) => [name, groupSetting(name, overrides, settings)])
  return Object.fromEntries(values) as GroupSettings
}

/** One of them: what is asked for with every request is not worth reading all. */
export function groupSetting<Name extends GroupConfigName>(
  name: Name,
  overrides: ConfigOverrides,
  settings: BrokerSettings,
): GroupSettings[Name] {
  const text = overrides.get(name) ?? groupDefault(name, settings)
  const definition: ConfigDefinition = GROUP_CONFIGS[name]
  return parseValue(name, definition, text) as GroupSettings[Name]
}

/** The configuration of brokers that says what groups have without their own. */
export function brokerNameOf(name: GroupConfigName): keyof BrokerSettings | undefined {
  return BROKER_NAMES[name]?.of
}

function groupDefault(name: GroupConfigName, settings: BrokerSettings): string {
  const broker = BROKER_NAMES[name]
  return broker === undefined ? GROUP_CONFIGS[name].defaultValue : String(settings[broker.of])
}

/** Throws INVALID_CONFIG, in Kafka's words, if the brokers' settings do not allow the value. */
export function checkGroupLimits(name: GroupConfigName, text: string, settings: BrokerSettings): void {
  const { min, max } = BROKER_NAMES[name] ?? {}
  const definition: ConfigDefinition = GROUP_CONFIGS[name]
  const value = Number(parseValue(name, definition, text))
  if (min !== undefined && value < Number(settings[min]))
    throw invalid(`${name} must be greater than or equal to ${min}`)
  if (max !== undefined && value > Number(settings[max]))
    throw invalid(`${name} must be less than or equal to ${max}`)
}

/** Throws INVALID_CONFIG if what all groups have by default is not allowed to any of them. */
export function checkAssignmentIntervals(settings: BrokerSettings): void {
  for (const kind of ['consumer', 'share', 'streams'] as const) {
    const [name, min, max] = [
      `group.${kind}.assignment.interval.ms`,
      `group.${kind}.min.assignment.interval.ms`,
      `group.${kind}.max.assignment.interval.ms`,
    ] as const
    if (settings[name] < settings[min]) throw invalid(`${name} must be greater than or equal to ${min}`)
    if (settings[name] > settings[max]) throw invalid(`${name} must be less than or equal to ${max}`)
  }
}

/** Throws INVALID_CONFIG if members would have left between two heartbeats. */
export function checkGroupTimeouts(overrides: ConfigOverrides, settings: BrokerSettings): void {
  const own = groupSettings(overrides, settings)
  for (const kind of ['consumer', 'share', 'streams'] as const) {
    const [session, heartbeat] = [`${kind}.session.timeout.ms`, `${kind}.heartbeat.interval.ms`] as const
    if (own[session] <= own[heartbeat]) throw invalid(`${session} must be greater than ${heartbeat}`)
  }
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_CONFIG, message)
}
