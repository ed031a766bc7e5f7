/**
 * The records of the cluster's metadata log, under Kafka's own names (KIP-631, KIP-966), and their bytes.
 *
 * One log entry holds all records of one event: they are applied together or not at all. An entry is JSON, each
 * record a list `[name, version, ...fields]`: the log is small and rarely written, it lives in stores where people
 * read it (SQLite, DynamoDB) when something went wrong, and leaving out field names keeps a partition below 120
 * bytes. A record of a newer version than ours stops the reader: ignoring it would fork the metadata.
 */
import {
  bool,
  count,
  type Field,
  type Fields,
  idOrNone,
  list,
  nullable,
  number,
  oneOf,
  RecordError,
  struct,
  text,
  uuid,
} from './fields.ts'

const brokerId = count
const brokerIds = list(brokerId)

export const LeaderRecoveryState = { RECOVERED: 0, RECOVERING: 1 } as const
/** The leader of a partition that has none. */
export const NO_LEADER = -1

export const ConfigResourceType = { TOPIC: 2, BROKER: 4, CLIENT_METRICS: 16, GROUP: 32 } as const
export type ConfigResourceType = (typeof ConfigResourceType)[keyof typeof ConfigResourceType]

export const ScramMechanism = { SCRAM_SHA_256: 1, SCRAM_SHA_512: 2 } as const
export type ScramMechanism = (typeof ScramMechanism)[keyof typeof ScramMechanism]

/**
 * Field order is the order on disk: a new field goes last, raises `version`, and has the value in `added` where an
 * older version lacks it.
 */
const RECORDS = {
  RegisterBroker: {
    version: 1,
    added: [{ version: 1, name: 'previousBrokerEpoch', value: -1 }],
    fields: {
      brokerId,
      brokerEpoch: count,
      incarnationId: uuid,
      rack: nullable(text),
      endpoints: list(struct({ name: text, host: text, port: count, securityProtocol: text })),
      fenced: bool,
      inControlledShutdown: bool,
      /** The registration before, if its records are all still there and this one never worked; else -1. */
      previousBrokerEpoch: idOrNone,
    },
  },
  UnregisterBroker: { version: 0, fields: { brokerId, brokerEpoch: count } },
  /** Null leaves a state as it is. */
  BrokerRegistrationChange: {
    version: 0,
    fields: { brokerId, brokerEpoch: count, fenced: nullable(bool), inControlledShutdown: nullable(bool) },
  },
  Topic: { version: 0, fields: { name: text, topicId: uuid } },
  Partition: {
    version: 1,
    added: [
      { version: 1, name: 'offlineReplicas', value: [] },
      { version: 1, name: 'uncleanLeaderEpoch', value: -1 },
    ],
    fields: {
      topicId: uuid,
      partitionId: count,
      replicas: brokerIds,
      isr: brokerIds,
      removingReplicas: brokerIds,
      addingReplicas: brokerIds,
      leader: idOrNone,
      leaderEpoch: count,
      partitionEpoch: count,
      leaderRecoveryState: oneOf(LeaderRecoveryState.RECOVERED, LeaderRecoveryState.RECOVERING),
      eligibleLeaderReplicas: brokerIds,
      lastKnownElr: brokerIds,
      /** Replicas whose log went offline under the present registration of their broker (KIP-858). */
      offlineReplicas: brokerIds,
      /** Of the last leader that may have lacked committed records; -1 if there was none. */
      uncleanLeaderEpoch: idOrNone,
    },
  },
  /**
   * Null leaves a field as it is. A leader, even the same one, raises the leader epoch; every change the partition epoch.
   * A leader together with RECOVERING is that of an unclean election.
   */
  PartitionChange: {
    version: 1,
    added: [{ version: 1, name: 'offlineReplicas', value: null }],
    fields: {
      topicId: uuid,
      partitionId: count,
      isr: nullable(brokerIds),
      leader: nullable(idOrNone),
      replicas: nullable(brokerIds),
      removingReplicas: nullable(brokerIds),
      addingReplicas: nullable(brokerIds),
      leaderRecoveryState: nullable(oneOf(LeaderRecoveryState.RECOVERED, LeaderRecoveryState.RECOVERING)),
      eligibleLeaderReplicas: nullable(brokerIds),
      lastKnownElr: nullable(brokerIds),
      offlineReplicas: nullable(brokerIds),
    },
  },
  RemoveTopic: { version: 0, fields: { topicId: uuid } },
  /** A null value removes the override. A broker resource with the empty name is the default of all brokers. */
  Config: {
    version: 0,
    fields: {
      resourceType: oneOf(...Object.values(ConfigResourceType)),
      resourceName: text,
      name: text,
      value: nullable(text),
    },
  },
  /** The block before `nextProducerId` now belongs to this broker. */
  ProducerIds: { version: 0, fields: { brokerId, brokerEpoch: count, nextProducerId: count } },
  /** The quota of a user, a client id, both, or an address (KIP-546). A null name is the default of its type; a null value removes. */
  ClientQuota: {
    version: 0,
    fields: {
      entity: list(struct({ entityType: text, entityName: nullable(text) })),
      key: text,
      value: nullable(number),
    },
  },
  /** What a user's password is checked against (KIP-554): never the password. Bytes are base64. */
  UserScramCredential: {
    version: 0,
    fields: {
      name: text,
      mechanism: oneOf(...Object.values(ScramMechanism)),
      salt: text,
      storedKey: text,
      serverKey: text,
      iterations: count,
    },
  },
  RemoveUserScramCredential: {
    version: 0,
    fields: { name: text, mechanism: oneOf(...Object.values(ScramMechanism)) },
  },
  /** Level 0 removes the feature. */
  FeatureLevel: { version: 0, fields: { name: text, featureLevel: count } },
} as const

type Records = typeof RECORDS
export type RecordType = keyof Records
export type RecordOf<K extends RecordType> = K extends RecordType
  ? { readonly type: K } & Fields<Records[K]['fields']>
  : never
export type MetadataRecord = RecordOf<RecordType>

const FORMAT = 1

export function encodeRecords(records: readonly MetadataRecord[]): Uint8Array {
  const rows = records.map((record) => {
    const fields: Readonly<Record<string, unknown>> = record
    const { version, fields: shape } = RECORDS[record.type]
    return [record.type, version, ...Object.keys(shape).map((name) => fields[name])]
  })
  return new TextEncoder().encode(JSON.stringify({ format: FORMAT, records: rows }))
}

/** Throws RecordError if the bytes are not an entry that this version of the program understands completely. */
export function decodeRecords(bytes: Uint8Array): MetadataRecord[] {
  const entry = parse(bytes)
  if (entry.format !== FORMAT)
    throw new RecordError(`Unknown format ${String(entry.format)} of a metadata log entry`)
  if (!Array.isArray(entry.records)) throw new RecordError('A metadata log entry must have a list of records')
  return entry.records.map(decodeRecord)
}

/** A PartitionChange that touches only what is given. */
export function partitionChange(
  topicId: string,
  partitionId: number,
  change: Partial<Omit<RecordOf<'PartitionChange'>, 'type' | 'topicId' | 'partitionId'>>,
): RecordOf<'PartitionChange'> {
  return {
    type: 'PartitionChange',
    topicId,
    partitionId,
    isr: change.isr ?? null,
    leader: change.leader ?? null,
    replicas: change.replicas ?? null,
    removingReplicas: change.removingReplicas ?? null,
    addingReplicas: change.addingReplicas ?? null,
    leaderRecoveryState: change.leaderRecoveryState ?? null,
    eligibleLeaderReplicas: change.eligibleLeaderReplicas ?? null,
    lastKnownElr: change.lastKnownElr ?? null,
    offlineReplicas: change.offlineReplicas ?? null,
  }
}

function parse(bytes: Uint8Array): { format?: unknown; records?: unknown } {
  let entry: unknown
  try {
    entry = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new RecordError(
      `A metadata log entry is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  if (typeof entry !== 'object' || entry === null)
    throw new RecordError('A metadata log entry must be an object')
  return entry
}

function decodeRecord(row: unknown): MetadataRecord {
  if (!Array.isArray(row)) throw new RecordError('A metadata record must be a list')
  const [type, version, ...values] = row as readonly unknown[]
  if (!isRecordType(type)) throw new RecordError(`Unknown metadata record ${String(type)}`)
  const schema: Schema = RECORDS[type]
  if (!isVersionUpTo(schema.version, version))
    throw new RecordError(`Unknown version ${String(version)} of record ${type}`)
  const later = schema.added?.filter((field) => field.version > version) ?? []
  const shape = Object.entries(schema.fields).slice(0, -later.length || undefined)
  if (values.length !== shape.length) {
    throw new RecordError(`${type} must have ${shape.length} fields, not ${values.length}`)
  }
  const record: Record<string, unknown> = { type }
  shape.forEach(([name, field], at) => {
    record[name] = field(values[at], `${type}.${name}`)
  })
  for (const { name, value } of later) record[name] = value
  return record as MetadataRecord
}

interface Schema {
  readonly version: number
  readonly fields: Readonly<Record<string, Field<unknown>>>
  readonly added?: readonly { readonly version: number; readonly name: string; readonly value: unknown }[]
}

function isVersionUpTo(newest: number, version: unknown): version is number {
  return typeof version === 'number' && Number.isInteger(version) && version >= 0 && version <= newest
}

function isRecordType(type: unknown): type is RecordType {
  return typeof type === 'string' && Object.hasOwn(RECORDS, type)
}
