/** A transaction that begins while the one before it ends: its marker makes void what was let in until then. */
import { beforeEach, expect, test } from 'vitest'
import { TRANSACTIONS_TOPIC } from '../../cluster/index.ts'
import { MemoryClock } from '../../runtime/memory-clock.ts'
import type { ProducerStamp } from '../../storage/index.ts'
import { ProducerVerifications } from '../../storage/producers/producer-verifications.ts'
import { ErrorCode } from '../../wire/index.ts'
import { TransactionVerifier } from './transaction-verifier.ts'

const { NONE, CONCURRENT_TRANSACTIONS, PRODUCER_FENCED } = ErrorCode
const producer = { producerId: 7, producerEpoch: 3 }

let clock: MemoryClock
/** What the coordinator does when it is asked, one after the other; then it agrees. */
let script: (() => number)[]
let asked: number
let log: ProducerVerifications
let verifier: TransactionVerifier

beforeEach(() => {
  clock = new MemoryClock()
  script = []
  asked = 0
  log = new ProducerVerifications()
  const answer = () => {
    asked += 1
    return script.shift()?.() ?? NONE
  }
  verifier = new TransactionVerifier({
    brokerId: 1,
    runtime: { clock, timers: clock },
    cluster: { topics: new Map([[TRANSACTIONS_TOPIC, { partitions: [{ leader: 1 }] }]]) },
    links: { to: () => undefined },
    coordinator: {
      addPartitions: async () => answer(),
      verifyPartitions: async ({ partitions }) => partitions.map(answer),
    },
    retryMs: 20,
    retryMsMax: 100,
  })
})

/** A producer's first batch of a transaction: the coordinator's code, and whether the batch would be let in. */
async function begin(sequence: number, adds = true): Promise<readonly [number, boolean]> {
  const beginVerification = (stamp: ProducerStamp, first: number, nowMs: number) =>
    log.begin(stamp.producerId, stamp.producerEpoch, first, nowMs)
  const guard = verifier.guard({ beginVerification }, producer, sequence)
  const ref = { ...producer, transactionalId: 'transfers', topic: 'orders', partition: 0 }
  const code = await verifier.ask({ ...ref, adds, guard })
  return [code, log.isCurrent(producer.producerId, guard.taken)]
}

function marker(): void {
  log.end(producer.producerId)
}

test('the marker comes after the coordinator has said that the one before is not over', async () => {
  script = [() => CONCURRENT_TRANSACTIONS]
  const begun = begin(0)
  await clock.advance(10)
  marker()
  await clock.advance(20)
  expect(await begun).toEqual([NONE, true])
})

test('the marker comes between the question and the answer', async () => {
  const late = () => {
    marker()
    return NONE
  }
  script = [late]
  const begun = begin(0)
  await clock.advance(30)
  expect(await begun).toEqual([NONE, true])
  expect(asked).toBe(2)
})

test('batches that share an answer are let in alike, and none overtakes the first', async () => {
  script = [() => CONCURRENT_TRANSACTIONS]
  const first = begin(0)
  const second = begin(4)
  await clock.advance(10)
  marker()
  const third = begin(9)
  await clock.advance(20)
  expect(await Promise.all([first, second, third])).toEqual([
    [NONE, true],
    [NONE, true],
    [NONE, true],
  ])
  expect(log.overtakes(producer.producerId, 4)).toBe(true)
})

test('markers that do not end: the client is told to come again', async () => {
  script = Array.from({ length: 50 }, () => () => {
    marker()
    return NONE
  })
  const begun = begin(0)
  await clock.advance(200)
  expect((await begun)[0]).toBe(CONCURRENT_TRANSACTIONS)
})

test('what the coordinator refuses is refused, marker or not', async () => {
  const fenced = () => {
    marker()
    return PRODUCER_FENCED
  }
  script = [fenced]
  const begun = begin(0)
  await clock.advance(1)
  expect((await begun)[0]).toBe(PRODUCER_FENCED)
})

test('with version 1 a marker ends the transaction that was asked for: the batch is late', async () => {
  const late = () => {
    marker()
    return NONE
  }
  script = [late]
  const begun = begin(0, false)
  await clock.advance(1)
  expect(await begun).toEqual([NONE, false])
})
