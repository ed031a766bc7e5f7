/**
 * The share coordinator's part in one partition of `__share_group_state` (KIP-932): what became of the records of all
 * share-partitions whose key hashes to it. A pure state machine; `CoordinatorShard` says what its host owes.
 */

import type { Moment } from '../../../runtime/types.ts'
import { ErrorCode, errorName } from '../../../wire/index.ts'
import type { CoordinatorRecord, CoordinatorShard, Outcome, ReplayedBatch } from '../../coordinator-shard.ts'
import { assert } from '../assert.ts'
import type { ShareWrite } from '../partition/share-partition.ts'
import {
  applyUpdate,
  readShareRecord,
  removalRecord,
  type ShareUpdate,
  snapshotRecord,
  updateRecord,
} from './records.ts'
import { coordinatorKey, type ShareKey, type ShareState } from './share-state.ts'
import { SnapshotPlaces } from './snapshot-places.ts'

interface Kept {
  readonly key: ShareKey
  readonly state: ShareState
  /** Records since the last snapshot. */
  readonly updates: number
  /** When the last snapshot was written, or loaded. */
  readonly snapshotMs: number
}

export interface ShareStateLimits {
  /** `share.coordinator.snapshot.update.records.per.snapshot` */
  readonly updatesPerSnapshot: number
  /** `share.coordinator.state.topic.prune.interval.ms` */
  readonly pruneIntervalMs: number
  /** `share.coordinator.cold.partition.snapshot.interval.ms` */
  readonly coldSnapshotIntervalMs: number
}

/** What lies before this offset of the partition says nothing any more. */
export interface Prune {
  readonly deleteBefore: number
}

/** What is told of one share-partition. */
export interface ShareStateResult {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export interface ReadShareState extends ShareStateResult {
  readonly stateEpoch: number
  readonly leaderEpoch: number
  readonly startOffset: number
  readonly deliveryCompleteCount: number
  readonly stateBatches: ShareState['stateBatches']
}

export interface WriteShareState extends ShareWrite {
  readonly stateEpoch: number
  readonly leaderEpoch: number
}

const DONE: ShareStateResult = { errorCode: ErrorCode.NONE, errorMessage: null }
/** What a share-partition is before anything was kept of it. */
const NOTHING = {
  stateEpoch: 0,
  leaderEpoch: 0,
  startOffset: -1,
  deliveryCompleteCount: -1,
  stateBatches: [],
}

const NO_OUTCOME: Outcome<never, Prune> = { records: [], replies: [] }
/** Snapshots that are written together. */
const SNAPSHOT_BYTES_MAX = 256 * 1024
const MORE_SNAPSHOTS_MS = 1000

export class ShareStateShard implements CoordinatorShard<Prune> {
  readonly #limits: ShareStateLimits
  readonly #kept = new Map<string, Kept>()
  readonly #places = new SnapshotPlaces()
  #isLoaded = false
  #pruneMs = Infinity

  constructor(limits: ShareStateLimits) {
    this.#limits = limits
  }

  replay(key: Buffer, value: Buffer | null, { baseOffset }: ReplayedBatch): void {
    assert(!this.#isLoaded, 'records are replayed while loading only')
    const entry = readShareRecord(key, value)
    if (entry === undefined) return
    const name = coordinatorKey(entry.key)
    this.#places.replayed(baseOffset)
    if (entry.kind === 'snapshot') {
      if (entry.state === null) this.#forget(name)
      else {
        this.#kept.set(name, { key: entry.key, state: entry.state, updates: 0, snapshotMs: 0 })
        this.#places.set(name, baseOffset)
      }
      return
    }
    const kept = this.#kept.get(name)
    // An update without its snapshot is what is left of a state that was deleted or written anew.
    if (kept === undefined || entry.update?.snapshotEpoch !== kept.state.snapshotEpoch) return
    this.#kept.set(name, { ...kept, state: applyUpdate(kept.state, entry.update), updates: kept.updates + 1 })
  }

  finishLoading({ monotonicMs, wallMs }: Moment): Outcome<never, Prune> {
    this.#isLoaded = true
    for (const [name, kept] of this.#kept) this.#kept.set(name, { ...kept, snapshotMs: wallMs })
    this.#pruneMs = monotonicMs + this.#limits.pruneIntervalMs
    return NO_OUTCOME
  }

  appended(records: readonly CoordinatorRecord[], baseOffset: number): void {
    this.#places.appended(records, baseOffset)
  }

  /** Lets go of what lies before the oldest snapshot, and makes old snapshots anew, which hold much of the log back. */
  tick({ monotonicMs, wallMs }: Moment): Outcome<never, Prune> {
    if (monotonicMs < this.#pruneMs) return NO_OUTCOME
    const deleteBefore = this.#places.prune()
    const { records, isWhole } = this.#coldSnapshots(wallMs)
    this.#pruneMs = monotonicMs + (isWhole ? this.#limits.pruneIntervalMs : MORE_SNAPSHOTS_MS)
    return { records, replies: [], effects: deleteBefore === undefined ? [] : [{ deleteBefore }] }
  }

  nextDeadlineMs(): number {
    return this.#places.isEmpty ? Infinity : this.#pruneMs
  }

  abandon(): [] {
    this.#kept.clear()
    this.#places.clear()
    return []
  }

  /** Begins anew at an offset; -1 lets the first leader find one. */
  initialize(
    token: unknown,
    key: ShareKey,
    { stateEpoch, startOffset }: { readonly stateEpoch: number; readonly startOffset: number },
    wallMs: number,
  ): Outcome<ShareStateResult> {
    const kept = this.#kept.get(coordinatorKey(key))
    if (kept !== undefined && kept.state.stateEpoch > stateEpoch)
      return told(token, refused(ErrorCode.FENCED_STATE_EPOCH))
    const state: ShareState = {
      ...NOTHING,
      snapshotEpoch: (kept?.state.snapshotEpoch ?? -1) + 1,
      stateEpoch,
      startOffset,
      deliveryCompleteCount: startOffset < 0 ? NOTHING.deliveryCompleteCount : 0,
      createTimestampMs: wallMs,
    }
    return told(token, DONE, this.#snapshot(key, state, wallMs))
  }

  /** A new leader fences those before it. */
  read(token: unknown, key: ShareKey, leaderEpoch: number): Outcome<ReadShareState> {
    const kept = this.#kept.get(coordinatorKey(key))
    if (kept === undefined) return told(token, { ...DONE, ...NOTHING })
    if (kept.state.leaderEpoch > leaderEpoch)
      return told(token, { ...NOTHING, ...refused(ErrorCode.FENCED_LEADER_EPOCH) })
    const answer = { ...DONE, ...kept.state, leaderEpoch }
    if (kept.state.leaderEpoch === leaderEpoch) return told(token, answer)
    const { snapshotEpoch, deliveryCompleteCount } = kept.state
    const update = { snapshotEpoch, leaderEpoch, startOffset: -1, deliveryCompleteCount, stateBatches: [] }
    return told(token, answer, this.#update(key, kept, update))
  }

  write(token: unknown, key: ShareKey, write: WriteShareState, wallMs: number): Outcome<ShareStateResult> {
    const kept = this.#kept.get(coordinatorKey(key))
    if (kept === undefined) {
      const message = 'The share-partition has no state: it must be initialized first.'
      return told(token, { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: message })
    }
    if (kept.state.leaderEpoch > write.leaderEpoch) return told(token, refused(ErrorCode.FENCED_LEADER_EPOCH))
    if (kept.state.stateEpoch > write.stateEpoch) return told(token, refused(ErrorCode.FENCED_STATE_EPOCH))
    const { stateEpoch: _, ...rest } = write
    const update = { ...rest, snapshotEpoch: kept.state.snapshotEpoch }
    if (kept.updates < this.#limits.updatesPerSnapshot)
      return told(token, DONE, this.#update(key, kept, update))
    const state = { ...applyUpdate(kept.state, update), snapshotEpoch: kept.state.snapshotEpoch + 1 }
    return told(token, DONE, this.#snapshot(key, state, wallMs))
  }

  /** Changes nothing. */
  summary(key: ShareKey): ReadShareState {
    const kept = this.#kept.get(coordinatorKey(key))
    return kept === undefined ? { ...DONE, ...NOTHING } : { ...DONE, ...kept.state }
  }

  remove(token: unknown, key: ShareKey): Outcome<ShareStateResult> {
    if (!this.#forget(coordinatorKey(key))) return told(token, DONE)
    return told(token, DONE, removalRecord(key))
  }

  topicsDeleted(topicIds: ReadonlySet<string>): Outcome<never, Prune> {
    const records: CoordinatorRecord[] = []
    for (const [name, { key }] of [...this.#kept]) {
      if (!topicIds.has(key.topicId)) continue
      this.#forget(name)
      records.push(removalRecord(key))
    }
    return { records, replies: [] }
  }

  #snapshot(key: ShareKey, state: ShareState, wallMs: number): CoordinatorRecord {
    const name = coordinatorKey(key)
    this.#kept.set(name, { key, state, updates: 0, snapshotMs: wallMs })
    const record = snapshotRecord(key, state, wallMs)
    this.#places.await(record, name)
    return record
  }

  #forget(name: string): boolean {
    this.#places.delete(name)
    return this.#kept.delete(name)
  }

  /** Where all are old nothing happens, and there is nothing to gain. */
  #coldSnapshots(wallMs: number): { readonly records: CoordinatorRecord[]; readonly isWhole: boolean } {
    const all = [...this.#kept.values()]
    const cold = all.filter(({ snapshotMs }) => wallMs - snapshotMs >= this.#limits.coldSnapshotIntervalMs)
    const records: CoordinatorRecord[] = []
    if (cold.length === all.length) return { records, isWhole: true }
    let sizeBytes = 0
    for (const { key, state } of cold) {
      const record = this.#snapshot(key, { ...state, snapshotEpoch: state.snapshotEpoch + 1 }, wallMs)
      records.push(record)
      sizeBytes += record.value?.length ?? 0
      if (sizeBytes >= SNAPSHOT_BYTES_MAX) break
    }
    return { records, isWhole: records.length === cold.length }
  }

  #update(key: ShareKey, kept: Kept, update: ShareUpdate): CoordinatorRecord {
    this.#kept.set(coordinatorKey(key), {
      ...kept,
      state: applyUpdate(kept.state, update),
      updates: kept.updates + 1,
    })
    return updateRecord(key, update)
  }
}

function told<Response>(token: unknown, response: Response, record?: CoordinatorRecord): Outcome<Response> {
  return { records: record === undefined ? [] : [record], replies: [{ token, response }] }
}

function refused(code: number): ShareStateResult {
  return { errorCode: code, errorMessage: errorName(code) }
}
