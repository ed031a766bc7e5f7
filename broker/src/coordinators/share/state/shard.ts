/**
 * The share coordinator's part in one partition of `__share_group_state` (KIP-932): what became of the records of all
 * share-partitions whose key hashes to it. A pure state machine; `CoordinatorShard` says what its host owes.
 */
import { ErrorCode, errorName } from '../../../wire/index.ts'
import type { CoordinatorRecord, CoordinatorShard, Outcome } from '../../coordinator-shard.ts'
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

interface Kept {
  readonly key: ShareKey
  readonly state: ShareState
  /** Records since the last snapshot. */
  readonly updates: number
}

export interface ShareStateLimits {
  /** `share.coordinator.snapshot.update.records.per.snapshot` */
  readonly updatesPerSnapshot: number
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

export class ShareStateShard implements CoordinatorShard {
  readonly #limits: ShareStateLimits
  readonly #kept = new Map<string, Kept>()
  #isLoaded = false

  constructor(limits: ShareStateLimits) {
    this.#limits = limits
  }

  replay(key: Buffer, value: Buffer | null): void {
    assert(!this.#isLoaded, 'records are replayed while loading only')
    const entry = readShareRecord(key, value)
    if (entry === undefined) return
    const name = coordinatorKey(entry.key)
    if (entry.kind === 'snapshot') {
      if (entry.state === null) this.#kept.delete(name)
      else this.#kept.set(name, { key: entry.key, state: entry.state, updates: 0 })
      return
    }
    const kept = this.#kept.get(name)
    // An update without its snapshot is what is left of a state that was deleted or written anew.
    if (kept === undefined || entry.update?.snapshotEpoch !== kept.state.snapshotEpoch) return
    this.#kept.set(name, { ...kept, state: applyUpdate(kept.state, entry.update), updates: kept.updates + 1 })
  }

  finishLoading(): Outcome {
    this.#isLoaded = true
    return { records: [], replies: [] }
  }

  tick(): Outcome {
    return { records: [], replies: [] }
  }

  nextDeadlineMs(): number {
    return Infinity
  }

  abandon(): [] {
    this.#kept.clear()
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
    if (!this.#kept.delete(coordinatorKey(key))) return told(token, DONE)
    return told(token, DONE, removalRecord(key))
  }

  topicsDeleted(topicIds: ReadonlySet<string>): Outcome {
    const records: CoordinatorRecord[] = []
    for (const [name, { key }] of [...this.#kept]) {
      if (!topicIds.has(key.topicId)) continue
      this.#kept.delete(name)
      records.push(removalRecord(key))
    }
    return { records, replies: [] }
  }

  #snapshot(key: ShareKey, state: ShareState, wallMs: number): CoordinatorRecord {
    this.#kept.set(coordinatorKey(key), { key, state, updates: 0 })
    return snapshotRecord(key, state, wallMs)
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
