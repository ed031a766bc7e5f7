/** Requests that no client of this Kafka makes, of groups of another kind or without a name: the errors are Kafka's. */
import { apiSchemas } from '@freshet/broker/apis'
import { decodeResponse, encodeRequestFrame } from '@freshet/broker/wire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { awaitTopic, parseAddress, RawClient } from '../support/raw-client.ts'
import { suite } from '../support/requirements.ts'
import { waitFor } from '../support/wait.ts'
import { useCluster } from './cluster-under-test.ts'

const [COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, INVALID_GROUP_ID, UNKNOWN_MEMBER_ID] = [15, 16, 24, 25]
const [INVALID_REQUEST, GROUP_ID_NOT_FOUND] = [42, 69]
const [SHARE_SESSION_NOT_FOUND, INVALID_SHARE_SESSION_EPOCH] = [122, 123]
const TOPIC = 'orders'
const GROUP = 'sharers'
const MEMBER = 'AAAAAAAAAAAAAAAAAAAABQ'
const KEY = `${GROUP}:${MEMBER}:0`

suite('unusual requests', ['java'], () => {
  const cluster = useCluster({ brokers: 1 })
  let client: RawClient

  beforeAll(async () => {
    const address = parseAddress(cluster().bootstrap)
    client = await RawClient.connect(address)
    await client.createTopic({ topic: TOPIC, partitions: 1 })
    await awaitTopic(address, TOPIC)
    const join = { groupId: GROUP, memberId: MEMBER, memberEpoch: 0, subscribedTopicNames: [TOPIC] }
    const joined = async () => (await call('ShareGroupHeartbeat', 1, join)).errorCode === 0
    await call('FindCoordinator', 6, { keyType: 0, coordinatorKeys: [GROUP] })
    await waitFor('a share group', 60_000, joined)
    await call('ShareGroupHeartbeat', 1, { ...join, memberEpoch: -1, subscribedTopicNames: null })
  })
  afterAll(() => client.close())

  test('a share partition has a coordinator for those who know of share groups', async () => {
    for (const version of [1, 3]) {
      const { errorCode } = await call('FindCoordinator', version, { key: KEY, keyType: 2 })
      expect(errorCode).toBe(INVALID_REQUEST)
    }
    const find = async (version: number) =>
      (await call('FindCoordinator', version, { keyType: 2, coordinatorKeys: [KEY] })).coordinators
    for (const version of [4, 5]) expect(await find(version)).toMatchObject([{ errorCode: INVALID_REQUEST }])
    await expect
      .poll(() => find(6), { timeout: 60_000, interval: 200 })
      .toMatchObject([{ errorCode: 0, errorMessage: '', nodeId: 1 }])
  })

  test('whoever has no name has a coordinator too', async () => {
    const older = await call('FindCoordinator', 2, { key: '', keyType: 0 })
    expect(older).toMatchObject({ errorCode: 0, errorMessage: 'NONE', nodeId: 1 })
    const { coordinators } = await call('FindCoordinator', 6, { keyType: 0, coordinatorKeys: [''] })
    expect(coordinators).toMatchObject([{ key: '', errorCode: 0, errorMessage: '', nodeId: 1 }])
  })

  test('what may be done with a group includes its configurations', async () => {
    const operations = { authorizedOperations: 3400 }
    for (const [api, version, body] of [
      ['DescribeGroups', 5, { groups: ['nobody'] }],
      ['ShareGroupDescribe', 1, { groupIds: [GROUP] }],
    ] as const) {
      const { groups } = await call(api, version, { ...body, includeAuthorizedOperations: true })
      expect(groups).toMatchObject([{ errorCode: 0, ...operations }])
    }
  })

  test('in a share group nobody finds members and offsets of the classic protocol', async () => {
    const topics = [{ name: TOPIC, partitions: [{ partitionIndex: 0 }] }]
    expect(await call('OffsetDelete', 0, { groupId: GROUP, topics })).toMatchObject({
      errorCode: GROUP_ID_NOT_FOUND,
      topics: [],
    })
    const left = await call('LeaveGroup', 5, { groupId: GROUP, members: [{ memberId: MEMBER }] })
    expect(left).toMatchObject({ errorCode: 0, members: [{ errorCode: UNKNOWN_MEMBER_ID }] })
  })

  test('a heartbeat that is refused names no member', async () => {
    const beat = { groupId: GROUP, memberId: MEMBER, memberEpoch: 3, endpointInformationEpoch: 0 }
    expect(await call('StreamsGroupHeartbeat', 0, beat)).toMatchObject({
      errorCode: GROUP_ID_NOT_FOUND,
      errorMessage: `Group ${GROUP} is not a streams group.`,
      memberId: '',
      status: [],
    })
  })

  describe('of a group without a name', () => {
    test.each([
      ['ConsumerGroupDescribe', 1],
      ['ShareGroupDescribe', 1],
      ['StreamsGroupDescribe', 0],
    ])('%s', async (api, version) => {
      const { groups } = await call(api, version, { groupIds: [''], includeAuthorizedOperations: false })
      expect(groups).toMatchObject([{ errorCode: INVALID_GROUP_ID, errorMessage: null }])
    })

    test.each([
      ['OffsetDelete', 0],
      ['AlterShareGroupOffsets', 0],
      ['DeleteShareGroupOffsets', 0],
    ])('%s', async (api, version) => {
      expect(await call(api, version, { groupId: '', topics: [] })).toMatchObject({
        errorCode: INVALID_GROUP_ID,
      })
    })

    test('TxnOffsetCommit', async () => {
      const committed = { partitionIndex: 0, committedOffset: 1, committedMetadata: '' }
      const { topics } = await call('TxnOffsetCommit', 3, {
        ...{ transactionalId: 'id', groupId: '', producerId: 5, producerEpoch: 0, memberId: '' },
        topics: [{ name: TOPIC, partitions: [committed] }],
      })
      expect(topics).toMatchObject([{ partitions: [{ errorCode: INVALID_GROUP_ID }] }])
    })
  })

  test('a group without a name has share sessions, a member without one has none', async () => {
    const outcome = async (api: string, names: Record<string, unknown>, shareSessionEpoch: number) => {
      const body = { ...names, shareSessionEpoch, topics: [], forgottenTopicsData: [] }
      return (await call(api, 1, { ...body, maxWaitMs: 0, minBytes: 1, maxRecords: 1, batchSize: 1 }))
        .errorCode
    }
    for (const api of ['ShareFetch', 'ShareAcknowledge']) {
      for (const epoch of [0, 1, -1]) {
        const nameless = [
          { groupId: null, memberId: MEMBER },
          { groupId: GROUP, memberId: '' },
          { groupId: GROUP, memberId: null },
        ]
        for (const names of nameless) expect(await outcome(api, names, epoch)).toBe(INVALID_REQUEST)
      }
    }
    const names = { groupId: '', memberId: MEMBER }
    expect(await outcome('ShareFetch', names, 1)).toBe(SHARE_SESSION_NOT_FOUND)
    expect(await outcome('ShareAcknowledge', names, 0)).toBe(INVALID_SHARE_SESSION_EPOCH)
    expect(await outcome('ShareFetch', names, 0)).toBe(0)
    expect(await outcome('ShareFetch', names, 2)).toBe(INVALID_SHARE_SESSION_EPOCH)
    expect(await outcome('ShareAcknowledge', names, 1)).toBe(0)
    expect(await outcome('ShareFetch', names, -1)).toBe(0)
    expect(await outcome('ShareAcknowledge', names, -1)).toBe(SHARE_SESSION_NOT_FOUND)
  })

  test('offsets of a share group: a topic that does not exist is named', async () => {
    const unknown = { errorCode: 3, errorMessage: 'This server does not host this topic-partition.' }
    const offsets = [{ partitionIndex: 0, startOffset: 0 }]
    const altered = () =>
      call('AlterShareGroupOffsets', 0, {
        groupId: GROUP,
        topics: [{ topicName: 'none', partitions: offsets }],
      })
    const known = [COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR]
    await expect.poll(async () => known.includes((await altered()).errorCode)).toBe(false)
    expect((await altered()).responses).toMatchObject([{ topicName: 'none', partitions: [unknown] }])
    const deleted = await call('DeleteShareGroupOffsets', 0, {
      groupId: GROUP,
      topics: [{ topicName: 'none' }],
    })
    expect(deleted.responses).toMatchObject([{ topicName: 'none', ...unknown }])
  })

  async function call(name: string, version: number, body: Record<string, unknown>): Promise<Answer> {
    const api = apiSchemas.find((each) => each.name === name)
    if (api === undefined) throw new Error(`there is no API ${name}`)
    const answer = await client.send((correlationId) =>
      encodeRequestFrame(api, version, { correlationId, clientId: 'test' }, body),
    )
    const answered: Partial<Answer> = decodeResponse(api, version, answer).body
    return { ...NOTHING, ...answered }
  }
})

const NOTHING: Answer = { errorCode: -1, coordinators: [], groups: [], topics: [], responses: [] }

/** What the tests look at; each API has some of it. */
interface Answer {
  readonly errorCode: number
  readonly coordinators: readonly unknown[]
  readonly groups: readonly unknown[]
  readonly topics: readonly unknown[]
  readonly responses: readonly unknown[]
}
