/**
 * The records of `__share_group_state` in Kafka's formats: snapshots (key type 0) and updates on them (key type 1).
 * A key starts with its type, a value with its version.
 */
import { decode, encode, message, t, WireError } from '../../../wire/index.ts'
import type { CoordinatorRecord } from '../../coordinator-shard.ts'
import { mergeBatches, type ShareKey, type ShareState } from './share-state.ts'

export const keyTypes = { snapshot: 0, update: 1 }

export const Key = message({
  name: 'ShareKey',
  versions: [0, 0],
  fields: { type: t.int16(), groupId: t.string(), topicId: t.uuid(), partition: t.int32() },
})

const stateBatches = t.array({
  firstOffset: t.int64(),
  lastOffset: t.int64(),
  deliveryState: t.int8(),
  deliveryCount: t.int16(),
})

export const Snapshot = message({
  name: 'ShareSnapshotValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: t.int16(),
    snapshotEpoch: t.int32(),
    stateEpoch: t.int32(),
    leaderEpoch: t.int32(),
    startOffset: t.int64(),
    deliveryCompleteCount: t.int32({ tag: 0, default: -1 }),
    createTimestamp: t.int64(),
    writeTimestamp: t.int64(),
    stateBatches,
  },
})

export const Update = message({
  name: 'ShareUpdateValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: t.int16(),
    snapshotEpoch: t.int32(),
    leaderEpoch: t.int32(),
    startOffset: t.int64(),
    deliveryCompleteCount: t.int32({ tag: 0, default: -1 }),
    stateBatches,
  },
})

/** Whole, or a change of what was kept before; a null state removes the share-partition. */
export type ShareStateEntry =
  | { readonly kind: 'snapshot'; readonly key: ShareKey; readonly state: ShareState | null }
  | { readonly kind: 'update'; readonly key: ShareKey; readonly update: ShareUpdate | null }

export interface ShareUpdate {
  readonly snapshotEpoch: number
  readonly leaderEpoch: number
  /** -1 leaves it. */
  readonly startOffset: number
  readonly deliveryCompleteCount: number
  readonly stateBatches: ShareState['stateBatches']
}

export function snapshotRecord(key: ShareKey, state: ShareState, wallMs: number): CoordinatorRecord {
  const { createTimestampMs: createTimestamp, ...rest } = state
  const value = { version: 0, ...rest, createTimestamp, writeTimestamp: wallMs }
  return { key: encodeKey(keyTypes.snapshot, key), value: encode(Snapshot, 0, value) }
}

export function updateRecord(key: ShareKey, update: ShareUpdate): CoordinatorRecord {
  return { key: encodeKey(keyTypes.update, key), value: encode(Update, 0, { version: 0, ...update }) }
}

export function removalRecord(key: ShareKey): CoordinatorRecord {
  return { key: encodeKey(keyTypes.snapshot, key), value: null }
}

/** Undefined for records of a kind or version that is not known. */
export function readShareRecord(keyBytes: Buffer, value: Buffer | null): ShareStateEntry | undefined {
  const { type, ...key } = decode(Key, 0, keyBytes)
  if (value !== null && value.readInt16BE(0) !== 0)
    throw new WireError(`a share state record has the unknown version ${value.readInt16BE(0)}`)
  if (type === keyTypes.snapshot) {
    if (value === null) return { kind: 'snapshot', key, state: null }
    const {
      version: _,
      createTimestamp: createTimestampMs,
      writeTimestamp: __,
      ...state
    } = decode(Snapshot, 0, value)
    return { kind: 'snapshot', key, state: { ...state, createTimestampMs } }
  }
  if (type === keyTypes.update) {
    if (value === null) return { kind: 'update', key, update: null }
    const { version: _, ...update } = decode(Update, 0, value)
    return { kind: 'update', key, update }
  }
  return undefined
}

export function applyUpdate(state: ShareState, update: ShareUpdate): ShareState {
  const startOffset = update.startOffset === -1 ? state.startOffset : update.startOffset
  return {
    ...state,
    leaderEpoch: update.leaderEpoch,
    startOffset,
    deliveryCompleteCount: update.deliveryCompleteCount,
    stateBatches: mergeBatches(state.stateBatches, update.stateBatches, startOffset),
  }
}

function encodeKey(type: number, key: ShareKey): Buffer {
  return encode(Key, 0, { type, ...key })
}
