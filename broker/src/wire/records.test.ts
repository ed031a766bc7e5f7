import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BATCH_HEADER_BYTES,
  BatchAttribute,
  batchAt,
  batchLength,
  crc32c,
  holdsBatch,
  isValidCrc,
  recomputeCrc,
  setAttributes,
  setBaseOffset,
  setLeaderEpoch,
  setLogAppendTime,
  sizeInBytes,
} from './batch.ts'
import { ErrorCode, KafkaError } from './errors.ts'
import { decodeRecords, encodeBatch } from './records.ts'

/** Written by Apache Kafka 4.3.1. */
const kafkaBatch = Buffer.from(
  '00000000000000640000006200000005021268874b0000000000020000018bcfe568000000018bcfe5687b0000000000000fa0' +
    '000300000007000000032a000000066b65790a76616c75650402680231026e011a00f60102010c7365636f6e640018009f9c01' +
    '0408676f6e650100',
  'hex',
)

const draft = {
  baseOffset: 100,
  leaderEpoch: 5,
  producerId: 4000,
  producerEpoch: 3,
  baseSequence: 7,
  records: [
    {
      timestamp: 1700000000000,
      key: Buffer.from('key'),
      value: Buffer.from('value'),
      headers: [
        { key: 'h', value: Buffer.from('1') },
        { key: 'n', value: null },
      ],
    },
    { timestamp: 1700000000123, value: Buffer.from('second') },
    { timestamp: 1699999990000, key: Buffer.from('gone'), value: null },
  ],
}

test('the checksum is CRC-32C', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
})

test('a batch is, byte for byte, what Apache Kafka writes', () => {
  expect(encodeBatch(draft).toString('hex')).toBe(kafkaBatch.toString('hex'))
})

test('a batch of Apache Kafka is read, also from the middle of a buffer', () => {
  const at = 3
  const buffer = Buffer.concat([Buffer.alloc(at), kafkaBatch, Buffer.alloc(5)])
  expect(batchAt(buffer, at)).toEqual({
    baseOffset: 100,
    lastOffset: 102,
    sizeInBytes: kafkaBatch.length,
    leaderEpoch: 5,
    magic: 2,
    crc: 0x1268874b,
    attributes: 0,
    lastOffsetDelta: 2,
    baseTimestamp: 1700000000000,
    maxTimestamp: 1700000000123,
    producerId: 4000,
    producerEpoch: 3,
    baseSequence: 7,
    recordsCount: 3,
  })
  expect(batchLength(buffer, at)).toBe(kafkaBatch.length - 12)
  expect(isValidCrc(buffer, at)).toBe(true)
  const records = decodeRecords(buffer, at)
  expect(records.map(({ offset }) => offset)).toEqual([100, 101, 102])
  expect(records[0]).toEqual({ offset: 100, ...draft.records[0] })
  expect(records[2]!.value).toBe(null)
})

test('base offset and leader epoch can be set without touching the checksum', () => {
  const batch = Buffer.from(kafkaBatch)
  setBaseOffset(batch, 0, 2 ** 40 + 1)
  setLeaderEpoch(batch, 0, 6)
  expect(batchAt(batch, 0)).toMatchObject({ baseOffset: 2 ** 40 + 1, leaderEpoch: 6 })
  expect(isValidCrc(batch, 0)).toBe(true)
})

test('log append time becomes the time of every record', () => {
  const batch = Buffer.from(kafkaBatch)
  setLogAppendTime(batch, 0, 1800000000000)
  expect(isValidCrc(batch, 0)).toBe(true)
  expect(new Set(decodeRecords(batch, 0).map(({ timestamp }) => timestamp))).toEqual(new Set([1800000000000]))
  const written = encodeBatch({ ...draft, logAppendTime: 1800000000000 })
  expect(written.toString('hex')).toBe(batch.toString('hex'))
})

test('any changed byte of the body breaks the checksum', () => {
  for (let at = 16 + 1; at < kafkaBatch.length; at++) {
    const batch = Buffer.from(kafkaBatch)
    batch[at] = batch[at]! ^ 1
    expect(isValidCrc(batch, 0)).toBe(false)
  }
})

test('records of any kind are read back', () => {
  const bytes = fc.option(fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value)))
  const record = fc.record({
    timestamp: fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 44), max: 2 ** 44 })),
    key: bytes,
    value: bytes,
    headers: fc.array(fc.record({ key: fc.string({ unit: 'grapheme' }), value: bytes }), { maxLength: 3 }),
  })
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), fc.maxSafeNat(), (records, baseOffset) => {
      const batch = encodeBatch({ baseOffset: Math.floor(baseOffset / 2), records, transactional: true })
      expect(isValidCrc(batch, 0)).toBe(true)
      expect(batchAt(batch, 0).attributes).toBe(BatchAttribute.TRANSACTIONAL)
      const expected = records.map((value, index) => ({
        ...value,
        offset: Math.floor(baseOffset / 2) + index,
      }))
      expect(decodeRecords(batch, 0)).toEqual(expected)
    }),
    { seed: 7, numRuns: 60 },
  )
})

describe('malformed batches', () => {
  test('a damaged batch is an error of Kafka or still a batch, never anything else', () => {
    const change = fc.tuple(
      fc.integer({ min: 0, max: kafkaBatch.length - 1 }),
      fc.integer({ min: 0, max: 255 }),
    )
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
        const batch = Buffer.from(kafkaBatch)
        for (const [at, byte] of changes) batch[at] = byte
        try {
          decodeRecords(batch, 0)
        } catch (error) {
          expect(error).toBeInstanceOf(KafkaError)
        }
      }),
      { seed: 11, numRuns: 2000 },
    )
  })

  test('a batch that is cut is not there', () => {
    for (let length = 0; length < kafkaBatch.length; length++) {
      const cut = kafkaBatch.subarray(0, length)
      expect(holdsBatch(cut, 0)).toBe(false)
      expect(isValidCrc(cut, 0)).toBe(false)
      expect(() => decodeRecords(cut, 0)).toThrow(KafkaError)
    }
  })

  test('a length smaller than the header is not a batch', () => {
    const batch = Buffer.from(kafkaBatch)
    for (const length of [-1, 0, BATCH_HEADER_BYTES - 13, 0x7fffffff]) {
      batch.writeInt32BE(length, 8)
      expect(holdsBatch(batch, 0)).toBe(false)
    }
    expect(sizeInBytes(kafkaBatch, 0)).toBe(kafkaBatch.length)
  })

  test('compressed records are refused by name', () => {
    const batch = Buffer.from(kafkaBatch)
    setAttributes(batch, 0, 4)
    recomputeCrc(batch, 0)
    expect(() => decodeRecords(batch, 0)).toThrow(
      expect.objectContaining({ code: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE }),
    )
  })
})
