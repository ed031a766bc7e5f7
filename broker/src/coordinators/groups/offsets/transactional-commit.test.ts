import { assert, describe, expect, test } from 'vitest'
import { ErrorCode, ZERO_UUID } from '../../../wire/index.ts'
import { defaultGroupConfig, defaultGroupSettings } from '../config.ts'
import { GroupShard } from '../shard.ts'
import { Driver } from '../test-driver.ts'

const READER = { groupId: 'group', memberId: null, memberEpoch: -1 }
const PRODUCER = { producerId: 7, producerEpoch: 0 }

function commitBody(offset: number, committer: { memberId?: string; generation?: number } = {}) {
  const partition = {
    partitionIndex: 0,
    committedOffset: offset,
    committedLeaderEpoch: -1,
    committedMetadata: '',
  }
  return {
    groupId: 'group',
    memberId: committer.memberId ?? '',
    groupInstanceId: null,
    generationIdOrMemberEpoch: committer.generation ?? -1,
    retentionTimeMs: -1,
    topics: [{ name: 'topic', topicId: ZERO_UUID, partitions: [partition] }],
  }
}

/** Returns the answer. */
function commit(driver: Driver, offset: number, committer: Parameters<typeof commitBody>[1] = {}) {
  const body = commitBody(offset, committer)
  const outcome = driver.shard.transactionalCommit('t', body, PRODUCER, driver.now)
  expect(outcome.transaction).toEqual(PRODUCER)
  return outcome.replies[0]?.response
}

function codes(errorCode: number) {
  return { topics: [{ partitions: [{ errorCode }] }] }
}

function end(driver: Driver, isCommit: boolean): void {
  const marker = { ...PRODUCER, coordinatorEpoch: 0, transactionVersion: 2, isCommit }
  expect(driver.shard.endTransaction('t', marker, driver.now)).toMatchObject({ marker, records: [] })
}

function stableOffset(driver: Driver) {
  const topics = [{ name: 'topic', topicId: ZERO_UUID, partitionIndexes: [0] }]
  const partition = driver.shard.fetchOffsets({ ...READER, topics }, true).topics[0]?.partitions[0]
  return [partition?.errorCode, partition?.committedOffset]
}

describe('offsets of a transaction', () => {
  test('are unstable until it ends, and count only if it commits', () => {
    const driver = new Driver()
    driver.commit({ offsets: { topic: 1 } })
    expect(commit(driver, 2)).toMatchObject(codes(ErrorCode.NONE))
    expect(driver.committed()).toEqual({ 'topic-0': 1 })
    expect(stableOffset(driver)).toEqual([ErrorCode.UNSTABLE_OFFSET_COMMIT, -1])
    end(driver, false)
    expect(stableOffset(driver)).toEqual([ErrorCode.NONE, 1])
    commit(driver, 3)
    commit(driver, 4)
    end(driver, true)
    expect(stableOffset(driver)).toEqual([ErrorCode.NONE, 4])
  })

  test('give way to an ordinary commit that came after them', () => {
    const driver = new Driver()
    commit(driver, 2)
    driver.commit({ offsets: { topic: 9 } })
    end(driver, true)
    expect(stableOffset(driver)).toEqual([ErrorCode.NONE, 9])
  })

  test('keep their group from being forgotten, and a group that only had aborted ones is', () => {
    const driver = new Driver({ offsetsRetentionMs: 1_000, offsetsRetentionCheckIntervalMs: 1_000 })
    commit(driver, 2)
    driver.advance(10_000)
    expect(driver.describe().groupState).toBe('Empty')
    end(driver, false)
    expect(driver.describe().groupState).toBe('Dead')
  })

  test('of a member that is not, or no longer, of the generation are refused', () => {
    const driver = new Driver()
    const [leader = ''] = driver.stableGroup(1)
    expect(commit(driver, 1, { memberId: leader, generation: 1 })).toMatchObject(codes(ErrorCode.NONE))
    expect(commit(driver, 1, { memberId: leader, generation: 2 })).toMatchObject(
      codes(ErrorCode.ILLEGAL_GENERATION),
    )
    expect(commit(driver, 1, { memberId: 'nobody', generation: 1 })).toMatchObject(
      codes(ErrorCode.UNKNOWN_MEMBER_ID),
    )
    expect(commit(driver, 1)).toMatchObject(codes(ErrorCode.NONE))
    const other = new Driver()
    expect(commit(other, 1, { memberId: 'm', generation: 1 })).toMatchObject(
      codes(ErrorCode.ILLEGAL_GENERATION),
    )
  })

  test('are as they were after a restart, whether open or ended', () => {
    const live = new Driver()
    const first = live.shard.transactionalCommit('t', commitBody(5), PRODUCER, live.now)
    const [record] = first.records
    const { topics: clusterTopics } = live
    const surroundings = { topics: clusterTopics, settingsOf: () => defaultGroupSettings }
    const replayed = new GroupShard(defaultGroupConfig, surroundings)
    assert(record, 'the commit is written down')
    replayed.replay(record.key, record.value, { baseOffset: 0, transaction: PRODUCER })
    replayed.replayMarker({ ...PRODUCER, coordinatorEpoch: 0, isCommit: true })
    replayed.finishLoading(live.now)
    const topics = [{ name: 'topic', topicId: ZERO_UUID, partitionIndexes: [0] }]
    expect(replayed.fetchOffsets({ ...READER, topics }, true).topics[0]?.partitions).toMatchObject([
      { errorCode: ErrorCode.NONE, committedOffset: 5 },
    ])
  })
})
