import { beforeEach, expect, test } from 'vitest'
import { MemoryClock } from '../../runtime/memory-clock.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { type CommittableLog, GroupCommit } from './group-commit.ts'

class FakeLog implements CommittableLog {
  logEndOffset = 0
  stagedCount = 0
  commits = 0
  failure: Error | undefined
  syncs = false
  readonly flushes: { done: () => void; fail: (error: Error) => void }[] = []

  commit(): void {
    this.commits++
    if (this.failure !== undefined) throw this.failure
    this.logEndOffset += this.stagedCount
    this.stagedCount = 0
  }

  needsSync(): boolean {
    return this.syncs
  }

  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.flushes.push({ done: resolve, fail: reject })
    })
  }
}

let clock: MemoryClock
let commits: GroupCommit
let heard: string[]

beforeEach(() => {
  clock = new MemoryClock()
  commits = new GroupCommit(clock)
  heard = []
})

function append(log: FakeLog, name: string, sizeBytes = 10): void {
  log.stagedCount++
  commits.add(
    log,
    sizeBytes,
    (endOffset) => heard.push(`end ${endOffset}`),
    (error) => heard.push(error === undefined ? name : `${name} failed with ${error.code}`),
  )
}

test('everything of one turn costs one commit for each log, and is told in its order', async () => {
  const [orders, payments] = [new FakeLog(), new FakeLog()]
  append(orders, 'a')
  append(payments, 'b')
  append(orders, 'c')
  expect([orders.commits, heard]).toEqual([0, []])
  await clock.advance(0)
  expect([orders.commits, payments.commits]).toEqual([1, 1])
  expect(heard).toEqual(['end 2', 'a', 'c', 'end 1', 'b'])
  expect(commits.isEmpty).toBe(true)
  append(orders, 'd')
  await clock.advance(0)
  expect([orders.commits, heard.slice(-2)]).toEqual([2, ['end 3', 'd']])
})

test('a log that cannot be written fails those that wait for it and nobody else', async () => {
  const [broken, fine] = [new FakeLog(), new FakeLog()]
  broken.failure = new Error('EIO')
  append(broken, 'a')
  append(fine, 'b')
  await clock.advance(0)
  expect(heard).toEqual([`a failed with ${ErrorCode.KAFKA_STORAGE_ERROR}`, 'end 1', 'b'])
})

test('an error with a code of its own keeps it', async () => {
  const deleted = new FakeLog()
  deleted.failure = new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  append(deleted, 'a')
  await clock.advance(0)
  expect(heard).toEqual([`a failed with ${ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}`])
})

test('where an fsync is asked for, nothing counts before it: neither for writers nor for readers', async () => {
  const log = new FakeLog()
  log.syncs = true
  append(log, 'a')
  await clock.advance(0)
  append(log, 'b')
  await clock.advance(0)
  expect([log.logEndOffset, heard]).toEqual([2, []])
  log.flushes[0]?.done()
  await clock.advance(0)
  expect(heard).toEqual(['end 1', 'a'])
  log.flushes[1]?.done()
  await clock.advance(0)
  expect(heard).toEqual(['end 1', 'a', 'end 2', 'b'])
})

test('an fsync that fails is told as a storage error', async () => {
  const log = new FakeLog()
  log.syncs = true
  append(log, 'a')
  await clock.advance(0)
  log.flushes[0]?.fail(new Error('EIO'))
  await clock.advance(0)
  expect(heard).toEqual([`a failed with ${ErrorCode.KAFKA_STORAGE_ERROR}`])
})

test('what is staged is bounded: a megabyte is written at once', () => {
  const log = new FakeLog()
  append(log, 'a', 600_000)
  append(log, 'b', 600_000)
  expect([log.commits, heard]).toEqual([1, ['end 2', 'a', 'b']])
})

test('a waiter may append again', async () => {
  const log = new FakeLog()
  log.stagedCount = 1
  commits.add(
    log,
    10,
    () => {},
    () => append(log, 'again'),
  )
  await clock.advance(0)
  expect(heard).toEqual(['end 2', 'again'])
})
