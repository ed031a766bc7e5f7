import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../../wire/index.ts'
import { defaultGroupSettings } from '../config.ts'
import { Driver } from '../test-driver.ts'
import { TestTopics } from '../test-topics.ts'
import { settleAll, TestStreamsClient, topic, wordCount } from './test-streams-client.ts'
import { configureTopology, statusCode, type Topology } from './topology.ts'

const ready = { lines: 2, 'group-repartition': 2, 'group-changelog': 2 }
const newDriver = (topics: Record<string, number> = ready, config = {}) =>
  new Driver(config, [], 1_000_000, new TestTopics(topics))
const codes = ({ status }: TestStreamsClient) => status.map((each) => each.statusCode)

describe('a topology', () => {
  const [read, count] = wordCount.subtopologies
  if (!read || !count) throw new Error('the word count has two subtopologies')
  const configure = (topology: Topology, topics: Record<string, number>) =>
    configureTopology(topology, new TestTopics(topics))

  test('has as many tasks as its topics have partitions', () => {
    const { taskCounts, problem, topicsToCreate } = configure(wordCount, ready)
    expect([...taskCounts]).toEqual([
      ['0', 2],
      ['1', 2],
    ])
    expect({ problem, topicsToCreate }).toEqual({ problem: undefined, topicsToCreate: [] })
  })

  test('waits for topics that others have to make', () => {
    expect(configure(wordCount, {}).problem?.statusCode).toBe(statusCode.missingSourceTopics)
  })

  test('asks for its own topics, with as many partitions as their sources have', () => {
    const { problem, topicsToCreate, taskCounts } = configure(wordCount, { lines: 3 })
    expect(problem).toEqual({
      statusCode: statusCode.missingInternalTopics,
      statusDetail: 'Internal topics are missing: [group-changelog, group-repartition]',
    })
    expect(topicsToCreate.map(({ name, numPartitions }) => [name, numPartitions])).toEqual([
      ['group-changelog', 3],
      ['group-repartition', 3],
    ])
    expect(taskCounts.size).toBe(0)
  })

  test('is refused topics of its own with other partition counts', () => {
    const { problem } = configure(wordCount, { ...ready, 'group-changelog': 5 })
    expect(problem?.statusCode).toBe(statusCode.incorrectlyPartitionedTopics)
  })

  test('joins only topics with the same partition count', () => {
    const joined = { ...read, sourceTopics: ['lines', 'other'], repartitionSinkTopics: [] }
    const group = { sourceTopics: [0, 1], sourceTopicRegex: [], repartitionSourceTopics: [] }
    const topology = { epoch: 0, subtopologies: [{ ...joined, copartitionGroups: [group] }] }
    expect(configure(topology, { lines: 2, other: 3 }).problem?.statusCode).toBe(
      statusCode.incorrectlyPartitionedTopics,
    )
    expect(configure(topology, { lines: 2, other: 2 }).problem).toBeUndefined()
  })

  test('gives a repartition topic the count of what it is joined with', () => {
    const group = { sourceTopics: [0], sourceTopicRegex: [], repartitionSourceTopics: [0] }
    const joining = {
      ...count,
      sourceTopics: ['table'],
      stateChangelogTopics: [],
      copartitionGroups: [group],
    }
    const topology = { epoch: 0, subtopologies: [read, joining] }
    const { topicsToCreate } = configure(topology, { lines: 2, table: 7 })
    expect(topicsToCreate.map(({ name, numPartitions }) => [name, numPartitions])).toEqual([
      ['group-repartition', 7],
    ])
  })

  test('whose repartition topics nobody writes has no partition count', () => {
    const topology = {
      epoch: 0,
      subtopologies: [{ ...count, repartitionSourceTopics: [topic('unwritten')] }],
    }
    expect(configure(topology, {}).problem?.statusCode).toBe(statusCode.incorrectlyPartitionedTopics)
  })
})

describe('a streams group', () => {
  test('waits a while for members, then gives them tasks', () => {
    const driver = newDriver()
    const [a, b] = [new TestStreamsClient(driver, 'a'), new TestStreamsClient(driver, 'b')]
    expect([a.join(), b.join()]).toEqual([0, 0])
    expect(codes(a)).toEqual([statusCode.assignmentDelayed])
    expect(a.epoch).toBe(1)
    driver.advance(3_000)
    settleAll([a, b])
    expect([...a.running, ...b.running].sort()).toEqual([
      'active 0_0',
      'active 0_1',
      'active 1_0',
      'active 1_1',
    ])
    expect([a.running.length, b.running.length]).toEqual([2, 2])
    expect(driver.describeStreams()).toMatchObject({ groupState: 'Stable', topology: { epoch: 0 } })
    expect(driver.reloaded().describeStreams().members).toEqual(driver.describeStreams().members)
    const [listed] = driver.shard.list({ statesFilter: [], typesFilter: ['Streams'] })
    expect(listed).toMatchObject({ groupType: 'streams', protocolType: 'streams' })
  })

  test('is not ready before its topics are there', () => {
    const driver = newDriver({ lines: 2 })
    const a = new TestStreamsClient(driver, 'a')
    a.join()
    expect(codes(a)).toEqual([statusCode.missingInternalTopics])
    expect(driver.streamsHeartbeat({ memberId: 'a', memberEpoch: a.epoch }).topicsToCreate).toHaveLength(2)
    expect(driver.describeStreams().groupState).toBe('NotReady')
    driver.setTopic('group-repartition', 2)
    driver.setTopic('group-changelog', 2)
    driver.advance(3_000)
    settleAll([a])
    expect(a.running).toHaveLength(4)
    expect(a.status).toEqual([])
  })

  test('a task goes to somebody else only after who ran it let it go', () => {
    const driver = newDriver()
    const [a, b] = [new TestStreamsClient(driver, 'a'), new TestStreamsClient(driver, 'b')]
    a.join()
    driver.advance(3_000)
    settleAll([a])
    b.join()
    driver.advance(1_000)
    b.beat()
    b.beat()
    expect(b.running).toEqual([])
    a.beat()
    expect(a.running).toHaveLength(2)
    a.beat()
    settleAll([a, b])
    expect(b.running).toHaveLength(2)
  })

  test('standbys are on other processes, and take over what they have a copy of', () => {
    const driver = newDriver()
    driver.settings = { ...defaultGroupSettings, streamsNumStandbyReplicas: 1 }
    const [a, b] = [new TestStreamsClient(driver, 'a'), new TestStreamsClient(driver, 'b')]
    a.join()
    b.join()
    driver.advance(3_000)
    settleAll([a, b])
    expect(b.running.filter((each) => each.startsWith('standby'))).toEqual(
      a.running.filter((each) => each.startsWith('active')).map((each) => each.replace('active', 'standby')),
    )
    a.send({ memberEpoch: -1 })
    settleAll([b])
    expect(b.running.filter((each) => each.startsWith('active'))).toHaveLength(4)
    expect(b.running.filter((each) => each.startsWith('standby'))).toEqual([])
  })

  test('members are fenced, time out, and leave', () => {
    const driver = newDriver()
    const a = new TestStreamsClient(driver, 'a')
    a.join()
    expect(a.send({ memberEpoch: 7 })).toBe(ErrorCode.FENCED_MEMBER_EPOCH)
    expect(new TestStreamsClient(driver, 'x').send({ memberEpoch: 3 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    driver.advance(45_000)
    expect(a.send({ memberEpoch: 2 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(a.join()).toBe(0)
    expect(a.send({ memberEpoch: -1 })).toBe(0)
    expect(driver.describeStreams().groupState).toBe('Empty')
    expect(driver.streamsHeartbeat({ groupId: 'none', memberEpoch: 1 }).response.errorCode).toBe(
      ErrorCode.GROUP_ID_NOT_FOUND,
    )
  })

  test('a static member that comes back finds its tasks', () => {
    const driver = newDriver()
    const a = new TestStreamsClient(driver, 'a', 'p', { instanceId: 'i' })
    a.join()
    driver.advance(3_000)
    settleAll([a])
    expect(new TestStreamsClient(driver, 'b', 'p', { instanceId: 'i' }).join()).toBe(
      ErrorCode.UNRELEASED_INSTANCE_ID,
    )
    a.send({ memberEpoch: -2 })
    const again = new TestStreamsClient(driver, 'b', 'p', { instanceId: 'i' })
    again.join()
    settleAll([again], 2)
    expect(again.running).toEqual(a.running)
  })

  test('one topology holds for all; a newer one makes the others stale', () => {
    const driver = newDriver()
    const [a, b] = [new TestStreamsClient(driver, 'a'), new TestStreamsClient(driver, 'b')]
    a.join()
    const other = { ...wordCount, subtopologies: wordCount.subtopologies.slice(0, 1) }
    expect(b.join(other)).toBe(ErrorCode.STREAMS_INVALID_TOPOLOGY)
    expect(b.join({ ...other, epoch: 1 })).toBe(0)
    a.beat()
    expect(codes(a)).toContain(statusCode.staleTopology)
    const regex = wordCount.subtopologies.map((each) => ({ ...each, sourceTopicRegex: ['a.*'] }))
    expect(new TestStreamsClient(driver, 'c').join({ epoch: 2, subtopologies: regex })).toBe(
      ErrorCode.STREAMS_INVALID_TOPOLOGY,
    )
  })

  test('a member may shut the whole application down', () => {
    const driver = newDriver()
    const [a, b] = [new TestStreamsClient(driver, 'a'), new TestStreamsClient(driver, 'b')]
    a.join()
    b.join()
    a.send({ shutdownApplication: true })
    b.beat()
    expect(codes(b)).toContain(statusCode.shutdownApplication)
  })

  test('tells who serves which partitions', () => {
    const driver = newDriver()
    const a = new TestStreamsClient(driver, 'a', 'p', { userEndpoint: { host: 'here', port: 80 } })
    a.join()
    driver.advance(3_000)
    settleAll([a])
    expect(a.last?.partitionsByUserEndpoint).toEqual([
      {
        userEndpoint: { host: 'here', port: 80 },
        activePartitions: [
          { topic: 'lines', partitions: [0, 1] },
          { topic: 'group-repartition', partitions: [0, 1] },
        ],
        standbyPartitions: [],
      },
    ])
  })

  test('commits in its epoch; groups of other kinds do not mix with it', () => {
    const driver = newDriver()
    const a = new TestStreamsClient(driver, 'a')
    a.join()
    expect(driver.commit({ memberId: 'a', generation: 1, offsets: { lines: 3 } })).toEqual([0])
    expect(driver.commit({ memberId: 'a', generation: 5, offsets: { lines: 3 } })).toEqual([
      ErrorCode.STALE_MEMBER_EPOCH,
    ])
    expect(driver.join().response?.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    expect(driver.heartbeat('a')).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    const consumer = { rebalanceTimeoutMs: 1, subscribedTopicNames: [], topicPartitions: [] }
    expect(driver.consumerHeartbeat(consumer).errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
    expect(driver.describeConsumer().errorMessage).toBe('Group group is not a consumer group.')
    a.send({ memberEpoch: -1 })
    expect(driver.deleteGroups('group')).toEqual([0])
    expect(driver.reloaded().shard.list({ statesFilter: [], typesFilter: [] })).toEqual([])
  })

  test('refuses what makes no sense', () => {
    const driver = newDriver()
    const joining = { rebalanceTimeoutMs: 1, topology: { epoch: 0, subtopologies: [] }, processId: 'p' }
    const empty = { activeTasks: [], standbyTasks: [], warmupTasks: [] }
    const code = (fields: object) =>
      driver.streamsHeartbeat({ ...joining, ...empty, ...fields }).response.errorCode
    for (const fields of [
      { memberId: '' },
      { rebalanceTimeoutMs: -1 },
      { topology: null },
      { processId: null },
      { warmupTasks: null },
      { memberEpoch: -2 },
    ]) {
      expect(code(fields)).toBe(ErrorCode.INVALID_REQUEST)
    }
    expect(driver.log).toEqual([])
    expect(
      newDriver(ready, { groupStreamsMaxSize: 0 }).streamsHeartbeat({ ...joining, ...empty }).response
        .errorCode,
    ).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED)
  })
})

test('no two members ever run the same active task, nor one process the same task twice', () => {
  const act = fc.tuple(fc.constantFrom('join', 'beat', 'beat', 'beat', 'leave', 'wait'), fc.nat(4))
  const property = fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
    const driver = newDriver({ lines: 3, 'group-repartition': 3, 'group-changelog': 3 })
    driver.settings = {
      ...defaultGroupSettings,
      streamsNumStandbyReplicas: 1,
      streamsInitialRebalanceDelayMs: 0,
    }
    const clients = Array.from(
      { length: 5 },
      (_, at) => new TestStreamsClient(driver, `m${at}`, `p${at % 3}`),
    )
    for (const [kind, at] of acts) {
      const client = clients[at]
      if (!client) continue
      if (kind === 'join' && client.epoch === 0) client.join()
      if (kind === 'beat' && client.epoch > 0 && client.beat() !== 0) client.epoch = 0
      if (kind === 'leave' && client.epoch > 0) {
        client.send({ memberEpoch: -1 })
        client.epoch = 0
        client.running = []
      }
      if (kind === 'wait') driver.advance(at * 1_000)
      expectSane(clients)
    }
    for (const client of clients) if (client.epoch <= 0) client.join()
    settleAll(clients, 14)
    expectSane(clients)
    expect(
      clients.flatMap(({ running }) => running).filter((each) => each.startsWith('active')),
    ).toHaveLength(6)
    expect(driver.describeStreams().groupState).toBe('Stable')
  })
  fc.assert(property, { numRuns: 100, seed: 1_071 })
})

function expectSane(clients: readonly TestStreamsClient[]): void {
  const members = clients.filter(({ epoch }) => epoch > 0)
  const active = members.flatMap(({ running }) => running.filter((each) => each.startsWith('active')))
  expect(new Set(active).size).toBe(active.length)
  const perProcess = members.flatMap(({ processId, running }) =>
    running.map((each) => `${processId} ${each.split(' ')[1]}`),
  )
  expect(new Set(perProcess).size).toBe(perProcess.length)
}
