import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../wire/index.ts'
import { readTransaction } from './records.ts'
import { Driver, ID, PARTITION, refOf } from './test-driver.ts'

const OTHER = { topic: 'orders', partition: 1 }
const EPOCH_LAST = 32_766

function begun(version = 2): [Driver, ReturnType<typeof refOf>] {
  const driver = new Driver()
  const ref = refOf(driver.init())
  expect(driver.add(ref, [PARTITION], version)).toBe(ErrorCode.NONE)
  return [driver, ref]
}

/** A producer that has used up its epochs but for the last. */
function withLastEpoch(): [Driver, ReturnType<typeof refOf>] {
  const driver = new Driver()
  let producer = driver.init()
  while (producer.producerEpoch < EPOCH_LAST) producer = driver.init()
  return [driver, refOf(producer)]
}

describe('InitProducerId', () => {
  test('a new transactional id gets a producer id, every later one of its producers the next epoch', () => {
    const driver = new Driver()
    expect(driver.init()).toEqual({ errorCode: 0, producerId: 1000, producerEpoch: 0 })
    expect(driver.init()).toEqual({ errorCode: 0, producerId: 1000, producerEpoch: 1 })
    expect(driver.init({ transactionalId: 'other' })).toEqual({
      errorCode: 0,
      producerId: 1001,
      producerEpoch: 0,
    })
  })

  test.each([
    [{ transactionalId: '' }, ErrorCode.INVALID_REQUEST],
    [{ timeoutMs: 0 }, ErrorCode.INVALID_TRANSACTION_TIMEOUT],
    [{ timeoutMs: 900_001 }, ErrorCode.INVALID_TRANSACTION_TIMEOUT],
  ])('%j is refused with %i', (request, errorCode) => {
    const driver = new Driver()
    expect(driver.init(request)).toEqual({ errorCode, producerId: -1, producerEpoch: -1 })
    expect(driver.log).toEqual([])
  })

  test('an open transaction is aborted first, with an epoch that fences its producer', () => {
    const [driver, ref] = begun()
    expect(driver.init().errorCode).toBe(ErrorCode.CONCURRENT_TRANSACTIONS)
    expect(driver.markers).toMatchObject([
      { isCommit: false, producerId: ref.producerId, producerEpoch: 1, partitions: [PARTITION] },
    ])
    expect(driver.add(ref)).toBe(ErrorCode.CONCURRENT_TRANSACTIONS)
    expect(driver.state()).toBe('PrepareAbort')
    expect(driver.init().errorCode).toBe(ErrorCode.CONCURRENT_TRANSACTIONS)
  })

  test.each([1, 2])('after the abort the new producer gets its epoch (version %i)', (version) => {
    const [driver, ref] = begun(version)
    driver.init()
    expect(driver.markers[0]?.producerEpoch).toBe(1)
    driver.finishMarkers()
    expect(driver.state()).toBe('CompleteAbort')
    expect(driver.init()).toMatchObject({ errorCode: 0, producerId: ref.producerId, producerEpoch: 2 })
    expect(driver.end(ref, true).errorCode).toBe(ErrorCode.PRODUCER_FENCED)
  })

  test('a producer that knows its id bumps its own epoch, and may ask twice', () => {
    const driver = new Driver()
    const { producerId } = driver.init()
    expect(driver.init({ producerId, producerEpoch: 0 }).producerEpoch).toBe(1)
    expect(driver.init({ producerId, producerEpoch: 0 }).producerEpoch).toBe(1)
    expect(driver.init().producerEpoch).toBe(2)
    expect(driver.init({ producerId, producerEpoch: 0 }).errorCode).toBe(ErrorCode.PRODUCER_FENCED)
    expect(driver.init({ producerId: producerId + 7, producerEpoch: 2 }).errorCode).toBe(
      ErrorCode.PRODUCER_FENCED,
    )
  })

  test('a producer whose transactional id expired begins anew', () => {
    const driver = new Driver()
    expect(driver.init({ producerId: 5, producerEpoch: 9 })).toMatchObject({ errorCode: 0, producerEpoch: 0 })
  })

  test('when the epochs are used up the producer id changes', () => {
    const [driver, ref] = withLastEpoch()
    const next = driver.init({ producerId: ref.producerId, producerEpoch: ref.producerEpoch })
    expect(next).toEqual({ errorCode: 0, producerId: ref.producerId + 1, producerEpoch: 0 })
    const again = driver.init({ producerId: ref.producerId, producerEpoch: ref.producerEpoch })
    expect(again).toEqual(next)
    expect(driver.init().producerEpoch).toBe(1)
    expect(driver.init({ producerId: ref.producerId, producerEpoch: ref.producerEpoch }).errorCode).toBe(
      ErrorCode.PRODUCER_FENCED,
    )
  })
})

describe('partitions', () => {
  test('the first one opens the transaction; those that are known write nothing', () => {
    const [driver, ref] = begun()
    const { length } = driver.log
    expect(driver.state()).toBe('Ongoing')
    expect(driver.add(ref)).toBe(ErrorCode.NONE)
    expect(driver.log.length).toBe(length)
    expect(driver.add(ref, [PARTITION, OTHER])).toBe(ErrorCode.NONE)
    expect(driver.shard.describe(ID).topics).toEqual([{ topic: 'orders', partitions: [0, 1] }])
  })

  test('only the producer itself may add or verify', () => {
    const [driver, ref] = begun()
    const wrong = [
      [{ ...ref, transactionalId: '' }, ErrorCode.INVALID_REQUEST],
      [{ ...ref, transactionalId: 'unknown' }, ErrorCode.INVALID_PRODUCER_ID_MAPPING],
      [{ ...ref, producerId: 1 }, ErrorCode.INVALID_PRODUCER_ID_MAPPING],
      [{ ...ref, producerEpoch: 7 }, ErrorCode.PRODUCER_FENCED],
    ] as const
    for (const [request, errorCode] of wrong) {
      expect(driver.add(request)).toBe(errorCode)
      expect(driver.verify(request)).toEqual([errorCode])
    }
  })

  test('what is not part of the transaction is told to be aborted', () => {
    const [driver, ref] = begun()
    expect(driver.verify(ref, [PARTITION, OTHER])).toEqual([ErrorCode.NONE, ErrorCode.TRANSACTION_ABORTABLE])
  })

  test('while a transaction ends nothing can be added', () => {
    const [driver, ref] = begun(1)
    driver.end(ref, true, 1)
    expect(driver.add(ref)).toBe(ErrorCode.CONCURRENT_TRANSACTIONS)
    expect(driver.verify(ref)).toEqual([ErrorCode.CONCURRENT_TRANSACTIONS])
  })
})

describe('EndTxn, version 1', () => {
  test.each([true, false])(
    'commit %s: decided, markers, complete; the same request is answered again',
    (isCommit) => {
      const [driver, ref] = begun(1)
      expect(driver.end(ref, isCommit, 1)).toEqual({ errorCode: 0, ...refless(ref) })
      expect(driver.markers).toEqual([
        {
          ...ref,
          isCommit,
          coordinatorEpoch: 1,
          transactionVersion: 1,
          partitions: [PARTITION],
        },
      ])
      const { markers } = driver
      expect(driver.end(ref, isCommit, 1).errorCode).toBe(ErrorCode.CONCURRENT_TRANSACTIONS)
      expect(driver.end(ref, !isCommit, 1).errorCode).toBe(ErrorCode.CONCURRENT_TRANSACTIONS)
      driver.markers = markers
      driver.finishMarkers()
      expect(driver.state()).toBe(isCommit ? 'CompleteCommit' : 'CompleteAbort')
      expect(driver.end(ref, isCommit, 1)).toEqual({ errorCode: 0, ...refless(ref) })
      expect(driver.end(ref, !isCommit, 1).errorCode).toBe(ErrorCode.INVALID_TXN_STATE)
      expect(driver.add(ref, [PARTITION], 1)).toBe(ErrorCode.NONE)
    },
  )

  test('nothing to end, or not the one to end it', () => {
    const driver = new Driver()
    const ref = refOf(driver.init())
    expect(driver.end(ref, true, 1).errorCode).toBe(ErrorCode.INVALID_TXN_STATE)
    expect(driver.end(ref, false, 1).errorCode).toBe(ErrorCode.INVALID_TXN_STATE)
    expect(driver.end({ ...ref, transactionalId: '' }, true, 1).errorCode).toBe(ErrorCode.INVALID_REQUEST)
    const unknown = { ...ref, transactionalId: 'unknown' }
    expect(driver.end(unknown, true, 1).errorCode).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
    expect(driver.end({ ...ref, producerEpoch: 4 }, true, 1).errorCode).toBe(ErrorCode.PRODUCER_FENCED)
  })
})

describe('EndTxn, version 2', () => {
  test.each([true, false])('commit %s: the epoch goes up before the markers', (isCommit) => {
    const [driver, ref] = begun()
    const next = driver.end(ref, isCommit)
    expect(next).toEqual({ errorCode: 0, producerId: ref.producerId, producerEpoch: 1 })
    expect(driver.markers).toMatchObject([{ producerEpoch: 1, transactionVersion: 2, isCommit }])
    const { markers } = driver
    expect(driver.end(ref, isCommit).errorCode).toBe(ErrorCode.CONCURRENT_TRANSACTIONS)
    expect(driver.end(ref, !isCommit).errorCode).toBe(ErrorCode.CONCURRENT_TRANSACTIONS)
    expect(driver.end(refOf(next), false).errorCode).toBe(ErrorCode.CONCURRENT_TRANSACTIONS)
    driver.markers = markers
    driver.finishMarkers()
    expect(driver.end(ref, isCommit)).toEqual(next)
    expect(driver.end(ref, !isCommit).errorCode).toBe(ErrorCode.INVALID_TXN_STATE)
    expect(driver.end(refOf(next), true).errorCode).toBe(ErrorCode.INVALID_TXN_STATE)
    expect(driver.add(refOf(next))).toBe(ErrorCode.NONE)
  })

  test('a transaction that wrote nothing can be aborted, not committed', () => {
    const driver = new Driver()
    const ref = refOf(driver.init())
    expect(driver.end(ref, true).errorCode).toBe(ErrorCode.INVALID_TXN_STATE)
    const next = driver.end(ref, false)
    expect(next).toMatchObject({ errorCode: 0, producerEpoch: 1 })
    expect(driver.markers).toMatchObject([{ partitions: [] }])
    driver.finishMarkers()
    expect(driver.end(refOf(next), false)).toMatchObject({ errorCode: 0, producerEpoch: 2 })
  })

  test('a producer that was replaced by one of version 1 does not get its epoch', () => {
    const driver = new Driver()
    const zombie = refOf(driver.init())
    const next = refOf(driver.init())
    driver.add(next, [PARTITION], 1)
    driver.end(next, true, 1)
    driver.finishMarkers()
    expect(driver.end(zombie, true).errorCode).toBe(ErrorCode.PRODUCER_FENCED)
  })

  test('with the last epoch the next producer id is given, and again to who missed the answer', () => {
    const [driver, ref] = withLastEpoch()
    driver.add(ref)
    const next = driver.end(ref, true)
    expect(next).toEqual({ errorCode: 0, producerId: ref.producerId + 1, producerEpoch: 0 })
    expect(driver.markers).toMatchObject([{ producerId: ref.producerId, producerEpoch: 32_767 }])
    driver.load()
    expect(driver.markers).toMatchObject([{ producerId: ref.producerId, producerEpoch: 32_767 }])
    driver.finishMarkers()
    expect(driver.end(ref, true)).toEqual(next)
    expect(driver.add(refOf(next))).toBe(ErrorCode.NONE)
  })
})

describe('time', () => {
  test('a transaction that is open for too long is aborted, and its producer fenced', () => {
    const [driver, ref] = begun()
    expect(driver.shard.nextDeadlineMs()).toBe(driver.nowMs + 10_000)
    driver.tick(60_000)
    expect(driver.state()).toBe('Ongoing')
    driver.tick(10_000)
    expect(driver.state()).toBe('PrepareAbort')
    expect(driver.markers).toMatchObject([{ isCommit: false, producerEpoch: 1 }])
    driver.finishMarkers()
    expect(driver.end(ref, true).errorCode).toBe(ErrorCode.INVALID_TXN_STATE)
    expect(driver.add(ref)).toBe(ErrorCode.PRODUCER_FENCED)
    expect(driver.init({ producerId: ref.producerId, producerEpoch: 0 }).errorCode).toBe(ErrorCode.NONE)
  })

  test.each([3_600_000, -3_600_000])(
    'nothing times out, or stays, because the clock jumped by %i ms',
    (jumpMs) => {
      const [driver] = begun()
      driver.wallJumpMs = jumpMs
      driver.tick(59_000)
      expect(driver.state()).toBe('Ongoing')
      driver.tick(11_000)
      expect(driver.state()).toBe('PrepareAbort')
    },
  )

  test('where the clock of the next coordinator is behind, a transaction gets its timeout once more, not longer', () => {
    const [driver] = begun()
    driver.tick(59_000)
    driver.wallJumpMs = -3_600_000
    driver.load()
    driver.tick(59_000)
    expect(driver.state()).toBe('Ongoing')
    driver.tick(11_000)
    expect(driver.state()).toBe('PrepareAbort')
  })

  test('what was silent for transactional.id.expiration.ms is forgotten, but never what is open', () => {
    const driver = new Driver({ transactionalIdExpirationMs: 100_000, transactionMaxTimeoutMs: 1e9 })
    const ref = refOf(driver.init({ timeoutMs: 1e9 }))
    driver.init({ transactionalId: 'idle' })
    driver.add(ref)
    driver.tick(3_600_000)
    expect(driver.shard.describe('idle').errorCode).toBe(ErrorCode.TRANSACTIONAL_ID_NOT_FOUND)
    expect(driver.state()).toBe('Ongoing')
    driver.load()
    expect(driver.shard.describe('idle').errorCode).toBe(ErrorCode.TRANSACTIONAL_ID_NOT_FOUND)
  })

  test('a shard that has nothing wants no time', () => {
    expect(new Driver().shard.nextDeadlineMs()).toBe(Infinity)
  })
})

test('markers that a coordinator did not live to send are sent by the next one, with its epoch', () => {
  const [driver, ref] = begun()
  driver.add(ref, [OTHER])
  driver.end(ref, true)
  const [first] = driver.markers
  driver.load()
  expect(driver.markers).toEqual([{ ...first, coordinatorEpoch: 2 }])
  driver.markers = [{ ...driver.markers[0], partitions: [PARTITION] } as (typeof driver.markers)[number]]
  driver.finishMarkers()
  expect(driver.state()).toBe('PrepareCommit')
  expect(driver.shard.describe(ID).topics).toEqual([{ topic: 'orders', partitions: [1] }])
  driver.load()
  driver.finishMarkers()
  expect(driver.state()).toBe('CompleteCommit')
})

test('markers of an earlier transaction complete nothing', () => {
  const [driver, ref] = begun()
  const next = driver.end(ref, true)
  const late = driver.markers
  driver.finishMarkers()
  driver.add(refOf(next))
  driver.end(refOf(next), false)
  driver.markers = late
  driver.finishMarkers()
  expect(driver.state()).toBe('PrepareAbort')
})

test('list filters by state, producer, duration and id', () => {
  const [driver, ref] = begun()
  driver.init({ transactionalId: 'idle' })
  driver.nowMs += 500
  const ids = (filters: Partial<Parameters<typeof driver.shard.list>[0]>) =>
    driver.shard
      .list({ states: [], producerIds: [], durationMs: -1, isWanted: () => true, ...filters }, driver.nowMs)
      .map(({ transactionalId }) => transactionalId)
  expect(ids({})).toEqual([ID, 'idle'])
  expect(ids({ states: ['Ongoing'] })).toEqual([ID])
  expect(ids({ producerIds: [ref.producerId] })).toEqual([ID])
  expect(ids({ durationMs: 500, states: ['Ongoing'] })).toEqual([])
  expect(ids({ durationMs: 499, states: ['Ongoing'] })).toEqual([ID])
  expect(ids({ isWanted: (id) => id.startsWith('i') })).toEqual(['idle'])
})

test('values are written in version 0 until the feature transaction.version is on', () => {
  const driver = new Driver()
  driver.transactionVersion = 0
  driver.init()
  driver.transactionVersion = 1
  driver.init()
  expect(driver.log.map(({ value }) => value?.readInt16BE(0))).toEqual([0, 1])
  expect(driver.log.map(({ key, value }) => readTransaction(key, value)?.transaction?.producerEpoch)).toEqual(
    [0, 1],
  )
})

function refless({ producerId, producerEpoch }: ReturnType<typeof refOf>) {
  return { producerId, producerEpoch }
}
