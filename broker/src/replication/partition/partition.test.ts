import { beforeEach, expect, test } from 'vitest'
import { LeaderRecoveryState } from '../../cluster/index.ts'
import { MemoryClock } from '../../runtime/memory-clock.ts'
import { batch, errorCodeOf, TestLog, TOPIC_ID } from '../../storage/testing/harness.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import type { IsrProposal } from '../leader/leader-state.ts'
import { QUIET_IMAGE } from '../testing/harness.ts'
import { GroupCommit } from './group-commit.ts'
import { Partition } from './partition.ts'
import { waitForRecords } from './wait-for-records.ts'
import type { AdvanceWatcher } from './watchers.ts'

const OWN_ID = 1
const OTHER_ID = 2
const NO_LEADER = -1
const IMAGE = {
  ...QUIET_IMAGE,
  replicas: [OWN_ID],
  isr: [OWN_ID],
  leader: NO_LEADER,
} as const

let clock: MemoryClock
let storage: TestLog
let partition: Partition
let proposals: IsrProposal[]

beforeEach(() => {
  clock = new MemoryClock()
  storage = new TestLog()
  proposals = []
  partition = new Partition(storage.log, TOPIC_ID, {
    brokerId: OWN_ID,
    commits: new GroupCommit(clock),
    brokers: { isEligible: () => true, epochOf: () => 1 },
    lagMsMax: 30_000,
    monotonicMs: () => clock.monotonic(),
    onFollowed: () => {},
    onProposal: (_, proposal) => proposals.push(proposal),
  })
})

function append(value = 'v'): number[] {
  const heard: number[] = []
  const options = { origin: 'client', nowMs: storage.clock.nowMs } as const
  const records = batch({ value })
  partition.stage(records, options)
  partition.commit(records.length, (error) => heard.push(error?.code ?? ErrorCode.NONE))
  return heard
}

function assign(leader: number, leaderEpoch: number): void {
  partition.assign({ ...IMAGE, leader, leaderEpoch, partitionEpoch: leaderEpoch })
}

test('only the leader appends, and answers for its own epoch alone', () => {
  expect(errorCodeOf(() => append())).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  assign(OTHER_ID, 4)
  expect(partition.refusal(-1)).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  assign(OWN_ID, 5)
  expect([-1, 4, 5, 6].map((epoch) => partition.refusal(epoch))).toEqual([
    undefined,
    ErrorCode.FENCED_LEADER_EPOCH,
    undefined,
    ErrorCode.UNKNOWN_LEADER_EPOCH,
  ])
  assign(NO_LEADER, 6)
  expect([partition.leads, partition.refusal(6)]).toEqual([false, ErrorCode.NOT_LEADER_OR_FOLLOWER])
})

test('a leader without any other replica ends its recovery at once', () => {
  const leaderRecoveryState = LeaderRecoveryState.RECOVERING
  partition.assign({ ...IMAGE, leader: OWN_ID, leaderEpoch: 3, partitionEpoch: 4, leaderRecoveryState })
  const isr = [{ brokerId: OWN_ID, brokerEpoch: 1 }]
  expect(proposals).toEqual([{ leaderEpoch: 3, partitionEpoch: 4, isr }])
})

test('an epoch never goes back', () => {
  assign(OWN_ID, 5)
  expect(() => assign(OWN_ID, 4)).toThrow('went back from 5/5 to 4/4')
})

test('records can be read when they are committed, not before', async () => {
  assign(OWN_ID, 0)
  const heard = append()
  expect([partition.highWatermark, heard]).toEqual([0, []])
  await clock.advance(0)
  expect([partition.highWatermark, heard]).toEqual([1, [ErrorCode.NONE]])
})

test('what was staged under an epoch is written before the next one begins', async () => {
  assign(OWN_ID, 1)
  const heard = append('old')
  assign(OWN_ID, 2)
  expect(heard).toEqual([ErrorCode.NONE])
  append('new')
  await clock.advance(0)
  expect(partition.log.endOffsetForEpoch(1)).toMatchObject({ epoch: 1, endOffset: 1 })
  expect(partition.log.endOffsetForEpoch(2)).toMatchObject({ epoch: 2, endOffset: 2 })
})

test('a log that is offline is a storage error', () => {
  assign(OWN_ID, 0)
  storage.disk.fail({ operations: ['write'], code: 'EIO' })
  const heard = append()
  assign(OWN_ID, 1)
  expect(heard).toEqual([ErrorCode.KAFKA_STORAGE_ERROR])
  expect(partition.refusal(-1)).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
})

test('a leader begins without the disk, which may be busy with many others', () => {
  storage.disk.fail({ operations: ['write', 'rename', 'open', 'truncate'], code: 'EIO' })
  assign(OWN_ID, 0)
  expect(partition.refusal(-1)).toBeUndefined()
})

function wait(bytesMissing: number, waitMs: number): { isOver: boolean } {
  const state = { isOver: false }
  const watch = (watcher: AdvanceWatcher) => partition.readers.add(watcher)
  waitForRecords({ watch, bytesMissing, waitMs, newsMs: undefined }, clock).then(() => {
    state.isOver = true
  })
  return state
}

test('a wait ends with enough bytes, with a change of the leader, or with its time', async () => {
  assign(OWN_ID, 0)
  const size = batch({ value: 'v' }).length
  const enough = wait(2 * size, 1000)
  append()
  await clock.advance(0)
  expect(enough.isOver).toBe(false)
  append()
  await clock.advance(0)
  expect(enough.isOver).toBe(true)

  const timed = wait(1, 500)
  await clock.advance(499)
  expect(timed.isOver).toBe(false)
  await clock.advance(1)
  expect(timed.isOver).toBe(true)

  const interrupted = wait(1_000_000, 1000)
  assign(OTHER_ID, 1)
  await clock.advance(0)
  expect(interrupted.isOver).toBe(true)
})

test('bytes that were there before a wait do not count, nor do bytes that are deleted count against it', async () => {
  assign(OWN_ID, 0)
  for (let index = 0; index < 10; index++) append('x'.repeat(1000))
  await clock.advance(0)
  const size = batch({ value: 'v' }).length
  const waiting = wait(2 * size, 60_000)
  append()
  await clock.advance(0)
  expect(waiting.isOver).toBe(false)
  partition.log.truncateFullyAndStartAt(partition.log.logEndOffset)
  append()
  await clock.advance(0)
  expect(waiting.isOver).toBe(true)
})

test('a batch that is refused leaves nothing staged', async () => {
  assign(OWN_ID, 0)
  const bad = batch()
  bad.writeUInt8(bad.readUInt8(bad.length - 1) ^ 1, bad.length - 1)
  const options = { origin: 'client', nowMs: storage.clock.nowMs } as const
  expect(() => partition.stage(bad, options)).toThrow(KafkaError)
  await clock.advance(0)
  expect(partition.log.logEndOffset).toBe(0)
})

test('who waits for a deletion is told where all replicas begin, although one is added right then', async () => {
  const replicated = { ...IMAGE, leader: OWN_ID, replicas: [OWN_ID, OTHER_ID] }
  partition.assign(replicated)
  append()
  await clock.advance(0)
  const fetched = (logStartOffset: number) =>
    partition.fetchedBy({ brokerId: OTHER_ID, brokerEpoch: 1, fetchOffset: 1, logStartOffset })
  fetched(0)
  partition.log.deleteRecordsBefore(1)
  const told = new Promise<number>((resolve) => {
    partition.whenDeleted(1, (_error, lowWatermark) => resolve(lowWatermark))
  })
  fetched(1)
  partition.assign({ ...replicated, replicas: [OWN_ID, OTHER_ID, 3], partitionEpoch: 1 })
  expect(partition.lowWatermark).toBe(-1)
  expect(await told).toBe(1)
})
