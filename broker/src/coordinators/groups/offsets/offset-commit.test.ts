import { describe, expect, test } from 'vitest'
import { ErrorCode, ZERO_UUID } from '../../../wire/index.ts'
import { Driver } from '../test-driver.ts'

const { ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, REBALANCE_IN_PROGRESS, GROUP_ID_NOT_FOUND } = ErrorCode

describe('OffsetCommit', () => {
  test('a consumer without group management commits into a group that has no members', () => {
    const driver = new Driver()
    expect(driver.commit({ offsets: { a: 7, b: 8 } })).toEqual([0, 0])
    expect(driver.committed()).toEqual({ 'a-0': 7, 'b-0': 8 })
    expect(driver.describe()).toMatchObject({ groupState: 'Empty', protocolType: '' })
    expect(driver.reloaded().committed()).toEqual(driver.committed())
  })

  test('it may not commit into a group with members', () => {
    const driver = new Driver()
    driver.stableGroup(1)
    expect(driver.commit({ offsets: { topic: 1 } })).toEqual([UNKNOWN_MEMBER_ID])
    expect(driver.committed()).toEqual({})
  })

  test('members commit in their generation', () => {
    const driver = new Driver()
    const [leader = ''] = driver.stableGroup(1)
    const commit = (memberId: string, generation: number) =>
      driver.commit({ memberId, generation, offsets: { topic: 5 } })
    expect(commit(leader, 2)).toEqual([ILLEGAL_GENERATION])
    expect(commit('nobody', 1)).toEqual([UNKNOWN_MEMBER_ID])
    expect(commit(leader, -1)).toEqual([ILLEGAL_GENERATION])
    expect(driver.committed()).toEqual({})
    expect(commit(leader, 1)).toEqual([0])
    expect(driver.committed()).toEqual({ 'topic-0': 5 })
  })

  test('while the group joins, offsets of the old generation count; after that they are refused', () => {
    const driver = new Driver()
    const [leader = '', follower = ''] = driver.stableGroup(2)
    driver.join({ memberId: leader })
    const commit = (generation: number) =>
      driver.commit({ memberId: follower, generation, offsets: { topic: 5 } })
    expect(commit(1)).toEqual([0])
    driver.join({ memberId: follower })
    expect(commit(1)).toEqual([ILLEGAL_GENERATION])
    expect(commit(2)).toEqual([REBALANCE_IN_PROGRESS])
  })

  test('a generation of a group that does not exist is illegal; from version 9 on the group is not found', () => {
    const driver = new Driver()
    const commit = { memberId: 'm', generation: 3, offsets: { topic: 1 } }
    expect(driver.commit({ ...commit, version: 8 })).toEqual([ILLEGAL_GENERATION])
    expect(driver.commit({ ...commit, version: 9 })).toEqual([GROUP_ID_NOT_FOUND])
    expect(driver.shard.list({ statesFilter: [], typesFilter: [] })).toEqual([])
  })

  test('an empty group id is allowed', () => {
    const driver = new Driver()
    expect(driver.commit({ groupId: '', offsets: { topic: 1 } })).toEqual([0])
    expect(driver.committed('')).toEqual({ 'topic-0': 1 })
  })

  test('names that no record can keep are refused', () => {
    const driver = new Driver()
    const tooLong = 'x'.repeat(40_000)
    expect(driver.commit({ groupId: tooLong, offsets: { topic: 1 } })).toEqual([ErrorCode.INVALID_REQUEST])
    expect(driver.commit({ offsets: { [tooLong]: 1 } })).toEqual([ErrorCode.INVALID_REQUEST])
  })

  test('metadata is limited by offset.metadata.max.bytes, per partition', () => {
    const driver = new Driver({ offsetMetadataMaxBytes: 4 })
    expect(driver.commit({ offsets: { a: 1 }, metadata: '12345' })).toEqual([
      ErrorCode.OFFSET_METADATA_TOO_LARGE,
    ])
    expect(driver.shard.list({ statesFilter: [], typesFilter: [] })).toEqual([])
    expect(driver.commit({ offsets: { a: 1 }, metadata: '1234' })).toEqual([0])
    const partitions = (committedMetadata: string) => ({
      partitionIndex: committedMetadata.length,
      committedOffset: 9,
      committedLeaderEpoch: -1,
      committedMetadata,
    })
    const { replies } = driver.shard.offsetCommit(
      'token',
      {
        groupId: 'group',
        generationIdOrMemberEpoch: -1,
        memberId: '',
        groupInstanceId: null,
        retentionTimeMs: -1,
        topics: [{ name: 'b', topicId: ZERO_UUID, partitions: [partitions('123456'), partitions('1')] }],
      },
      9,
      driver.now,
    )
    expect(replies).toMatchObject([
      {
        token: 'token',
        response: {
          topics: [
            {
              name: 'b',
              partitions: [
                { partitionIndex: 6, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE },
                { partitionIndex: 1, errorCode: 0 },
              ],
            },
          ],
        },
      },
    ])
    expect(driver.committed()).toEqual({ 'a-0': 1, 'b-1': 9 })
  })
})

describe('OffsetFetch', () => {
  test('gives offset, leader epoch and metadata; -1 where nothing was committed', () => {
    const driver = new Driver()
    driver.commit({ offsets: { topic: 7 }, metadata: 'here' })
    const topics = [{ name: 'topic', topicId: ZERO_UUID, partitionIndexes: [0, 1] }]
    const known = {
      partitionIndex: 0,
      committedOffset: 7,
      committedLeaderEpoch: 5,
      metadata: 'here',
      errorCode: 0,
    }
    const unknown = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 }
    expect(driver.shard.fetchOffsets({ groupId: 'group', memberId: null, memberEpoch: -1, topics })).toEqual({
      groupId: 'group',
      topics: [{ name: 'topic', topicId: ZERO_UUID, partitions: [known, { partitionIndex: 1, ...unknown }] }],
      errorCode: 0,
    })
    expect(
      driver.shard.fetchOffsets({ groupId: 'other', memberId: null, memberEpoch: -1, topics }).topics[0]
        ?.partitions,
    ).toEqual([
      { partitionIndex: 0, ...unknown },
      { partitionIndex: 1, ...unknown },
    ])
    expect(
      driver.shard.fetchOffsets({ groupId: 'other', memberId: null, memberEpoch: -1, topics: null }).topics,
    ).toEqual([])
  })

  test('offsets outlive the members of their group', () => {
    const driver = new Driver()
    const [leader = ''] = driver.stableGroup(1)
    driver.commit({ memberId: leader, generation: 1, offsets: { topic: 5 } })
    driver.leave([leader])
    expect(driver.reloaded().committed()).toEqual({ 'topic-0': 5 })
  })
})

describe('a deleted topic', () => {
  test('takes its offsets along, in every group and in the log', () => {
    const driver = new Driver()
    driver.commit({ offsets: { a: 1, b: 2 } })
    driver.commit({ groupId: 'other', offsets: { a: 3 } })
    driver.topicsDeleted('a', 'unknown')
    for (const each of [driver, driver.reloaded()]) {
      expect(each.committed()).toEqual({ 'b-0': 2 })
      expect(each.committed('other')).toEqual({})
      expect(each.describe('other').groupState).toBe('Dead')
    }
  })
})
