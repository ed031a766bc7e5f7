/**
 * Drives one shard through scenarios: keeps its clock, its log and the answers that came, each at most once.
 */
import type { Moment } from '../../runtime/types.ts'
import { ZERO_UUID } from '../../wire/index.ts'
import { assert } from './assert.ts'
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
  HeartbeatResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
  StreamsGroupHeartbeatRequest,
  SyncGroupRequest,
  SyncGroupResponse,
} from './bodies.ts'
import { defaultGroupConfig, defaultGroupSettings, type GroupConfig, type GroupSettings } from './config.ts'
import type { GroupRecord } from './records.ts'
import { GroupShard } from './shard.ts'
import { describeStreamsGroup } from './streams/describe.ts'
import { type StreamsHeartbeatResult, streamsGroupHeartbeat } from './streams/heartbeat.ts'
import { TestTopics } from './test-topics.ts'
import type { GroupResponse, Outcome, Reply } from './types.ts'

export interface Call<Response> {
  response?: Response
}

export interface Commit {
  readonly memberId?: string
  readonly groupInstanceId?: string | null
  readonly generation?: number
  readonly offsets: Readonly<Record<string, number>>
  readonly metadata?: string | null
  readonly retentionTimeMs?: number
  readonly version?: number
  readonly groupId?: string
  /** By topic; nothing means topics without ids. */
  readonly topicIds?: Readonly<Record<string, string>>
}

export class Driver {
  readonly config: GroupConfig
  readonly shard: GroupShard
  readonly log: GroupRecord[]
  /** Those of the cluster, to be changed by tests. */
  readonly topics: TestTopics
  /** What the groups are configured to; to be changed by tests. */
  settings: GroupSettings = defaultGroupSettings
  nowMs: number
  /** By so much the clock on the wall has jumped. */
  wallJumpMs = 0
  private uuids = 0

  constructor(
    config: Partial<GroupConfig> = {},
    log: readonly GroupRecord[] = [],
    nowMs = 1_000_000,
    topics = new TestTopics(),
  ) {
    this.config = { ...defaultGroupConfig, ...config }
    this.topics = topics
    const settingsOf = () => this.settings
    this.shard = new GroupShard(this.config, { topics, settingsOf })
    this.log = [...log]
    this.nowMs = nowMs
    for (const { key, value } of log) this.shard.replay(key, value)
    this.accept(this.shard.finishLoading(this.now))
  }

  get now(): Moment {
    return { monotonicMs: this.nowMs, wallMs: this.nowMs + this.wallJumpMs }
  }

  /** Another shard, loaded from what this one wrote. */
  reloaded(config: Partial<GroupConfig> = this.config): Driver {
    const driver = new Driver(config, this.log, this.nowMs, this.topics)
    driver.uuids = this.uuids
    return driver
  }

  join(
    fields: Partial<JoinGroupRequest> = {},
    version = 9,
    client = { clientId: 'client', clientHost: '/127.0.0.1' },
  ): Call<JoinGroupResponse> {
    const call: Call<JoinGroupResponse> = {}
    const request: JoinGroupRequest = {
      groupId: 'group',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      memberId: '',
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription('topic') }],
      reason: null,
      ...fields,
    }
    const newMemberUuid = () => `uuid-${++this.uuids}`
    this.accept(this.shard.joinGroup(call, request, { version, ...client }, this.now, newMemberUuid))
    return call
  }

  /** Both requests of a dynamic member; the second one is returned. */
  joinTwice(fields: Partial<JoinGroupRequest> = {}): Call<JoinGroupResponse> & { memberId: string } {
    const { memberId = '' } = this.join(fields).response ?? {}
    return Object.assign(this.join({ ...fields, memberId }), { memberId })
  }

  sync(fields: Partial<SyncGroupRequest>, assigned: Readonly<Record<string, string | Buffer>> = {}) {
    const call: Call<SyncGroupResponse> = {}
    const assignments = Object.entries(assigned).map(([memberId, assignment]) => ({
      memberId,
      assignment: typeof assignment === 'string' ? Buffer.from(assignment) : assignment,
    }))
    const request: SyncGroupRequest = {
      groupId: 'group',
      generationId: 1,
      memberId: '',
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments,
      ...fields,
    }
    this.accept(this.shard.syncGroup(call, request, this.now))
    return call
  }

  consumerHeartbeat(fields: Partial<ConsumerGroupHeartbeatRequest>, version = 1, clientId = 'client') {
    const call: Call<ConsumerGroupHeartbeatResponse> = {}
    const request: ConsumerGroupHeartbeatRequest = {
      groupId: 'group',
      memberId: 'member',
      memberEpoch: 0,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: null,
      ...fields,
    }
    const caller = { version, clientId, clientHost: '/127.0.0.1' }
    const newMemberId = () => `uuid-${++this.uuids}`
    this.accept(this.shard.consumerGroupHeartbeat(call, request, caller, this.now, newMemberId))
    assert(call.response !== undefined, 'a heartbeat is answered at once')
    return call.response
  }

  streamsHeartbeat(fields: Partial<StreamsGroupHeartbeatRequest>): StreamsHeartbeatResult {
    const call: Call<StreamsHeartbeatResult> = {}
    const request: StreamsGroupHeartbeatRequest = {
      groupId: 'group',
      memberId: 'member',
      memberEpoch: 0,
      endpointInformationEpoch: -1,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: -1,
      topology: null,
      activeTasks: null,
      standbyTasks: null,
      warmupTasks: null,
      processId: null,
      userEndpoint: null,
      clientTags: null,
      taskOffsets: null,
      taskEndOffsets: null,
      shutdownApplication: false,
      ...fields,
    }
    const caller = { version: 0, clientId: 'client', clientHost: '/127.0.0.1' }
    this.accept(
      this.shard.request(call, request.groupId, this.now, (effects) =>
        streamsGroupHeartbeat(effects, request, caller),
      ),
    )
    assert(call.response !== undefined, 'a heartbeat is answered at once')
    return call.response
  }

  describeStreams(groupId = 'group') {
    return this.shard.look(groupId, (group) => describeStreamsGroup(groupId, group))
  }

  describeConsumer(groupId = 'group') {
    return this.shard.describeConsumerGroup(groupId)
  }

  /** A topic appears or changes, and the shard hears of it. */
  setTopic(name: string, partitionCount: number): void {
    this.topics.set(name, partitionCount)
    this.accept(this.shard.topicsChanged(new Set([name]), this.now))
  }

  heartbeat(memberId: string, generationId = 1, groupInstanceId: string | null = null, groupId = 'group') {
    const call: Call<HeartbeatResponse> = {}
    const request = { groupId, generationId, memberId, groupInstanceId }
    this.accept(this.shard.heartbeat(call, request, this.now))
    return call.response?.errorCode
  }

  leave(members: readonly (string | { instance: string; memberId?: string })[], groupId = 'group') {
    const identities = members.map((member) =>
      typeof member === 'string'
        ? { memberId: member, groupInstanceId: null, reason: null }
        : { memberId: member.memberId ?? '', groupInstanceId: member.instance, reason: null },
    )
    return this.leaveAs({ groupId, memberId: '', members: identities }, 5)
  }

  leaveAs(request: LeaveGroupRequest, version: number): LeaveGroupResponse | undefined {
    const call: Call<LeaveGroupResponse> = {}
    this.accept(this.shard.leaveGroup(call, request, version, this.now))
    return call.response
  }

  /** Commits offsets given by topic, into partition 0; answers the codes in the same order. */
  commit(commit: Commit): number[] | undefined {
    const call: Call<OffsetCommitResponse> = {}
    const topics = Object.entries(commit.offsets).map(([name, committedOffset]) => ({
      name,
      topicId: commit.topicIds?.[name] ?? ZERO_UUID,
      partitions: [
        {
          partitionIndex: 0,
          committedOffset,
          committedLeaderEpoch: 5,
          committedMetadata: commit.metadata ?? null,
        },
      ],
    }))
    const request: OffsetCommitRequest = {
      groupId: commit.groupId ?? 'group',
      generationIdOrMemberEpoch: commit.generation ?? -1,
      memberId: commit.memberId ?? '',
      groupInstanceId: commit.groupInstanceId ?? null,
      retentionTimeMs: commit.retentionTimeMs ?? -1,
      topics,
    }
    this.accept(this.shard.offsetCommit(call, request, commit.version ?? 9, this.now))
    return call.response?.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))
  }

  /** Everything that a group has committed, by topic and partition. */
  committed(groupId = 'group'): Record<string, number> {
    const { topics } = this.shard.fetchOffsets({ groupId, memberId: null, memberEpoch: -1, topics: null })
    return Object.fromEntries(
      topics.flatMap(({ name, partitions }) =>
        partitions.map((it) => [`${name}-${it.partitionIndex}`, it.committedOffset]),
      ),
    )
  }

  describe(groupId = 'group') {
    const [described] = this.shard.describe([groupId], 6)
    assert(described !== undefined, 'one group is asked for, one is described')
    return described
  }

  /** Lets time pass, with every tick that the shard asks for on the way. */
  advance(durationMs: number): void {
    const untilMs = this.nowMs + durationMs
    for (let dueMs = this.shard.nextDeadlineMs(); dueMs <= untilMs; dueMs = this.shard.nextDeadlineMs()) {
      this.nowMs = Math.max(this.nowMs, dueMs)
      this.tick()
    }
    this.nowMs = untilMs
  }

  tick(): void {
    this.accept(this.shard.tick(this.now))
  }

  topicsDeleted(...names: string[]): void {
    this.accept(this.shard.topicsDeleted(names, this.now))
  }

  /** Returns the codes in the order of the ids. */
  deleteGroups(...groupIds: string[]): number[] {
    const call: Call<{ results: readonly { errorCode: number }[] }> = {}
    this.accept(this.shard.deleteGroups(call, groupIds, this.now))
    return call.response?.results.map(({ errorCode }) => errorCode) ?? []
  }

  abandon(): void {
    this.answer(this.shard.abandon())
  }

  /** A stable group with as many members, whose ids are returned; the first one leads. */
  stableGroup(size: number, fields: Partial<JoinGroupRequest>[] = []): string[] {
    const calls = Array.from({ length: size }, (_, index) => {
      const own = fields[index] ?? {}
      return own.groupInstanceId ? this.join(own) : this.joinTwice(own)
    })
    this.advance(this.config.groupInitialRebalanceDelayMs * 2)
    const memberIds = calls.map(({ response }) => response?.memberId ?? '')
    this.syncAll(memberIds, calls[0]?.response?.generationId ?? 0)
    return memberIds
  }

  /** Every member's SyncGroup; each is assigned its own id. */
  syncAll(memberIds: readonly string[], generationId: number): Call<SyncGroupResponse>[] {
    const assigned = Object.fromEntries(memberIds.map((memberId) => [memberId, memberId]))
    return memberIds.map((memberId) => this.sync({ memberId, generationId }, assigned))
  }

  accept(outcome: Outcome): void {
    for (const { key, value } of outcome.records) {
      this.log.push({ key: Buffer.from(key), value: value && Buffer.from(value) })
    }
    this.answer(outcome.replies)
  }

  private answer(replies: readonly Reply[]): void {
    for (const { token, response } of replies) {
      const call = token as Call<GroupResponse>
      assert(call.response === undefined, 'a request is answered twice')
      call.response = response
    }
  }
}

/** A consumer's subscription (version 1) to these topics, without user data and owned partitions. */
export function subscription(...topics: string[]): Buffer {
  const names = topics.map((topic) => {
    const length = Buffer.alloc(2)
    length.writeInt16BE(Buffer.byteLength(topic))
    return Buffer.concat([length, Buffer.from(topic)])
  })
  const head = Buffer.from([0, 1, 0, 0, 0, topics.length])
  return Buffer.concat([head, ...names, Buffer.from([255, 255, 255, 255, 0, 0, 0, 0])])
}
