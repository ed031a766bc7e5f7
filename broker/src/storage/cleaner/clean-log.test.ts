import { describe, expect, test } from 'vitest'
import type { CodecName } from '../../runtime/types.ts'
import { encodeBatch, encodeMarker } from '../../wire/index.ts'
import {
  attributesOf,
  BatchAttribute,
  baseOffsetOf,
  baseSequenceOf,
  lastOffsetOf,
  recordsCountOf,
  setBaseOffset,
  setLeaderEpoch,
} from '../batches/batch.ts'
import { TransactionIndex } from '../segment/transaction-index.ts'
import { CompactedLog } from '../testing/cleaning.ts'
import { at, batchesOf, FOLDER, truncate } from '../testing/harness.ts'
import { CleanerBuffers } from './buffers.ts'
import { Pace, Stopped } from './pace.ts'

const CODECS: (CodecName | undefined)[] = [undefined, 'gzip', 'snappy', 'lz4', 'zstd']
const pairs = async (log: CompactedLog) => (await log.contents()).map(({ key, value }) => `${key}=${value}`)

describe.each(CODECS)('batches compressed with %s', (codec) => {
  const options = codec === undefined ? {} : { codec }

  test('of each key the newest record stays, at its offset', async () => {
    const log = new CompactedLog()
    await log.put(
      [
        ['a', '1'],
        ['b', '1'],
        ['a', '2'],
      ],
      options,
    )
    await log.put(
      [
        ['c', '1'],
        ['b', '2'],
      ],
      options,
    )
    log.roll()
    await log.clean()
    expect((await log.contents()).map(({ offset, key, value }) => [offset, key, value])).toEqual([
      [2, 'a', '2'],
      [3, 'c', '1'],
      [4, 'b', '2'],
    ])
    expect(batchesOf(log.log).map((batch) => [baseOffsetOf(batch, 0), lastOffsetOf(batch, 0)])).toEqual([
      [0, 2],
      [3, 4],
      [5, 5],
    ])
    expect(log.log.cleanerOffset).toBe(5)
  })

  test('a tombstone stays for delete.retention.ms after the cleaning that first met it', async () => {
    const log = new CompactedLog({ deleteRetentionMs: 1000 })
    await log.put(
      [
        ['a', '1'],
        ['b', '1'],
      ],
      options,
    )
    log.clock.nowMs += 5
    await log.put(
      [
        ['a', null],
        ['c', '1'],
      ],
      options,
    )
    log.roll()
    const metMs = log.clock.nowMs
    await log.clean()
    const withTombstone = ['b=1', 'a=null', 'c=1']
    expect(await pairs(log)).toEqual(withTombstone)
    expect((await log.contents()).map(({ timestamp }) => timestamp - metMs)).toEqual([-5, 0, 0])
    log.clock.nowMs = metMs + 999
    log.roll()
    await log.clean()
    expect(await pairs(log)).toEqual(withTombstone)
    log.clock.nowMs = metMs + 1000
    log.roll()
    await log.clean()
    expect(await pairs(log)).toEqual(['b=1', 'c=1'])
  })
})

test('what is not dirty is cleaned of what the dirty part has anew, and segments come together', async () => {
  const log = new CompactedLog()
  for (let round = 0; round < 5; round++) {
    await log.put([
      ['a', `${round}`],
      [`only-${round}`, 'x'],
    ])
    log.roll()
    await log.clean()
  }
  expect(await pairs(log)).toEqual(['only-0=x', 'only-1=x', 'only-2=x', 'only-3=x', 'a=4', 'only-4=x'])
  expect(log.log.segmentCount).toBe(2)
})

test('an offset map that is full cleans a part, and the next cleaning goes on there', async () => {
  const log = new CompactedLog()
  log.settings = { ...log.settings, dedupeBufferBytes: 24 * 20, loadFactor: 0.5 }
  for (let i = 0; i < 30; i++) await log.put([[`k${i % 15}`, `${i}`]])
  log.roll()
  await log.clean()
  expect(log.log.cleanerOffset).toBe(10)
  while (log.log.cleanerOffset < 30) await log.clean()
  expect(await pairs(log)).toEqual(Array.from({ length: 15 }, (_, i) => `k${i}=${i + 15}`))
})

test('the last batch of a producer stays, if only as an empty one, so that its sequence is not forgotten', async () => {
  const log = new CompactedLog()
  const producer = { producerId: 7, producerEpoch: 0 }
  await log.put([['a', '1']], { ...producer, baseSequence: 0 })
  await log.put([['a', '2']], { ...producer, baseSequence: 1 })
  await log.put([['a', '3']])
  log.roll()
  await log.clean()
  const kept = batchesOf(log.log).map((batch) => [recordsCountOf(batch, 0), baseSequenceOf(batch, 0)])
  expect(kept).toEqual([
    [0, 1],
    [1, -1],
    [1, -1],
  ])
  log.reopen('unknown', { cleanerOffset: 3 })
  const repeated = await log.put([['a', '2']], { ...producer, baseSequence: 1 })
  expect(repeated).toBe(1)
})

test('the last batch of what was cleaned stays as an empty one: the log does not get shorter', async () => {
  const log = new CompactedLog({ deleteRetentionMs: 0 })
  await log.put([['a', null]])
  log.roll()
  await log.clean()
  await log.clean()
  expect(await pairs(log)).toEqual([])
  expect(batchesOf(log.log).map((batch) => lastOffsetOf(batch, 0))).toEqual([0, 1])
})

test('compact,delete loses old segments as a whole too', async () => {
  const log = new CompactedLog({ cleanupPolicy: { compact: true, delete: true }, retentionMs: 100 })
  await log.put([['a', '1']])
  log.roll()
  await log.clean()
  log.clock.nowMs += 200
  await log.put([['b', '1']])
  expect(log.log.applyRetention(log.clock.nowMs)).toBe(1)
  expect(log.log.logStartOffset).toBe(1)
})

test('records of aborted transactions go, a marker stays for delete.retention.ms after the last of them', async () => {
  const log = new CompactedLog({ deleteRetentionMs: 1000 })
  const { write, mark } = transactions(log)
  write(8, 'a', 'committed')
  write(9, 'a', 'aborted')
  write(9, 'b', 'aborted')
  mark(9, false)
  mark(8, true)
  await log.put([['c', '1']])
  log.roll()
  log.log.expireProducers(at(log.clock.nowMs + log.config.producerIdExpirationMs + 1))

  await log.clean()
  expect(await data(log)).toEqual(['0 a=committed', '5 c=1'])
  expect(markers(log)).toEqual([3, 4])
  expect(aborted(log)).toEqual([{ producerId: 9, firstOffset: 1, lastOffset: 3, lastStableOffset: 0 }])

  log.roll()
  await log.clean()
  expect(markers(log)).toEqual([3, 4])
  expect(aborted(log)).toEqual([])

  log.clock.nowMs += 1001
  log.roll()
  await log.clean()
  expect(markers(log)).toEqual([4])
  expect(await data(log)).toEqual(['0 a=committed', '5 c=1'])
})

test('a transaction that was aborted before the dirty part began does not hide what is committed in it', async () => {
  const log = new CompactedLog({ deleteRetentionMs: 1000 })
  const { write, mark } = transactions(log)
  write(9, 'deleted', 'value')
  mark(9, true)
  write(9, 'other', 'aborted')
  mark(9, false)
  log.roll()
  await log.clean()
  write(9, 'deleted', null)
  mark(9, true)
  log.roll()
  await log.clean()
  expect(await data(log)).toEqual(['5 deleted=null'])
  log.clock.nowMs += 1001
  log.roll()
  await log.clean()
  expect(await data(log)).toEqual([])
})

/** Appends as a leader's records come to a follower: transactions of any producers, one record each. */
function transactions(log: CompactedLog) {
  const sequences = new Map<number, number>()
  const append = (bytes: Buffer) => {
    setBaseOffset(bytes, 0, log.log.logEndOffset)
    setLeaderEpoch(bytes, 0, 0)
    log.log.stage(bytes, { leaderEpoch: 0, nowMs: log.clock.nowMs, origin: 'replica' })
    log.log.commit()
    log.log.highWatermark = log.log.logEndOffset
  }
  const write = (producerId: number, key: string, value: string | null) => {
    const baseSequence = sequences.get(producerId) ?? 0
    sequences.set(producerId, baseSequence + 1)
    const record = { key: Buffer.from(key), value: value === null ? null : Buffer.from(value) }
    const records = [{ timestamp: log.clock.nowMs, ...record }]
    append(encodeBatch({ producerId, producerEpoch: 0, baseSequence, transactional: true, records }))
  }
  const mark = (producerId: number, isCommit: boolean) =>
    append(encodeMarker({ producerId, producerEpoch: 0, coordinatorEpoch: 0, isCommit }, log.clock.nowMs))
  return { write, mark }
}

const aborted = (log: CompactedLog) => {
  const found: unknown[] = []
  new TransactionIndex(log.context.pool, FOLDER, 0, '').visitFrom(0, (each) => found.push(each) > 0)
  return found
}
const isMarker = (batch: Buffer) => (attributesOf(batch, 0) & BatchAttribute.CONTROL) !== 0
const markers = (log: CompactedLog) =>
  batchesOf(log.log)
    .filter(isMarker)
    .map((batch) => baseOffsetOf(batch, 0))
const data = async (log: CompactedLog) => {
  const marks = markers(log)
  const contents = await log.contents()
  return contents
    .filter(({ offset }) => !marks.includes(offset))
    .map(({ offset, key, value }) => `${offset} ${key}=${value}`)
}

test('a log that is truncated, deleted or closed meanwhile is left alone', async () => {
  const log = new CompactedLog()
  for (let i = 0; i < 5; i++) {
    await log.put([['a', 'x'.repeat(1 << 19)]])
    log.roll()
  }
  const pace = new Pace(log.clock, Infinity)
  const cleaning = log.log.clean({ settings: log.settings, pace, buffers: new CleanerBuffers() })
  const outcome = cleaning.catch((error) => error)
  truncate(log.log, 3)
  const resume = setInterval(() => pace.resume())
  expect(await outcome).toBeInstanceOf(Stopped)
  clearInterval(resume)
  expect(log.log.logEndOffset).toBe(3)
  expect(log.disk.list(FOLDER).filter((name) => name.includes('.cleaned') || name.includes('.swap'))).toEqual(
    [],
  )
  log.roll()
  await log.clean()
})

test('a damaged batch is reported, and the log stays as it is', async () => {
  const log = new CompactedLog()
  await log.put([
    ['a', '1'],
    ['a', '2'],
  ])
  log.roll()
  const file = log.disk.open(`${FOLDER}/00000000000000000000.log`, 'write')
  file.write([Buffer.of(0xff)], 70)
  await expect(log.clean()).rejects.toThrow('damaged batch')
  expect(log.log.failure).toBeUndefined()
  expect(batchesOf(log.log)).toHaveLength(2)
})

test('batches that nothing happened to are the same bytes', async () => {
  const log = new CompactedLog()
  await log.put(
    [
      ['a', '1'],
      ['b', '2'],
    ],
    { codec: 'zstd' },
  )
  await log.put([['c', '1']])
  log.roll()
  const before = batchesOf(log.log)
  await log.clean()
  expect(batchesOf(log.log)).toEqual(before)
  expect(before.map((batch) => attributesOf(batch, 0))).toEqual([4, 0, 0])
})

test('what the disk has to bring is waited for', async () => {
  const log = new CompactedLog()
  await log.put([['a', '1']])
  await log.put([['a', '2']])
  log.roll()
  let waits = 0
  log.disk.beforeRead = async () => {
    waits += 1
  }
  await log.clean()
  // Once for the keys, once for where the segment ends, once for what stays.
  expect(waits).toBe(3)
  log.disk.beforeRead = () => undefined
  expect(await pairs(log)).toEqual(['a=2'])
})
