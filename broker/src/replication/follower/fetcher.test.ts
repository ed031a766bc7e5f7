/** What a follower asks its leader next, whatever the leader answered and the own disk said. */
import { beforeEach, expect, test } from 'vitest'
import type { FetchResponse } from '../../apis/01-fetch.ts'
import type { ListOffsetsResponse } from '../../apis/02-list-offsets.ts'
import { MemoryClock } from '../../runtime/memory-clock.ts'
import { BATCHES_PER_SLICE } from '../../storage/slices.ts'
import { TestLog, TOPIC_ID } from '../../storage/testing/harness.ts'
import { Loggers } from '../../telemetry/logger.ts'
import { ErrorCode, encodeBatch, KafkaError } from '../../wire/index.ts'
import { Partition } from '../partition/partition.ts'
import { fetcherParts, QUIET_IMAGE, quietSurroundings } from '../testing/harness.ts'
import { Fetcher } from './fetcher.ts'
import type { FetchDraft, LeaderConnection } from './leader-connection.ts'

interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

const OWN_ID = 1
const LEADER_ID = 2
const SESSION_ID = 7
const NOWHERE = { epoch: -1, endOffset: -1 }
/** Of the settings of `fetcherParts`. */
const BACKOFF_MS_MAX = 1000

let clock: MemoryClock
let storage: TestLog
let partition: Partition
let fetcher: Fetcher | undefined
let asked: FetchDraft[]
let answer: (records: Buffer | null, divergingEpoch?: EpochEnd, errorCode?: number) => void
let tellOffset: (offset: number) => void
/** What a turn of the event loop takes. */
let turnMs: number
let errors: string[]
let taken: number

beforeEach(() => {
  clock = new MemoryClock()
  storage = new TestLog()
  fetcher = undefined
  asked = []
  errors = []
  taken = 0
  turnMs = 0
  partition = new Partition(storage.log, TOPIC_ID, quietSurroundings(OWN_ID, clock))
  follow(0, -1)
})

/** In this epoch of the leader, after an unclean election in that epoch. */
function follow(leaderEpoch: number, uncleanLeaderEpoch: number): void {
  partition.assign({
    ...QUIET_IMAGE,
    partitionId: partition.index,
    replicas: [LEADER_ID, OWN_ID],
    isr: [LEADER_ID, OWN_ID],
    leader: LEADER_ID,
    leaderEpoch,
    partitionEpoch: leaderEpoch,
    uncleanLeaderEpoch,
  })
  fetcher ??= newFetcher()
  fetcher.follow(partition)
}

test('a follower that took over a part of an answer asks for the rest', async () => {
  await clock.advance(1)
  expect(fetchOffsets()).toEqual([0])
  answer(Buffer.concat([batchOf(0, 'a'), spoiled(batchOf(1, 'b'))]))
  await clock.advance(BACKOFF_MS_MAX)
  expect(partition.log.logEndOffset).toBe(1)
  expect(fetchOffsets()).toEqual([0, 1])
  answer(batchOf(1, 'b'))
  await clock.advance(1)
  expect(fetchOffsets()).toEqual([0, 1, 2])
})

test('a follower whose log went offline asks no more', async () => {
  await clock.advance(1)
  storage.disk.fail({ operations: ['write'], code: 'EIO', path: /\.log$/ })
  answer(batchOf(0, 'a'))
  await clock.advance(BACKOFF_MS_MAX)
  expect(partition.log.failure).toBeDefined()
  expect(fetchOffsets()).toEqual([0])
  expect(fetcher?.isIdle).toBe(true)
})

test('committed records are not cut off because a leader lacks them', async () => {
  await clock.advance(1)
  answer(Buffer.concat([batchOf(0, 'a'), batchOf(1, 'b')]))
  await clock.advance(1)
  storage.log.highWatermark = 2
  follow(1, -1)
  await clock.advance(10)
  answer(null, { epoch: 0, endOffset: 1 })
  await clock.advance(BACKOFF_MS_MAX)
  expect(storage.log.logEndOffset).toBe(2)
  expect(errors).toEqual(['the leader does not have committed records: nothing is cut off or taken over'])
  answer(null, { epoch: 0, endOffset: 1 })
  await clock.advance(BACKOFF_MS_MAX)
  expect([storage.log.logEndOffset, errors.length]).toEqual([2, 1])
})

test('committed records are cut off that an unclean election has lost, and no others', async () => {
  await clock.advance(1)
  answer(Buffer.concat([batchOf(0, 'a'), batchOf(1, 'b')]))
  await clock.advance(1)
  storage.log.highWatermark = 2
  follow(1, 1)
  await clock.advance(10)
  answer(null, { epoch: 0, endOffset: 1 })
  await clock.advance(1)
  expect(storage.log.logEndOffset).toBe(1)
  answer(batchOf(1, 'c', 1))
  await clock.advance(1)
  storage.log.highWatermark = 2
  follow(2, 1)
  await clock.advance(10)
  answer(null, { epoch: 0, endOffset: 1 })
  await clock.advance(1)
  expect(storage.log.logEndOffset).toBe(2)
})

test('an answer that no longer fits is dropped, and asked for anew', async () => {
  await clock.advance(1)
  storage.log.stage(batchOf(0, 'a'), { origin: 'replica', leaderEpoch: 0, nowMs: 0 })
  storage.log.commit()
  answer(batchOf(0, 'a'))
  await clock.advance(1)
  expect(fetchOffsets()).toEqual([0, 1])
})

test('a long log is cut in several turns, unless it follows in another epoch meanwhile', async () => {
  const count = 2 * BATCHES_PER_SLICE
  for (let offset = 0; offset < count; offset++)
    storage.log.stage(batchOf(offset, 'a'), { origin: 'replica', leaderEpoch: 0, nowMs: 0 })
  storage.log.commit()
  turnMs = 10
  follow(1, -1)
  await clock.advance(5)
  answer(null, { epoch: 0, endOffset: count - 1 })
  await clock.advance(5)
  expect(storage.log.logEndOffset).toBe(count)
  follow(2, -1)
  await clock.advance(100)
  expect(storage.log.logEndOffset).toBe(count)
  answer(null, { epoch: 0, endOffset: count - 2 })
  await clock.advance(5)
  expect(storage.log.logEndOffset).toBe(count)
  await clock.advance(100)
  expect(storage.log.logEndOffset).toBe(count - 2)
  expect(fetchOffsets().slice(-3)).toEqual([count, count, count - 2])
})

test('what is followed in another epoch since its leader was asked for offsets is fetched in that epoch alone', async () => {
  await clock.advance(1)
  answer(null, NOWHERE, ErrorCode.OFFSET_OUT_OF_RANGE)
  await clock.advance(1)
  follow(1, -1)
  tellOffset(0)
  await clock.advance(1)
  tellOffset(0)
  await clock.advance(1)
  const wanted = asked.at(-1)?.topics.flatMap(({ partitions }) => partitions)
  expect(wanted?.map(({ currentLeaderEpoch }) => currentLeaderEpoch)).toEqual([1])
})

test('the memory behind an answer is given back when all of it is written', async () => {
  await clock.advance(1)
  answer(batchOf(0, 'a'))
  expect(taken).toBe(0)
  await clock.advance(1)
  expect(storage.log.logEndOffset).toBe(1)
  expect(taken).toBe(1)
})

function newFetcher(): Fetcher {
  let breakOff = () => {}
  const connection: LeaderConnection = {
    fetch: (request) => {
      asked.push(request)
      return new Promise((resolve, reject) => {
        breakOff = () => reject(new KafkaError(ErrorCode.NETWORK_EXCEPTION))
        answer = (records, divergingEpoch = NOWHERE, errorCode = ErrorCode.NONE) =>
          resolve(responseWith(records, divergingEpoch, errorCode))
      })
    },
    taken: () => {
      taken++
    },
    listOffsets: () =>
      new Promise((resolve) => {
        tellOffset = (offset) => resolve(offsetResponse(offset))
      }),
    close: () => breakOff(),
  }
  const parts = fetcherParts(clock, OWN_ID, () => connection)
  let spentMs = 0
  return new Fetcher(LEADER_ID, {
    ...parts,
    timers: {
      after: (delayMs, task) => clock.after(delayMs, task),
      endOfTurn: (task) => (turnMs > 0 ? void clock.after(turnMs, task) : clock.endOfTurn(task)),
    },
    monotonicMs: () => clock.monotonic() + (turnMs > 0 ? spentMs++ : 0),
    logger: new Loggers(({ level, message }) => {
      if (level === 'error') errors.push(message)
    }).get('kafka.server.ReplicaManager'),
  })
}

/** Of each request that names the partition. */
function fetchOffsets(): number[] {
  return asked.flatMap(({ topics }) =>
    topics.flatMap(({ partitions }) => partitions.map((each) => Number(each.fetchOffset))),
  )
}

function batchOf(baseOffset: number, value: string, leaderEpoch = 0): Buffer {
  const batch = encodeBatch({ records: [{ timestamp: 0, key: null, value: Buffer.from(value) }] })
  batch.writeBigInt64BE(BigInt(baseOffset))
  batch.writeInt32BE(leaderEpoch, 12)
  return batch
}

function spoiled(batch: Buffer): Buffer {
  const last = batch.length - 1
  batch[last] = (batch[last] ?? 0) ^ 1
  return batch
}

function responseWith(records: Buffer | null, divergingEpoch: EpochEnd, errorCode: number): FetchResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    sessionId: SESSION_ID,
    nodeEndpoints: [],
    responses: [
      {
        topic: partition.topic,
        topicId: TOPIC_ID,
        partitions: [
          {
            partitionIndex: partition.index,
            errorCode,
            highWatermark: 0,
            lastStableOffset: 0,
            logStartOffset: 0,
            divergingEpoch,
            currentLeader: { leaderId: -1, leaderEpoch: -1 },
            snapshotId: NOWHERE,
            abortedTransactions: null,
            preferredReadReplica: -1,
            records,
          },
        ],
      },
    ],
  }
}

function offsetResponse(offset: number): ListOffsetsResponse {
  const found = { partitionIndex: partition.index, errorCode: 0, timestamp: -1, offset, leaderEpoch: 0 }
  return {
    throttleTimeMs: 0,
    topics: [{ name: partition.topic, partitions: [found] }],
  }
}
