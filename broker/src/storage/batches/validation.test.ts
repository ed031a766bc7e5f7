import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ErrorCode,
  encodeBatch,
  encodeMarker,
  KafkaError,
  recomputeCrc,
  setAttributes,
} from '../../wire/index.ts'
import { RecordValidationError } from '../errors.ts'
import { batch, errorCodeOf, readAll, records, START_MS, TestLog } from '../testing/harness.ts'

function patched(change: (bytes: Buffer) => void, bytes = batch({ records: records(3) })): Buffer {
  change(bytes)
  recomputeCrc(bytes, 0)
  return bytes
}

function refusal(bytes: Buffer, config = {}): number {
  const world = new TestLog(config)
  const code = errorCodeOf(() => world.stage(bytes))
  world.log.commit()
  if (code !== ErrorCode.NONE) expect(world.log.logEndOffset).toBe(0)
  return code
}

describe('what a client may append', () => {
  test.each([
    [
      'a wrong CRC',
      () => Buffer.concat([batch().subarray(0, -1), Buffer.from([1])]),
      ErrorCode.CORRUPT_MESSAGE,
    ],
    ['half a header', () => batch().subarray(0, 40), ErrorCode.CORRUPT_MESSAGE],
    ['half a batch', () => batch().subarray(0, 65), ErrorCode.CORRUPT_MESSAGE],
    ['two batches', () => Buffer.concat([batch(), batch()]), ErrorCode.INVALID_RECORD],
    ['magic 1', () => patched((bytes) => bytes.writeInt8(1, 16)), ErrorCode.INVALID_RECORD],
    ['a base offset', () => batch({ baseOffset: 5 }), ErrorCode.INVALID_RECORD],
    ['a negative length', () => patched((bytes) => bytes.writeInt32BE(-5, 8)), ErrorCode.CORRUPT_MESSAGE],
    ['no records', () => encodeBatch({ records: [] }), ErrorCode.INVALID_RECORD],
    [
      'a count that is too high',
      () => patched((bytes) => bytes.writeInt32BE(4, 57)),
      ErrorCode.INVALID_RECORD,
    ],
    ['a last offset too high', () => patched((bytes) => bytes.writeInt32BE(9, 23)), ErrorCode.INVALID_RECORD],
    ['a last offset below 0', () => patched((bytes) => bytes.writeInt32BE(-1, 23)), ErrorCode.INVALID_RECORD],
    ['a control batch', () => batch({ control: true }), ErrorCode.INVALID_RECORD],
    [
      'a producer without sequence',
      () => batch({ producerId: 1, producerEpoch: 0 }),
      ErrorCode.INVALID_RECORD,
    ],
    ['an unknown codec', () => patched((bytes) => setAttributes(bytes, 0, 7)), ErrorCode.INVALID_RECORD],
    ['LogAppendTime', () => batch({ logAppendTime: START_MS }), ErrorCode.INVALID_TIMESTAMP],
    ['an absurd timestamp', () => patched((bytes) => bytes.fill(0x7f, 35, 43)), ErrorCode.INVALID_TIMESTAMP],
  ])('%s is refused', (_name, make, code) => {
    expect(refusal(make())).toBe(code)
  })

  test('records that do not tile the batch are refused', () => {
    for (const at of [61, 64]) {
      expect(refusal(patched((bytes) => bytes.writeUInt8(0x7e, at)))).toBe(ErrorCode.INVALID_RECORD)
    }
  })

  test('sizes: max.message.bytes, then segment.bytes', () => {
    const bytes = batch({ value: 'x'.repeat(1000) })
    expect(refusal(bytes, { maxMessageBytes: bytes.length })).toBe(ErrorCode.NONE)
    expect(refusal(batch({ value: 'x'.repeat(1000) }), { maxMessageBytes: bytes.length - 1 })).toBe(
      ErrorCode.MESSAGE_TOO_LARGE,
    )
    expect(refusal(batch({ value: 'x'.repeat(1000) }), { segmentBytes: bytes.length - 1 })).toBe(
      ErrorCode.RECORD_LIST_TOO_LARGE,
    )
  })

  test('timestamps outside of the allowed range are refused and named', () => {
    const config = { timestampBeforeMaxMs: 1000, timestampAfterMaxMs: 500 }
    const at = (...timestamps: number[]) => batch({ records: timestamps.map((timestamp) => ({ timestamp })) })
    expect(refusal(at(START_MS - 1000, START_MS + 500), config)).toBe(ErrorCode.NONE)
    expect(refusal(at(START_MS, START_MS + 501), config)).toBe(ErrorCode.INVALID_TIMESTAMP)
    const world = new TestLog(config)
    try {
      world.stage(at(START_MS, START_MS - 1001, START_MS))
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(RecordValidationError)
      expect(error).toMatchObject({ code: ErrorCode.INVALID_TIMESTAMP, recordErrors: [{ batchIndex: 1 }] })
    }
  })

  test('a compacted topic wants keys', () => {
    const cleanupPolicy = { compact: true, delete: false }
    expect(refusal(batch(), { cleanupPolicy })).toBe(ErrorCode.INVALID_RECORD)
    const keyed = batch({ records: [{ timestamp: START_MS, key: Buffer.from('k') }] })
    expect(refusal(keyed, { cleanupPolicy })).toBe(ErrorCode.NONE)
  })

  test('LogAppendTime stamps the batch, and its CRC stays right', () => {
    const world = new TestLog({ messageTimestampType: 'LogAppendTime' })
    const staged = world.stage(batch({ records: records(2, 5) }))
    expect(staged.logAppendTimeMs).toBe(START_MS)
    world.log.commit()
    expect(readAll(world.log, 0).map((record) => record.timestamp)).toEqual([START_MS, START_MS])
    world.disk.kill()
    expect(world.reopen('unknown').logEndOffset).toBe(2)
  })

  test('arbitrary damage never gets in and never throws anything but a Kafka error', () => {
    const whole = batch({ records: records(5), producerId: 3, producerEpoch: 0, baseSequence: 0 })
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(damage, fc.boolean(), fc.nat(whole.length), (changes, fixCrc, sizeBytes) => {
        const bytes = Buffer.from(whole)
        for (const [at, value] of changes) bytes[at] = value
        if (fixCrc && bytes.readInt32BE(8) === whole.length - 12) recomputeCrc(bytes, 0)
        const world = new TestLog()
        try {
          world.stage(sizeBytes % 3 === 0 ? bytes.subarray(0, sizeBytes) : bytes)
          world.log.commit()
          expect(readAll(world.log, 0)).toHaveLength(world.log.logEndOffset)
        } catch (error) {
          expect(error).toBeInstanceOf(KafkaError)
          expect(world.log.failure).toBeUndefined()
        }
      }),
      { numRuns: 500, seed: 11 },
    )
  })
})

describe('what others may append', () => {
  test('a replica keeps offsets, epochs and gaps of its leader', () => {
    const world = new TestLog()
    const options = { leaderEpoch: 9, nowMs: START_MS, origin: 'replica' } as const
    world.log.stage(batch({ baseOffset: 0, leaderEpoch: 2 }), options)
    world.log.stage(batch({ baseOffset: 10, leaderEpoch: 3 }), options)
    world.log.commit()
    expect(world.log.logEndOffset).toBe(11)
    expect(readAll(world.log, 0).map((record) => record.offset)).toEqual([0, 10])
    expect(readAll(world.log, 5).map((record) => record.offset)).toEqual([10])
    expect(world.log.endOffsetForEpoch(2)).toEqual({ epoch: 2, endOffset: 10 })
    const early = batch({ baseOffset: 4, leaderEpoch: 3 })
    expect(errorCodeOf(() => world.log.stage(early, options))).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
    const corrupt = batch({ baseOffset: 11 })
    corrupt[65] = corrupt[65]! ^ 1
    expect(errorCodeOf(() => world.log.stage(corrupt, options))).toBe(ErrorCode.CORRUPT_MESSAGE)
  })

  test('a replica may begin far from where it was created', () => {
    const world = new TestLog({ cleanupPolicy: { compact: true, delete: false } })
    const options = { leaderEpoch: 0, nowMs: START_MS, origin: 'replica' } as const
    world.log.stage(batch({ baseOffset: 5e9 }), options)
    world.log.stage(batch({ baseOffset: 9e9 }), options)
    world.log.commit()
    expect(readAll(world.log, 0).map((record) => record.offset)).toEqual([5e9, 9e9])
    world.disk.kill()
    expect(world.reopen('unknown').logEndOffset).toBe(9e9 + 1)
  })

  test('a coordinator may write control batches and keyless records', () => {
    const world = new TestLog({ cleanupPolicy: { compact: true, delete: false } })
    const options = { leaderEpoch: 1, nowMs: START_MS, origin: 'coordinator' } as const
    const marker = { producerId: 7, producerEpoch: 0, coordinatorEpoch: 1, isCommit: true }
    world.log.stage(encodeMarker(marker, START_MS), options)
    world.log.stage(batch(), options)
    world.log.commit()
    expect(world.log.logEndOffset).toBe(2)
  })
})
