/**
 * The group coordinator's part in one partition of `__consumer_offsets`: all groups that hash to it. A pure state
 * machine: requests and time in, records and replies out. coordinator-shard.ts says what the caller owes; besides,
 * topics and partitions of a commit exist, names stand for topic ids, and callers are authorized.
 */
import type { Moment } from '../../runtime/types.ts'
import { ErrorCode } from '../../wire/index.ts'
import type { EndMarker, ProducerStamp, ReplayedBatch, ReplayedMarker } from '../coordinator-shard.ts'
import { assert } from './assert.ts'
import type {
  ConsumerGroupHeartbeatRequest,
  DescribedConsumerGroup,
  DescribedGroup,
  HeartbeatRequest,
  JoinGroupRequest,
  LeaveGroupRequest,
  ListedGroup,
  OffsetCommitRequest,
  OffsetDeleteRequest,
  OffsetFetchRequestGroup,
  OffsetFetchResponseGroup,
  SyncGroupRequest,
} from './bodies.ts'
import type { ClassicGroup } from './classic/classic-group.ts'
import { joinRequestError, refuse } from './classic/join.ts'
import { leaveGroup } from './classic/leave.ts'
import { answerWaiting, syncError } from './classic/replies.ts'
import { heartbeat } from './classic/sessions.ts'
import { syncGroup } from './classic/sync.ts'
import type { GroupConfig } from './config.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import { describeConsumerGroup } from './consumer/describe.ts'
import { answerOrError, consumerGroupHeartbeat } from './consumer/heartbeat.ts'
import {
  heartbeatInConsumerGroup,
  leaveConsumerGroup,
  syncInConsumerGroup,
} from './consumer/migration/classic-members.ts'
import { joinAnyGroup } from './consumer/migration/join.ts'
import { Deadlines } from './deadlines.ts'
import { deleteGroup, describeGroup, describeMissing, type GroupFilters, listGroups } from './describe.ts'
import type { Group } from './group.ts'
import { expireGroup, startGroup } from './group-timers.ts'
import { Groups } from './groups.ts'
import { ExpiryCheck } from './offsets/expiry.ts'
import { commitRequestError, commitResponse, offsetCommit, removeTopic } from './offsets/offset-commit.ts'
import { deleteOffsets } from './offsets/offset-delete.ts'
import { fetchOffsets } from './offsets/offset-fetch.ts'
import { transactionalCommit } from './offsets/transactional-commit.ts'
import { readRecord } from './records.ts'
import { finishReplay, replayRecord } from './replay.ts'
import { forgetTopics } from './share/shared-partitions.ts'
import type { TopicsView } from './target/topics-view.ts'
import type { Caller, Effects, GroupResponse, GroupSurroundings, Outcome, Reply } from './types.ts'

/** What is left after that is due at once. */
const MAX_GROUPS_PER_TICK = 1_000

export class GroupShard {
  private readonly config: GroupConfig
  private readonly surroundings: GroupSurroundings
  private readonly groups = new Groups()
  private readonly deadlines = new Deadlines()
  private phase: 'loading' | 'active' | 'abandoned' = 'loading'
  private readonly expiryCheck = new ExpiryCheck()

  constructor(config: GroupConfig, surroundings: GroupSurroundings) {
    this.config = config
    this.surroundings = surroundings
  }

  /** Applies one record of the log, from its beginning to its end. */
  replay(key: Buffer, value: Buffer | null, batch?: ReplayedBatch): void {
    assert(this.phase === 'loading', 'records are replayed while loading only')
    replayRecord(this.groups, readRecord(key, value), batch?.transaction)
  }

  replayMarker(marker: ReplayedMarker): void {
    assert(this.phase === 'loading', 'records are replayed while loading only')
    this.groups.endTransaction(marker)
  }

  /**
   * From here on the shard answers. Groups that outgrew group.max.size are called together, to be cut down.
   */
  finishLoading(now: Moment): Outcome {
    assert(this.phase === 'loading', 'loading ends once')
    this.phase = 'active'
    finishReplay(this.groups)
    this.expiryCheck.start(now.monotonicMs, this.config)
    return this.run(now, (effects) => {
      for (const group of [...this.groups.values()]) {
        startGroup(effects, group)
        this.settle(group.groupId)
      }
    })
  }

  joinGroup(
    token: unknown,
    request: JoinGroupRequest,
    caller: Caller,
    now: Moment,
    newMemberUuid: () => string,
  ): Outcome {
    return this.run(now, (effects) => {
      const join = { token, request, caller, newMemberUuid }
      const known = this.groups.get(request.groupId)
      const errorCode = joinRequestError(effects, join, known !== undefined)
      if (errorCode !== ErrorCode.NONE) refuse(effects, join, errorCode)
      else joinAnyGroup(effects, known, join)
      this.settle(request.groupId)
    })
  }

  syncGroup(token: unknown, request: SyncGroupRequest, now: Moment): Outcome {
    const invalid = syncError(ErrorCode.INVALID_GROUP_ID)
    return this.answer(token, request.groupId, now, invalid, (effects, group) => {
      if (group?.type === 'consumer') return syncInConsumerGroup(effects, group, request)
      syncGroup(effects, group, token, request)
      return undefined
    })
  }

  heartbeat(token: unknown, request: HeartbeatRequest, now: Moment): Outcome {
    const invalid = { errorCode: ErrorCode.INVALID_GROUP_ID }
    return this.answer(token, request.groupId, now, invalid, (effects, group) => {
      if (group?.type === 'consumer') return heartbeatInConsumerGroup(effects, group, request)
      heartbeat(effects, group, token, request)
      return undefined
    })
  }

  leaveGroup(token: unknown, request: LeaveGroupRequest, version: number, now: Moment): Outcome {
    const invalid = { errorCode: ErrorCode.INVALID_GROUP_ID, members: [] }
    return this.answer(token, request.groupId, now, invalid, (effects, group) => {
      if (group?.type === 'consumer') return leaveConsumerGroup(effects, group, request, version)
      leaveGroup(effects, group, token, request, version)
      return undefined
    })
  }

  consumerGroupHeartbeat(
    token: unknown,
    request: ConsumerGroupHeartbeatRequest,
    caller: Caller,
    now: Moment,
    newMemberId: () => string,
  ): Outcome {
    return this.request(token, request.groupId, now, (effects) =>
      answerOrError(() => consumerGroupHeartbeat(effects, { request, caller, newMemberId })),
    )
  }

  /** Carries out a rule of share groups, which answers at once. */
  request(token: unknown, groupId: string, now: Moment, rule: (effects: Effects) => GroupResponse): Outcome {
    return this.run(now, (effects) => {
      effects.replies.push({ token, response: rule(effects) })
      this.settle(groupId)
    })
  }

  look<Result>(groupId: string, reader: (group: Group | undefined, topics: TopicsView) => Result): Result {
    this.assertActive()
    return reader(this.groups.get(groupId), this.surroundings.topics)
  }

  offsetCommit(token: unknown, request: OffsetCommitRequest, version: number, now: Moment): Outcome {
    return this.run(now, (effects) => {
      const known = this.groups.get(request.groupId)
      const errorCode = commitRequestError(request, version, known !== undefined)
      if (errorCode !== ErrorCode.NONE) {
        effects.replies.push({ token, response: commitResponse(request, () => errorCode) })
        return
      }
      const group = known ?? this.groups.openClassic(request.groupId, now.wallMs)
      offsetCommit(effects, group, token, request, version)
      this.settle(request.groupId)
    })
  }

  /** The caller has checked that the producer may write to the partition of this shard. */
  transactionalCommit(
    token: unknown,
    request: OffsetCommitRequest,
    producer: ProducerStamp,
    now: Moment,
  ): Outcome {
    const outcome = this.request(token, request.groupId, now, (effects) =>
      transactionalCommit(effects, request, producer),
    )
    return { ...outcome, transaction: producer }
  }

  /** What the producer's transaction committed counts from now on, or is forgotten. */
  endTransaction(token: unknown, marker: EndMarker, now: Moment): Outcome {
    const outcome = this.run(now, (effects) => {
      for (const groupId of this.groups.endTransaction(marker)) this.settle(groupId)
      effects.replies.push({ token, response: { errorCode: ErrorCode.NONE } })
    })
    return { ...outcome, marker }
  }

  fetchOffsets(request: OffsetFetchRequestGroup, requireStable = false): OffsetFetchResponseGroup {
    return this.look(request.groupId, (group) => fetchOffsets(group, request, requireStable))
  }

  deleteOffsets(token: unknown, request: OffsetDeleteRequest, now: Moment): Outcome {
    return this.request(token, request.groupId, now, (effects) =>
      deleteOffsets(effects, this.groups.get(request.groupId), request),
    )
  }

  describe(groupIds: readonly string[], version: number): DescribedGroup[] {
    this.assertActive()
    return groupIds.map((groupId) => {
      const group = this.groups.get(groupId)
      return group?.type === 'classic' ? describeGroup(group) : describeMissing(groupId, version, group)
    })
  }

  describeConsumerGroup(groupId: string): DescribedConsumerGroup {
    return this.look(groupId, (group, topics) => describeConsumerGroup(groupId, group, this.config, topics))
  }

  list(filters: GroupFilters): ListedGroup[] {
    this.assertActive()
    return listGroups(this.groups.values(), filters)
  }

  deleteGroups(token: unknown, groupIds: readonly string[], now: Moment): Outcome {
    return this.run(now, (effects) => {
      const results = groupIds.map((groupId) => {
        const errorCode = deleteGroup(effects, this.groups.get(groupId))
        if (errorCode === ErrorCode.NONE) this.forget(groupId)
        return { groupId, errorCode }
      })
      effects.replies.push({ token, response: { throttleTimeMs: 0, results } })
    })
  }

  /** Committed offsets do not outlive their topic: a new one of the same name starts without any. */
  topicsDeleted(names: readonly string[], now: Moment): Outcome {
    return this.run(now, (effects) => {
      for (const group of [...this.groups.values()]) {
        for (const name of names) removeTopic(effects, group, name)
        if (group.type === 'share') forgetTopics(effects, group, new Set(names))
        this.settle(group.groupId)
      }
    })
  }

  /** These topics were created or deleted, or have more partitions: groups that read them look at them again. */
  topicsChanged(names: ReadonlySet<string>, now: Moment): Outcome {
    return this.run(now, () => {
      for (const group of this.groups.values()) {
        if (group.type === 'classic') continue
        group.topicsChanged(names, now.monotonicMs)
        this.settle(group.groupId)
      }
    })
  }

  tick(now: Moment): Outcome {
    return this.run(now, (effects) => {
      for (let left = MAX_GROUPS_PER_TICK; left > 0; left--) {
        const groupId = this.deadlines.take(now.monotonicMs)
        if (groupId === undefined) break
        const group = this.groups.get(groupId)
        assert(group !== undefined, `${groupId} is due and does not exist`)
        expireGroup(effects, group)
        this.settle(groupId)
      }
      this.expiryCheck.run(effects, this.groups, (group) => this.forget(group.groupId))
    })
  }

  /** When `tick` wants to be called; Infinity if never. */
  nextDeadlineMs(): number {
    this.assertActive()
    if (this.groups.size === 0) return Infinity
    return Math.min(this.deadlines.next(), this.expiryCheck.dueMs)
  }

  /** The partition is led elsewhere, or its log failed: nobody waits here any longer. */
  abandon(): Reply[] {
    assert(this.phase !== 'abandoned', 'a shard is abandoned once')
    this.phase = 'abandoned'
    const replies: Reply[] = []
    for (const group of this.groups.values()) {
      if (group.type === 'classic') answerWaiting({ replies }, group, ErrorCode.NOT_COORDINATOR)
    }
    this.groups.clear()
    return replies
  }

  /** What is said of a group by name; a rule that answers by itself, maybe later, returns undefined. */
  private answer(
    token: unknown,
    groupId: string,
    now: Moment,
    invalid: GroupResponse,
    rule: (effects: Effects, group: ClassicGroup | ConsumerGroup | undefined) => GroupResponse | undefined,
  ): Outcome {
    return this.run(now, (effects) => {
      const group = this.groups.get(groupId)
      // The classic protocol knows no other groups.
      const known = group?.type === 'share' || group?.type === 'streams' ? undefined : group
      const response = groupId === '' ? invalid : rule(effects, known)
      if (response) effects.replies.push({ token, response })
      this.settle(groupId)
    })
  }

  private run(now: Moment, call: (effects: Effects) => void): Outcome {
    this.assertActive()
    const { config, groups, surroundings } = this
    const { topics } = surroundings
    const settingsOf = (groupId: string) => surroundings.settingsOf(groupId)
    const { monotonicMs: nowMs, wallMs } = now
    const effects: Effects = { config, groups, topics, settingsOf, nowMs, wallMs, records: [], replies: [] }
    call(effects)
    return { records: effects.records, replies: effects.replies }
  }

  private assertActive(): void {
    assert(this.phase === 'active', `the shard is ${this.phase}`)
  }

  /**
   * After every change of a group: it is remembered while it has something to tell, and called when it is
   * due.
   */
  private settle(groupId: string): void {
    const group = this.groups.get(groupId)
    if (!group) this.deadlines.forget(groupId)
    else if (group.isSpent && !group.isPersisted) this.forget(groupId)
    else if (group.dueMs < Infinity) this.deadlines.set(groupId, group.dueMs)
  }

  private forget(groupId: string): void {
    this.groups.remove(groupId)
    this.deadlines.forget(groupId)
  }
}
