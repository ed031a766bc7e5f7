/** A replica that is being added is flushed as it comes, so that the system never has all of it to write back. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { FetchResponse } from '../../apis/01-fetch.ts'
import { MemoryClock } from '../../runtime/memory-clock.ts'
import { TestLog } from '../../storage/testing/harness.ts'
import { ErrorCode, encodeBatch } from '../../wire/index.ts'
import { Partition } from '../partition/partition.ts'
import { fetcherParts, QUIET_IMAGE, quietSurroundings } from '../testing/harness.ts'
import { CopyPace } from './copy-pace.ts'
import type { FetcherSettings } from './fetcher-parts.ts'
import { Fetchers } from './fetchers.ts'
import type { FetchDraft, LeaderConnection } from './leader-connection.ts'

const OWN_ID = 1
const LEADER_ID = 2
const IDS = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'] as const
const MIB = 1 << 20
/** Far more than is ever asked for here. */
const HIGH_WATERMARK = 1_000
const NOWHERE = { epoch: -1, endOffset: -1 }

let clock: MemoryClock
let pace: CopyPace
let firstPace: number
let fetchers: Fetchers
let asked: number
/** Of the record in each batch. */
let value: Buffer
/** The ends of logs that are being flushed, and what lets them be done. */
let flushing: { readonly partition: Partition; done: () => void }[]

beforeEach(() => {
  clock = new MemoryClock()
  pace = new CopyPace(() => clock.monotonic())
  asked = 0
  value = Buffer.alloc(MIB)
  flushing = []
  firstPace = pace.bytesPerSecond
  fetchers = fetchersWith({})
})

afterEach(() => {
  fetchers.stop()
  vi.restoreAllMocks()
})

test('8 MiB are on the disk before more is asked for', async () => {
  const copied = follow(IDS[0], 'ADDED')
  await clock.advance(2_000)
  expect([copied.log.logEndOffset, asked, flushing.length]).toEqual([8, 8, 1])
  flushing[0]?.done()
  await clock.advance(2_000)
  expect([copied.log.logEndOffset, asked, flushing.length]).toEqual([16, 16, 2])
})

test('copies are flushed one at a time', async () => {
  const [first, second] = IDS.map((id) => follow(id, 'ADDED'))
  await clock.advance(2_000)
  expect([first?.log.logEndOffset, second?.log.logEndOffset]).toEqual([8, 8])
  expect(flushing.map(({ partition }) => partition)).toEqual([first])
  flushing[0]?.done()
  await clock.advance(10)
  expect(flushing.map(({ partition }) => partition)).toEqual([first, second])
})

test('the disk is no reason to ask for less at a time', async () => {
  follow(IDS[0], 'ADDED')
  await clock.advance(2_000)
  const before = pace.bytesPerSecond
  await clock.advance(5_000)
  flushing[0]?.done()
  await clock.advance(1)
  expect(pace.bytesPerSecond).toBeGreaterThan(before)
})

describe('in pieces of 256 KiB', () => {
  const PIECE_BYTES = 256 << 10

  test.each([
    ['130 KiB, of which no two fit in', 130, { partitionBytesMax: PIECE_BYTES }],
    ['250 KiB', 250, { partitionBytesMax: PIECE_BYTES }],
    ['130 KiB, where that is all that an answer may have', 130, { responseBytesMax: PIECE_BYTES }],
  ])('an answer of one batch of %s tells how fast to go on', async (_, kib, limits) => {
    expect(await paceAfter(kib, limits)).toBeGreaterThan(firstPace)
  })

  test('a small answer may have waited for its records, and tells nothing', async () => {
    expect(await paceAfter(120, { partitionBytesMax: PIECE_BYTES })).toBe(firstPace)
    expect(asked).toBeGreaterThan(1)
  })

  async function paceAfter(kib: number, limits: Partial<FetcherSettings>): Promise<number> {
    value = Buffer.alloc(kib << 10)
    fetchers = fetchersWith(limits)
    follow(IDS[0], 'ADDED')
    await clock.advance(200)
    return pace.bytesPerSecond
  }
})

test('what others wait for is left to the system', async () => {
  const inSync = follow(IDS[0], 'IN_SYNC')
  await clock.advance(2_000)
  expect(inSync.log.logEndOffset).toBeGreaterThan(100)
  expect(flushing).toEqual([])
})

function fetchersWith(limits: Partial<FetcherSettings>): Fetchers {
  const parts = fetcherParts(clock, OWN_ID, () => leader)
  return new Fetchers({ ...parts, pace, settings: { ...parts.settings, ...limits } })
}

function follow(topicId: string, standing: 'ADDED' | 'IN_SYNC'): Partition {
  const partition = new Partition(new TestLog().log, topicId, quietSurroundings(OWN_ID, clock))
  const isr = standing === 'ADDED' ? [LEADER_ID] : [LEADER_ID, OWN_ID]
  partition.assign({
    ...QUIET_IMAGE,
    partitionId: partition.index,
    replicas: [LEADER_ID, OWN_ID],
    addingReplicas: standing === 'ADDED' ? [OWN_ID] : [],
    isr,
    leader: LEADER_ID,
  })
  expect(partition.standing).toBe(standing)
  vi.spyOn(partition.log, 'flush').mockImplementation(
    () => new Promise((done) => flushing.push({ partition, done })),
  )
  fetchers.follow(partition)
  return partition
}

/** Has as much as is asked for: each answer, after 10 ms, is a mebibyte of every partition. */
const leader: LeaderConnection = {
  fetch: (request) => {
    asked++
    return new Promise((resolve) => clock.after(10, () => resolve(answerTo(request))))
  },
  taken: () => {},
  listOffsets: () => new Promise(() => {}),
  close: () => {},
}

/** Names what it answers, as each request names what has changed here. */
function answerTo({ topics }: FetchDraft): FetchResponse {
  const data = {
    ...{ partitionIndex: 0, errorCode: ErrorCode.NONE, highWatermark: HIGH_WATERMARK },
    ...{ lastStableOffset: 0, logStartOffset: 0, abortedTransactions: null, preferredReadReplica: -1 },
    ...{ divergingEpoch: NOWHERE, currentLeader: { leaderId: -1, leaderEpoch: -1 }, snapshotId: NOWHERE },
  }
  const responses = topics.map(({ topicId = '', partitions }) => ({
    ...{ topic: '', topicId },
    partitions: partitions.map(({ fetchOffset }) => ({ ...data, records: batchAt(Number(fetchOffset)) })),
  }))
  return { throttleTimeMs: 0, errorCode: 0, sessionId: 7, nodeEndpoints: [], responses }
}

function batchAt(offset: number): Buffer {
  const batch = encodeBatch({ records: [{ timestamp: 0, key: null, value }] })
  batch.writeBigInt64BE(BigInt(offset))
  batch.writeInt32BE(0, 12)
  return batch
}
