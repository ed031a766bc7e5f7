import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ErrorCode } from '../../../wire/index.ts'
import type { ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse } from '../bodies.ts'
import { contains, type TopicPartitions } from '../target/partitions.ts'
import { type Call, Driver } from '../test-driver.ts'
import { TestTopics, topicIdOf } from '../test-topics.ts'
import type { ShareAlterationResponse } from '../types.ts'
import { assignShared } from './assign.ts'
import { describeShareGroup } from './describe.ts'
import { shareGroupHeartbeat } from './heartbeat.ts'
import { changeShared, type SharedChange, sharedPartitions } from './shared-partitions.ts'

const GROUP = 'group'
const SESSION_MS = 45_000
const orders = topicIdOf('orders')

function driver(shareAssignmentIntervalMs = 0): Driver {
  const topics = new TestTopics({ orders: 4, other: 1 })
  const made = new Driver({ groupShareMaxSize: 3 }, [], 1_000_000, topics)
  made.settings = { ...made.settings, shareAssignmentIntervalMs }
  return made
}

function heartbeat(on: Driver, fields: Partial<ShareGroupHeartbeatRequest>): ShareGroupHeartbeatResponse {
  const call: Call<ShareGroupHeartbeatResponse> = {}
  const request = {
    groupId: GROUP,
    memberId: 'a',
    memberEpoch: 0,
    rackId: null,
    subscribedTopicNames: null,
    ...fields,
  }
  const caller = { version: 1, clientId: 'client', clientHost: '/127.0.0.1' }
  on.accept(on.shard.request(call, GROUP, on.now, (effects) => shareGroupHeartbeat(effects, request, caller)))
  if (call.response === undefined) throw new Error('a heartbeat is answered at once')
  return call.response
}

function join(
  on: Driver,
  memberId: string,
  topics: readonly string[] = ['orders'],
): ShareGroupHeartbeatResponse {
  return heartbeat(on, { memberId, subscribedTopicNames: [...topics] })
}

function change(on: Driver, shared: SharedChange): ShareAlterationResponse {
  const call: Call<ShareAlterationResponse> = {}
  on.accept(on.shard.request(call, GROUP, on.now, (effects) => changeShared(effects, GROUP, shared)))
  if (call.response === undefined) throw new Error('a change is answered at once')
  return call.response
}

function share(on: Driver): void {
  change(on, { kind: 'added', topics: on.shard.look(GROUP, sharedPartitions)?.missing ?? [] })
}

function assigned(response: ShareGroupHeartbeatResponse): readonly number[] | undefined {
  return response.assignment?.topicPartitions.find(({ topicId }) => topicId === orders)?.partitions
}

test('only partitions that have their state are assigned', () => {
  const on = driver()
  expect(join(on, 'a')).toMatchObject({ errorCode: ErrorCode.NONE, assignment: { topicPartitions: [] } })
  expect(on.shard.look(GROUP, sharedPartitions)?.missing).toEqual([
    { topicId: orders, topicName: 'orders', partitions: [0, 1, 2, 3] },
  ])
  share(on)
  expect(on.shard.look(GROUP, sharedPartitions)?.missing).toEqual([])
  expect(assigned(heartbeat(on, { memberEpoch: 1 }))).toEqual([0, 1, 2, 3])
  on.topics.set('orders', 5, orders)
  expect(on.shard.look(GROUP, sharedPartitions)?.missing).toMatchObject([{ partitions: [4] }])
})

test('partitions that are added a second time change nothing', () => {
  const on = driver()
  join(on, 'a')
  const missing = on.shard.look(GROUP, sharedPartitions)?.missing ?? []
  const first = change(on, { kind: 'added', topics: missing })
  const records = on.log.length
  expect(change(on, { kind: 'added', topics: missing })).toEqual(first)
  expect(on.log).toHaveLength(records)
  on.topics.set('orders', 5, orders)
  const more = on.shard.look(GROUP, sharedPartitions)?.missing ?? []
  expect(change(on, { kind: 'added', topics: more }).stateEpoch).toBeGreaterThan(first.stateEpoch)
})

test('members share the partitions, and get those of who left', () => {
  const on = driver()
  join(on, 'a')
  share(on)
  const second = join(on, 'b')
  expect(assigned(second)).toEqual([1, 3])
  const first = heartbeat(on, { memberEpoch: 1 })
  expect(assigned(first)).toEqual([0, 2])
  expect(heartbeat(on, { memberId: 'b', memberEpoch: -1 })).toMatchObject({ errorCode: 0, memberEpoch: -1 })
  expect(assigned(heartbeat(on, { memberEpoch: first.memberEpoch }))).toEqual([0, 1, 2, 3])
})

test('who is silent for too long has left', () => {
  const on = driver()
  join(on, 'a')
  share(on)
  on.nowMs += SESSION_MS - 1
  const b = join(on, 'b')
  on.nowMs += 1
  expect(on.shard.nextDeadlineMs()).toBeLessThanOrEqual(on.nowMs)
  on.accept(on.shard.tick(on.now))
  expect(heartbeat(on, { memberEpoch: 2 }).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  expect(assigned(heartbeat(on, { memberId: 'b', memberEpoch: b.memberEpoch }))).toEqual([0, 1, 2, 3])
})

test.each([
  [{ memberId: '' }, ErrorCode.INVALID_REQUEST],
  [{ memberEpoch: -2 }, ErrorCode.INVALID_REQUEST],
  [{ subscribedTopicNames: [] }, ErrorCode.INVALID_REQUEST],
  [{ rackId: ' ' }, ErrorCode.INVALID_REQUEST],
  [{ memberId: 'nobody', memberEpoch: 1, subscribedTopicNames: null }, ErrorCode.UNKNOWN_MEMBER_ID],
  [{ memberEpoch: 9, subscribedTopicNames: null }, ErrorCode.FENCED_MEMBER_EPOCH],
])('refuses %j and changes nothing', (fields, code) => {
  const on = driver()
  join(on, 'a')
  const before = on.log.length
  expect(heartbeat(on, { subscribedTopicNames: ['orders'], ...fields }).errorCode).toBe(code)
  expect(on.log).toHaveLength(before)
})

test('a full group takes no more members, and a group of another kind is none', () => {
  const on = driver()
  for (const memberId of ['a', 'b', 'c']) expect(join(on, memberId).errorCode).toBe(ErrorCode.NONE)
  expect(join(on, 'd').errorCode).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED)
  expect(on.join().response?.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  const classic = driver()
  classic.joinTwice()
  expect(join(classic, 'a').errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
})

test('the classic protocol finds no members and no offsets in it', () => {
  const on = driver()
  join(on, 'a')
  expect(on.leave(['a'])?.members).toMatchObject([{ errorCode: ErrorCode.UNKNOWN_MEMBER_ID }])
  const call: Call<{ errorCode: number }> = {}
  on.accept(on.shard.deleteOffsets(call, { groupId: GROUP, topics: [] }, on.now))
  expect(call.response?.errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
})

test('a loaded group is the one that was written', () => {
  const on = driver()
  join(on, 'a')
  share(on)
  join(on, 'b', ['orders', 'other'])
  share(on)
  const described = (each: Driver) =>
    each.shard.look(GROUP, (group, topics) => describeShareGroup(GROUP, group, topics))
  const again = on.reloaded()
  expect(described(again)).toEqual(described(on))
  expect(again.shard.look(GROUP, sharedPartitions)).toEqual(on.shard.look(GROUP, sharedPartitions))
  expect(described(again)).toMatchObject({ groupState: 'Stable', assignorName: 'simple', members: [{}, {}] })
})

test('administrators change an empty group only; each change fences what was kept before', () => {
  const on = driver()
  join(on, 'a')
  share(on)
  const topics = [{ topicId: orders, topicName: 'orders', partitions: [0] }]
  expect(change(on, { kind: 'altered', topics }).errorCode).toBe(ErrorCode.NON_EMPTY_GROUP)
  heartbeat(on, { memberEpoch: -1 })
  const first = change(on, { kind: 'altered', topics })
  const second = change(on, { kind: 'removed', topicIds: new Set([orders]) })
  expect([first.errorCode, second.errorCode]).toEqual([0, 0])
  expect(second.stateEpoch).toBeGreaterThan(first.stateEpoch)
  expect(on.shard.look(GROUP, sharedPartitions)?.shared).toEqual([])
})

test('setting the offsets of a group that is not there makes it', () => {
  const on = driver()
  const topics = [{ topicId: orders, topicName: 'orders', partitions: [0, 1, 2, 3] }]
  expect(change(on, { kind: 'removed', topicIds: new Set() }).errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
  expect(change(on, { kind: 'altered', topics: [] }).errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
  expect(change(on, { kind: 'altered', topics })).toMatchObject({ errorCode: ErrorCode.NONE, stateEpoch: 1 })
  for (const each of [on, on.reloaded()]) {
    const described = each.shard.look(GROUP, (group, view) => describeShareGroup(GROUP, group, view))
    expect(described).toMatchObject({ errorCode: ErrorCode.NONE, groupState: 'Empty', groupEpoch: 1 })
    expect(each.shard.look(GROUP, sharedPartitions)?.shared).toEqual(topics)
  }
  expect(assigned(join(on, 'a'))).toEqual([0, 1, 2, 3])
})

test('a deleted topic leaves nothing behind', () => {
  const on = driver()
  join(on, 'a')
  share(on)
  on.topics.delete('orders')
  on.accept(on.shard.topicsDeleted(['orders'], on.now))
  expect(on.shard.look(GROUP, sharedPartitions)).toMatchObject({ shared: [], missing: [] })
})

test('every member has a partition of each of its topics, every partition a member, and sharing is even', () => {
  const members = fc.array(fc.subarray(['x', 'y', 'z']), { minLength: 1, maxLength: 8 })
  const counts = fc.record({ x: fc.nat(9), y: fc.nat(9), z: fc.nat(9) })
  fc.assert(
    fc.property(members, counts, (subscriptions, partitionCounts) => {
      const partitionsOf = (topicId: string) =>
        Array.from({ length: partitionCounts[topicId as 'x' | 'y' | 'z'] }, (_, index) => index)
      const specs = subscriptions.map((topics, at) => ({ memberId: `m${at}`, topicIds: new Set(topics) }))
      const targets = assignShared(specs, partitionsOf)
      expect([...targets.keys()].sort()).toEqual(specs.map(({ memberId }) => memberId).sort())
      for (const topicId of ['x', 'y', 'z']) {
        const readers = specs.filter((spec) => spec.topicIds.has(topicId))
        const partitions = partitionsOf(topicId)
        const loads = partitions.map((partition) => readersOf(targets, topicId, partition).length)
        if (readers.length > 0) for (const load of loads) expect(load).toBeGreaterThan(0)
        if (loads.length > 0) expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
        for (const { memberId, topicIds } of specs) {
          const own = targets.get(memberId)?.get(topicId)?.size ?? 0
          if (!topicIds.has(topicId)) expect(own).toBe(0)
          else if (partitions.length > 0) expect(own).toBeGreaterThan(0)
        }
      }
    }),
    { seed: 9, numRuns: 200 },
  )
})

function readersOf(
  targets: ReadonlyMap<string, TopicPartitions>,
  topicId: string,
  partition: number,
): string[] {
  return [...targets]
    .filter(([, target]) => contains(target, topicId, partition))
    .map(([memberId]) => memberId)
}

test('many changes within the assignment interval make one assignment, after another start of the coordinator too', () => {
  const on = driver(1000)
  join(on, 'a')
  share(on)
  expect(assigned(heartbeat(on, { memberEpoch: 1 }))).toHaveLength(4)
  join(on, 'b')
  const later = on.reloaded()
  later.settings = on.settings
  for (const each of [on, later]) {
    each.advance(999)
    expect(heartbeat(each, { memberEpoch: 2 }).memberEpoch).toBe(2)
    each.advance(1)
    const { memberEpoch, assignment } = heartbeat(each, { memberEpoch: 2 })
    expect(memberEpoch).toBe(3)
    expect(assignment?.topicPartitions[0]?.partitions).toHaveLength(2)
  }
})
