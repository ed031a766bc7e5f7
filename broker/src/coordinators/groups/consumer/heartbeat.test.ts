import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../../wire/index.ts'
import { Driver } from '../test-driver.ts'
import { TestTopics, topicIdOf } from '../test-topics.ts'
import { settleAll, TestConsumer } from './test-consumer.ts'

const { INVALID_REQUEST, FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID, GROUP_ID_NOT_FOUND } = ErrorCode
const topicId = topicIdOf('topic')

const newDriver = (topics: Record<string, number> = { topic: 4 }, config = {}) =>
  new Driver(config, [], 1_000_000, new TestTopics(topics))

const joining = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['topic'], topicPartitions: [] }

describe('a request that makes no sense is refused', () => {
  test.each([
    [{ groupId: '' }, "GroupId can't be empty."],
    [{ memberId: '' }, "MemberId can't be empty."],
    [{ instanceId: '' }, "InstanceId can't be empty."],
    [{ rackId: '' }, "RackId can't be empty."],
    [{ rebalanceTimeoutMs: -1 }, 'RebalanceTimeoutMs must be provided in first request.'],
    [{ topicPartitions: null }, 'TopicPartitions must be empty when (re-)joining.'],
    [{ topicPartitions: [{ topicId, partitions: [1] }] }, 'TopicPartitions must be empty when (re-)joining.'],
    [
      { subscribedTopicNames: null },
      'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.',
    ],
    [{ memberEpoch: -2 }, "InstanceId can't be null."],
    [{ memberEpoch: -3 }, 'MemberEpoch is invalid.'],
  ])('%j', (fields, errorMessage) => {
    const driver = newDriver()
    const response = driver.consumerHeartbeat({ ...joining, ...fields })
    expect(response).toMatchObject({ errorCode: INVALID_REQUEST, errorMessage })
    expect(driver.log).toEqual([])
    expect(driver.shard.list({ statesFilter: [], typesFilter: [] })).toEqual([])
  })

  test('an assignor that the broker does not have', () => {
    const response = newDriver().consumerHeartbeat({ ...joining, serverAssignor: 'mine' })
    expect(response).toMatchObject({
      errorCode: ErrorCode.UNSUPPORTED_ASSIGNOR,
      errorMessage: 'ServerAssignor mine is not supported. Supported assignors: uniform, range.',
    })
  })

  test.each(['(', 'a(?=b)', 'x{1001}', '(a{0,30}){0,30}'])('the regular expression %s', (regex) => {
    const fields = { ...joining, subscribedTopicNames: null, subscribedTopicRegex: regex }
    expect(newDriver().consumerHeartbeat(fields).errorCode).toBe(ErrorCode.INVALID_REGULAR_EXPRESSION)
  })
})

describe('a member', () => {
  test('joins with epoch 0 and gets everything at once if it is alone', () => {
    const driver = newDriver()
    expect(driver.consumerHeartbeat(joining)).toEqual({
      throttleTimeMs: 0,
      errorCode: 0,
      memberId: 'member',
      memberEpoch: 1,
      heartbeatIntervalMs: 5_000,
      assignment: { topicPartitions: [{ topicId, partitions: [0, 1, 2, 3] }] },
    })
    expect(driver.describeConsumer()).toMatchObject({
      groupState: 'Stable',
      groupEpoch: 1,
      assignmentEpoch: 1,
      assignorName: 'uniform',
    })
  })

  test('of version 0 may leave its id to the broker', () => {
    const driver = newDriver()
    expect(driver.consumerHeartbeat({ ...joining, memberId: '' }, 0).memberId).toBe('uuid-1')
  })

  test('is told its assignment again only when it changes or when it says everything', () => {
    const driver = newDriver()
    driver.consumerHeartbeat(joining)
    expect(driver.consumerHeartbeat({ memberEpoch: 1 }).assignment).toBeNull()
    const full = { ...joining, memberEpoch: 1, topicPartitions: [{ topicId, partitions: [0] }] }
    expect(driver.consumerHeartbeat(full).assignment?.topicPartitions).toHaveLength(1)
  })

  test('that nobody knows has to join', () => {
    const driver = newDriver()
    expect(driver.consumerHeartbeat({ memberEpoch: 1 })).toMatchObject({
      errorCode: GROUP_ID_NOT_FOUND,
      errorMessage: 'Consumer group group not found.',
    })
    driver.consumerHeartbeat(joining)
    expect(driver.consumerHeartbeat({ memberId: 'other', memberEpoch: 1 }).errorCode).toBe(UNKNOWN_MEMBER_ID)
  })

  test('with an epoch from the future or the past is fenced', () => {
    const driver = newDriver()
    const [a, b] = [new TestConsumer(driver, 'a'), new TestConsumer(driver, 'b')]
    a.join()
    b.join()
    settleAll([a, b])
    expect(a.epoch).toBe(2)
    expect(driver.consumerHeartbeat({ memberId: 'a', memberEpoch: 3 }).errorCode).toBe(FENCED_MEMBER_EPOCH)
    // Without its partitions nobody can tell that it only missed an answer.
    expect(driver.consumerHeartbeat({ memberId: 'a', memberEpoch: 1 }).errorCode).toBe(FENCED_MEMBER_EPOCH)
    const foreign = [{ topicId, partitions: [0, 1, 2, 3] }]
    const more = driver.consumerHeartbeat({ memberId: 'a', memberEpoch: 1, topicPartitions: foreign })
    expect(more.errorCode).toBe(FENCED_MEMBER_EPOCH)
  })

  test('that missed an answer goes on with the epoch before', () => {
    const driver = newDriver()
    const [a, b] = [new TestConsumer(driver, 'a'), new TestConsumer(driver, 'b')]
    a.join()
    b.join()
    settleAll([a, b])
    const topicPartitions = [{ topicId, partitions: [0] }]
    const response = driver.consumerHeartbeat({ memberId: 'a', memberEpoch: 1, topicPartitions })
    expect(response).toMatchObject({ errorCode: 0, memberEpoch: 2 })
  })

  test('that was fenced begins anew under its old id', () => {
    const driver = newDriver()
    driver.consumerHeartbeat(joining)
    expect(driver.consumerHeartbeat(joining)).toMatchObject({ errorCode: 0, memberEpoch: 1 })
    expect(driver.describeConsumer().members).toHaveLength(1)
  })

  test('does not get into a group that is full', () => {
    const driver = newDriver({ topic: 1 }, { groupConsumerMaxSize: 1 })
    driver.consumerHeartbeat(joining)
    expect(driver.consumerHeartbeat({ ...joining, memberId: 'second' })).toMatchObject({
      errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED,
      errorMessage: 'The consumer group has reached its maximum capacity of 1 members.',
    })
    expect(driver.consumerHeartbeat(joining).errorCode).toBe(0)
  })

  test('leaves, and its partitions go to the others', () => {
    const driver = newDriver()
    const [a, b] = [new TestConsumer(driver, 'a'), new TestConsumer(driver, 'b')]
    a.join()
    b.join()
    settleAll([a, b])
    expect(b.leave()).toBe(0)
    settleAll([a])
    expect(a.owned).toHaveLength(4)
    expect(a.leave()).toBe(0)
    expect(driver.describeConsumer().groupState).toBe('Empty')
    expect(a.leave()).toBe(UNKNOWN_MEMBER_ID)
  })

  test('that is silent for longer than its session is out', () => {
    const driver = newDriver()
    driver.consumerHeartbeat(joining)
    driver.advance(44_999)
    expect(driver.consumerHeartbeat({ memberEpoch: 1 }).errorCode).toBe(0)
    driver.advance(45_000)
    expect(driver.consumerHeartbeat({ memberEpoch: 1 }).errorCode).toBe(UNKNOWN_MEMBER_ID)
    expect(driver.describeConsumer().members).toEqual([])
  })

  test('has a whole session after its coordinator moved', () => {
    const before = newDriver()
    before.consumerHeartbeat(joining)
    before.advance(40_000)
    const driver = before.reloaded()
    driver.advance(44_999)
    expect(driver.consumerHeartbeat({ memberEpoch: 1 }).errorCode).toBe(0)
  })
})

describe('what a group reads', () => {
  test('a change of the subscription makes a new assignment', () => {
    const driver = newDriver({ topic: 2, other: 2 })
    const a = new TestConsumer(driver, 'a')
    a.join()
    a.settle()
    driver.advance(1_000)
    a.send({ subscribedTopicNames: ['other'] })
    a.settle()
    expect(a.owned).toEqual([`${topicIdOf('other')}/0`, `${topicIdOf('other')}/1`])
    expect(a.epoch).toBe(2)
  })

  test('new partitions are assigned without anybody asking', () => {
    const driver = newDriver({ topic: 1 })
    const a = new TestConsumer(driver, 'a')
    a.join()
    driver.setTopic('unrelated', 3)
    expect(driver.describeConsumer().groupEpoch).toBe(1)
    driver.advance(1_000)
    driver.setTopic('topic', 3)
    driver.advance(1)
    expect(driver.describeConsumer()).toMatchObject({ groupEpoch: 2, assignmentEpoch: 2 })
    a.settle()
    expect(a.owned).toHaveLength(3)
  })

  test('a topic that appears later is assigned then', () => {
    const driver = newDriver({})
    const a = new TestConsumer(driver, 'a')
    expect(a.join()).toBe(0)
    driver.advance(1_000)
    driver.setTopic('topic', 2)
    driver.advance(1)
    a.settle()
    expect(a.owned).toHaveLength(2)
  })

  test('changes that come together make one assignment', () => {
    const driver = newDriver()
    const consumers = ['a', 'b', 'c'].map((memberId) => new TestConsumer(driver, memberId))
    for (const consumer of consumers) consumer.join()
    expect(driver.describeConsumer()).toMatchObject({
      groupState: 'Assigning',
      groupEpoch: 3,
      assignmentEpoch: 1,
    })
    driver.advance(1_000)
    expect(driver.describeConsumer()).toMatchObject({ groupEpoch: 3, assignmentEpoch: 3 })
    settleAll(consumers)
    expect(consumers.map(({ owned }) => owned.length).sort()).toEqual([1, 1, 2])
  })

  test('the assignor that most members ask for serves the group', () => {
    const driver = newDriver()
    new TestConsumer(driver, 'a', { assignor: 'range' }).join()
    new TestConsumer(driver, 'b', { assignor: 'range' }).join()
    new TestConsumer(driver, 'c', { assignor: 'uniform' }).join()
    expect(driver.describeConsumer().assignorName).toBe('range')
  })
})

describe('a regular expression', () => {
  test('stands for the topics that match it as a whole, also for those that come later', () => {
    const driver = newDriver({ 'log-a': 1, 'log-b': 1, 'my-log-c': 1 })
    const a = new TestConsumer(driver, 'a', { regex: 'log-.*' })
    a.join()
    a.settle()
    expect(a.owned).toHaveLength(2)
    driver.setTopic('log-d', 1)
    driver.advance(10_000)
    a.settle()
    expect(a.owned).toHaveLength(3)
    driver.advance(1_000)
    a.send({ subscribedTopicRegex: '' })
    a.settle()
    expect(a.owned).toEqual([])
  })

  test('is matched in slices where topics are many', () => {
    const names = Array.from({ length: 3_000 }, (_, index) => [`some-longer-topic-name-${index}`, 1])
    const driver = newDriver(Object.fromEntries(names))
    const a = new TestConsumer(driver, 'a', { regex: 'some-.*-\\d+' })
    a.join()
    a.settle()
    driver.advance(2_000)
    a.settle()
    expect(a.owned).toHaveLength(3_000)
  })

  test('is forgotten with the last member that used it', () => {
    const driver = newDriver({ 'log-a': 1 })
    const [a, b] = [new TestConsumer(driver, 'a', { regex: 'log-.*' }), new TestConsumer(driver, 'b')]
    a.join()
    b.join()
    a.leave()
    const last = driver.log.findLast(({ key }) => key.readInt16BE(0) === 16)
    expect(last?.value).toBeNull()
  })
})
