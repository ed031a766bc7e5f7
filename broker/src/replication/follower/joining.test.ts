/** A partition comes to a leader that holds back a request for the others: neither waits for the other. */
import { beforeEach, expect, test } from 'vitest'
import type { FetchResponse } from '../../apis/01-fetch.ts'
import { MemoryClock } from '../../runtime/memory-clock.ts'
import { TestLog } from '../../storage/testing/harness.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { Partition } from '../partition/partition.ts'
import { fetcherParts, QUIET_IMAGE, quietSurroundings } from '../testing/harness.ts'
import { Fetchers } from './fetchers.ts'
import type { FetchDraft, LeaderConnection } from './leader-connection.ts'

const OWN_ID = 1
const LEADER_ID = 2
const FIRST = '00000000-0000-4000-8000-000000000001'
const SECOND = '00000000-0000-4000-8000-000000000002'
const THIRD = '00000000-0000-4000-8000-000000000003'
const NOWHERE = { epoch: -1, endOffset: -1 }

/** A connection, and the leader's side of it: it holds back every request until it is told to answer. */
interface Link {
  readonly asked: FetchDraft[]
  /** Without records: of the named topics there is nothing new. */
  answer(...topicIds: string[]): void
  isClosed: boolean
}

let clock: MemoryClock
let links: Link[]
let fetchers: Fetchers
let first: Partition

beforeEach(async () => {
  clock = new MemoryClock()
  links = []
  fetchers = new Fetchers(fetcherParts(clock, OWN_ID, connect))
  first = follow(FIRST)
  await clock.advance(10)
})

test('it is asked for at once, and the request that is held back stays', async () => {
  follow(SECOND)
  await clock.advance(1)
  expect(links.map(({ asked }) => asked.map(named))).toEqual([[[FIRST]], [[SECOND]]])
  expect(links.map(({ isClosed }) => isClosed)).toEqual([false, false])
})

test('once it has caught up the next request for the others names it too, and its own connection ends', async () => {
  follow(SECOND)
  await clock.advance(1)
  links[1]?.answer(SECOND)
  await clock.advance(10)
  expect([links[1]?.asked.length, links[1]?.isClosed]).toEqual([2, false])
  links[0]?.answer(FIRST)
  await clock.advance(10)
  expect(links.map(({ isClosed }) => isClosed)).toEqual([false, true])
  expect(links[0]?.asked.map(named)).toEqual([[FIRST], [FIRST, SECOND]])
})

test('it has a request of its own until it has caught up, whatever the others get', async () => {
  follow(SECOND)
  await clock.advance(1)
  links[0]?.answer(FIRST)
  await clock.advance(10)
  expect(links[0]?.asked.map(named)).toEqual([[FIRST], [FIRST]])
  expect(links.map(({ isClosed }) => isClosed)).toEqual([false, false])
})

test('what comes after it waits for neither request', async () => {
  follow(SECOND)
  await clock.advance(10)
  follow(THIRD)
  await clock.advance(10)
  expect(links.map(({ isClosed }) => isClosed)).toEqual([false, true, false])
  expect(links[2]?.asked.map(named)).toEqual([[SECOND, THIRD]])
})

test('it is not taken over when it is not followed any more', async () => {
  const second = follow(SECOND)
  await clock.advance(1)
  links[1]?.answer(SECOND)
  await clock.advance(10)
  fetchers.unfollow(second)
  links[0]?.answer(FIRST)
  await clock.advance(10)
  expect(links[0]?.asked.map(named)).toEqual([[FIRST], [FIRST]])
})

test('others that are gone meanwhile do not keep it from being taken over', async () => {
  follow(SECOND)
  await clock.advance(1)
  links[1]?.answer(SECOND)
  await clock.advance(10)
  fetchers.unfollow(first)
  links[0]?.answer()
  await clock.advance(10)
  expect(links[0]?.asked.map(named)).toEqual([[FIRST], [SECOND]])
  expect(links.map(({ isClosed }) => isClosed)).toEqual([false, true])
})

function follow(topicId: string): Partition {
  const partition = new Partition(new TestLog().log, topicId, quietSurroundings(OWN_ID, clock))
  partition.assign({
    ...QUIET_IMAGE,
    partitionId: partition.index,
    replicas: [LEADER_ID, OWN_ID],
    isr: [LEADER_ID, OWN_ID],
    leader: LEADER_ID,
  })
  fetchers.follow(partition)
  return partition
}

function connect(): LeaderConnection {
  let settle: { resolve(response: FetchResponse): void; reject(error: unknown): void } | undefined
  const link: Link = {
    asked: [],
    answer: (...topicIds) => settle?.resolve(responseWith(topicIds)),
    isClosed: false,
  }
  links.push(link)
  return {
    fetch(request) {
      link.asked.push(request)
      return new Promise((resolve, reject) => {
        settle = { resolve, reject }
      })
    },
    taken: () => {},
    listOffsets: () => Promise.reject(new Error('nobody asks for offsets here')),
    close: () => {
      link.isClosed = true
      settle?.reject(new KafkaError(ErrorCode.NETWORK_EXCEPTION))
    },
  }
}

function named(request: FetchDraft | undefined): string[] {
  return request?.topics.map(({ topicId }) => String(topicId)) ?? []
}

function responseWith(topicIds: readonly string[]): FetchResponse {
  const data = {
    partitionIndex: 0,
    errorCode: 0,
    highWatermark: 0,
    lastStableOffset: 0,
    logStartOffset: 0,
    divergingEpoch: NOWHERE,
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
    snapshotId: NOWHERE,
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: null,
  }
  const responses = topicIds.map((topicId) => ({ topic: 'any', topicId, partitions: [data] }))
  return { throttleTimeMs: 0, errorCode: 0, sessionId: 7, nodeEndpoints: [], responses }
}
