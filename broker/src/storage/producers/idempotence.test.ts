import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../wire/index.ts'
import { at, batch, errorCodeOf, records, START_MS, TestLog, truncate } from '../testing/harness.ts'

function produce(
  world: TestLog,
  sequence: number,
  options: { epoch?: number; count?: number; id?: number } = {},
) {
  const { epoch = 0, count = 1, id = 7 } = options
  return world.stage(
    batch({
      producerId: id,
      producerEpoch: epoch,
      baseSequence: sequence,
      records: records(count, world.clock.nowMs),
    }),
  )
}

function stageAll(world: TestLog, sequences: readonly number[]): void {
  for (const sequence of sequences) produce(world, sequence)
}

describe('idempotent producers', () => {
  test('each of the last five batches is answered with its first offsets, and not written again', () => {
    const world = new TestLog()
    for (let i = 0; i < 7; i++) produce(world, i * 3, { count: 3 })
    world.log.commit()
    const sizeBytes = world.log.sizeBytes
    for (let i = 2; i < 7; i++) {
      expect(produce(world, i * 3, { count: 3 })).toEqual({
        baseOffset: i * 3,
        lastOffset: i * 3 + 2,
        logAppendTimeMs: -1,
        duplicate: true,
      })
    }
    world.log.commit()
    expect(world.log.sizeBytes).toBe(sizeBytes)
    expect(errorCodeOf(() => produce(world, 3, { count: 3 }))).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
  })

  test('a batch that is only staged counts already', () => {
    const world = new TestLog()
    produce(world, 0)
    expect(produce(world, 0)).toMatchObject({ baseOffset: 0, duplicate: true })
    expect(errorCodeOf(() => produce(world, 2))).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(produce(world, 1)).toMatchObject({ baseOffset: 1, duplicate: false })
    world.log.commit()
    expect(world.log.logEndOffset).toBe(2)
  })

  test('a refused batch leaves nothing behind', () => {
    const world = new TestLog()
    produce(world, 0)
    expect(errorCodeOf(() => produce(world, 5))).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    world.log.commit()
    expect(world.log.logEndOffset).toBe(1)
    expect(produce(world, 1)).toMatchObject({ baseOffset: 1 })
  })

  test('an unknown producer may begin with any sequence', () => {
    expect(produce(new TestLog(), 1234)).toMatchObject({ baseOffset: 0, duplicate: false })
  })

  test('a newer epoch begins at 0, an older one is fenced', () => {
    const world = new TestLog()
    stageAll(world, [0, 1])
    expect(errorCodeOf(() => produce(world, 2, { epoch: 1 }))).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(produce(world, 0, { epoch: 1 })).toMatchObject({ baseOffset: 2, duplicate: false })
    expect(errorCodeOf(() => produce(world, 2, { epoch: 0 }))).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
  })

  test('sequences wrap from 2^31-1 to 0', () => {
    const world = new TestLog()
    produce(world, 0x7fffffff - 1, { count: 3 })
    expect(produce(world, 0x7fffffff - 1, { count: 3 })).toMatchObject({ baseOffset: 0, duplicate: true })
    expect(produce(world, 1)).toMatchObject({ baseOffset: 3, duplicate: false })
    const exact = new TestLog()
    produce(exact, 0x7fffffff)
    expect(produce(exact, 0)).toMatchObject({ baseOffset: 1, duplicate: false })
  })

  test('producers do not share sequences', () => {
    const world = new TestLog()
    produce(world, 0, { id: 1 })
    expect(produce(world, 0, { id: 2 })).toMatchObject({ baseOffset: 1, duplicate: false })
  })

  test.each(['clean', 'killed', 'unknown'] as const)(
    'the last batch is remembered over a restart (%s)',
    async (shutdown) => {
      const world = new TestLog({ segmentBytes: 300 })
      stageAll(world, [0, 1, 2, 3, 4, 5])
      world.log.commit()
      if (shutdown === 'clean') await world.log.close()
      else world.disk.kill()
      world.reopen(shutdown)
      expect(produce(world, 5)).toMatchObject({ baseOffset: 5, duplicate: true })
      expect(errorCodeOf(() => produce(world, 7))).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
      expect(produce(world, 6)).toMatchObject({ baseOffset: 6, duplicate: false })
    },
  )

  test('a truncation takes back what it cut off', () => {
    const world = new TestLog({ segmentBytes: 300 })
    stageAll(world, [0, 1, 2, 3, 4, 5])
    world.log.commit()
    truncate(world.log, 3)
    expect(produce(world, 3)).toMatchObject({ baseOffset: 3, duplicate: false })
  })

  test('silent producers are forgotten after producer.id.expiration.ms', () => {
    const world = new TestLog({ producerIdExpirationMs: 1000 })
    produce(world, 0)
    world.log.commit()
    world.log.expireProducers(at(START_MS + 999))
    expect(world.log.activeProducers()).toHaveLength(1)
    world.log.expireProducers(at(START_MS + 1000))
    expect(world.log.activeProducers()).toHaveLength(0)
  })

  test('records may be older than that: whoever wrote them before a kill may send them once more after it', () => {
    const world = new TestLog({ producerIdExpirationMs: 1000 })
    produce(world, 0)
    world.log.commit()
    world.clock.nowMs = START_MS + 5000
    world.disk.kill()
    world.reopen('killed')
    expect(produce(world, 0)).toMatchObject({ baseOffset: 0, duplicate: true })
  })

  test('who was silent for so long is forgotten by a start', async () => {
    const world = new TestLog({ producerIdExpirationMs: 1000, segmentBytes: 300 })
    stageAll(world, [0, 1, 2, 3, 4, 5])
    world.log.commit()
    await world.log.close()
    world.clock.nowMs = START_MS + 5000
    expect(world.reopen('clean', { highWatermark: 6 }).activeProducers()).toEqual([])
  })

  test('a transactional batch without a transaction is refused', () => {
    const world = new TestLog()
    const bytes = batch({ producerId: 7, producerEpoch: 0, baseSequence: 0, transactional: true })
    expect(errorCodeOf(() => world.stage(bytes))).toBe(ErrorCode.INVALID_TXN_STATE)
  })
})
