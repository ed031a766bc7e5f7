/** What a follower asks its leader next, whatever the leader answered and the own disk said. */
import { beforeEach, expect, test } from 'vitest'
import type { FetchResponse } from '../../apis/01-fetch.ts'
import { MemoryClock } from '../../runtime/memory-clock.ts'
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
let answer: (records: Buffer | null, divergingEpoch?: EpochEnd) => void
let errors: string[]
let taken: number

beforeEach(() => {
  clock = new MemoryClock()
  storage = new TestLog()
  fetcher = undefined
  asked = []
  errors = []
  taken = 0
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
        answer = (records, divergingEpoch = NOWHERE) => resolve(responseWith(records, divergingEpoch))
      })
    },
    taken: () => {
      taken++
    },
    listOffsets: () => Promise.reject(new Error('nobody asks for offsets here')),
    close: () => breakOff(),
  }
  return new Fetcher(LEADER_ID, {
    ...fetcherParts(clock, OWN_ID, () => connection),
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

function responseWith(records: Buffer | null, divergingEpoch: EpochEnd): FetchResponse {
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
            errorCode: 0,
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
