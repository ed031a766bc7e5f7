/**
 * What a start may believe after a power loss. Whatever is derived from batches (indexes, epochs, producers) says what
 * the batches say that are still there, also if the disk had promised for a while to keep what it then forgot.
 */
import { describe, expect, test } from 'vitest'
import { leaderEpochOf } from '../batches/batch.ts'
import { SETTLED_AFTER_MS } from '../log/settled-point.ts'
import { batchesOf, FOLDER, START_MS } from '../testing/harness.ts'
import { PRODUCER_ID, Transactions } from '../testing/transactions.ts'

const ENTRY_BYTES = 34
const FIRST_INDEX = `${FOLDER}/00000000000000000000.txnindex`
const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1)

function abortedIn({ log }: Transactions): (readonly [number, number])[] {
  return log
    .abortedTransactions(0, log.logEndOffset)
    .map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset] as const)
}

/** Transactions of two offsets, one after the other, all aborted. */
function pairs(count: number): (readonly [number, number])[] {
  return Array.from({ length: count }, (_, index) => [2 * index, 2 * index + 1] as const)
}

function abortSome(all: Transactions, count: number): void {
  for (let round = 0; round < count; round++) {
    all.send()
    all.end(false)
  }
  all.replicate()
}

describe('the index of aborted transactions after a power loss', () => {
  test('is made anew from the first batch on if every snapshot is behind what was synced', () => {
    const all = new Transactions({ segmentBytes: 500 })
    abortSome(all, 8)
    const { disk } = all.world
    const names = disk.list(FOLDER)
    expect(names.filter((name) => name.endsWith('.snapshot'))).not.toEqual([])
    disk.kill()
    for (const name of names.filter((each) => each.endsWith('.txnindex'))) disk.remove(`${FOLDER}/${name}`)
    all.world.reopen('unknown', { highWatermark: 16 })
    expect(abortedIn(all)).toEqual(pairs(8))
  })

  test('has no zeros in it, as a file system leaves them at the end', async () => {
    const all = new Transactions()
    abortSome(all, 2)
    await all.log.close()
    all.world.reopen('clean', { recoveryPoint: 4 })
    abortSome(all, 1)
    const { disk } = all.world
    const image = disk.readFile(FIRST_INDEX)
    disk.kill()
    disk.writeFile(FIRST_INDEX, image.fill(0, 2 * ENTRY_BYTES))
    all.world.reopen('unknown', { recoveryPoint: 4, highWatermark: 4 })
    expect(abortedIn(all)).toEqual(pairs(3))
  })
})

/** Everything derived is what the batches say. `timestamps` are those of the first batches, by offset. */
async function expectDerived(all: Transactions, timestamps: readonly number[], label: string): Promise<void> {
  const { log } = all
  const batches = batchesOf(log)
  const epochs = batches.map((bytes) => leaderEpochOf(bytes, 0))
  expect(
    epochs.map((_, offset) => log.epochForOffset(offset)),
    label,
  ).toEqual(epochs)
  const producer = log.activeProducers().find(({ producerId }) => producerId === PRODUCER_ID)
  expect(producer?.batches.at(-1)?.lastSequence ?? -1, label).toBe(Math.ceil(batches.length / 2) - 1)
  const isOpen = batches.length % 2 === 1
  expect(producer?.currentTransactionFirstOffset ?? -1, label).toBe(isOpen ? batches.length - 1 : -1)
  for (let offset = 0; offset < batches.length; offset += 2) {
    const found = await log.offsetForTimestamp(timestamps[offset] ?? 0)
    expect(found?.offset, label).toBe(offset)
  }
  const largest = await log.maxTimestampOffset()
  expect(largest?.timestampMs, label).toBe(timestamps[batches.length - 1])
}

test.each(['.txnindex', '.index', '.timeindex', '.snapshot', 'checkpoint'])(
  'synced a moment ago, all of a log may be there but %s',
  async (suffix) => {
    const all = new Transactions({ segmentBytes: 700, indexIntervalBytes: 100 })
    const { clock, disk } = all.world
    const timestamps: number[] = []
    const work = async (rounds: number) => {
      for (let round = 0; round < rounds; round++) {
        timestamps.push(clock.nowMs, clock.nowMs)
        abortSome(all, 1)
        all.leaderEpoch++
        clock.nowMs += 1000
      }
      await all.log.flush()
    }
    await work(10)
    clock.nowMs += SETTLED_AFTER_MS
    const lost = disk.list(FOLDER).filter((name) => name.endsWith(suffix))
    const before = new Map(lost.map((name) => [name, disk.readFile(`${FOLDER}/${name}`)]))
    const { settledPoint } = all.log.checkpointing
    expect(settledPoint).toBeGreaterThan(0)
    await work(20)
    expect(all.log.recoveryPoint).toBe(60)
    const recoveryPoint = all.log.checkpointing.settledPoint
    disk.kill()
    for (const name of disk.list(FOLDER).filter((each) => each.endsWith(suffix))) {
      const bytes = before.get(name)
      if (bytes === undefined) disk.remove(`${FOLDER}/${name}`)
      else disk.writeFile(`${FOLDER}/${name}`, bytes)
    }
    all.world.reopen('unknown', { recoveryPoint, highWatermark: 60 })
    all.replicate()
    expect(abortedIn(all)).toEqual(pairs(30))
    await expectDerived(all, timestamps, suffix)
  },
)

/** What a log looked like when its machine was without power, after a disk had lied for up to half a minute. */
interface Aftermath {
  readonly all: Transactions
  /** By offset: whether it is a marker that aborts, and the timestamp of its batch. */
  readonly written: readonly { readonly isAbort: boolean; readonly timestampMs: number }[]
}

async function afterLies(seed: number): Promise<Aftermath> {
  const all = new Transactions({ segmentBytes: 700, indexIntervalBytes: 100, flushMessages: 1 }, seed)
  const { random, clock, disk } = all.world
  const written: { isAbort: boolean; timestampMs: number }[] = []
  const checkpoints = [0]
  const note = (isAbort: boolean) => written.push({ isAbort, timestampMs: clock.nowMs })
  const work = async (untilMs: number) => {
    while (clock.nowMs < untilMs) {
      all.send()
      note(false)
      const isAbort = random.below(2) === 0
      all.end(!isAbort)
      note(isAbort)
      if (random.below(4) === 0) all.leaderEpoch++
      if (random.below(2) === 0) await all.log.flush()
      all.replicate()
      clock.nowMs += 1 + random.below(4000)
      if (random.below(3) > 0) continue
      const { checkpointing } = all.log
      checkpoints.push(checkpointing.settledPoint)
      checkpointing.checkpointed(checkpointing.settledPoint)
    }
    await all.log.flush()
  }
  await work(START_MS + random.below(120_000))
  disk.liesAboutSync = true
  await work(clock.nowMs + random.below(SETTLED_AFTER_MS - 4000))
  disk.losePower(random)
  disk.liesAboutSync = false
  disk.makeFolder(FOLDER)
  const recoveryPoint =
    checkpoints[checkpoints.length - 1 - random.below(Math.min(2, checkpoints.length))] ?? 0
  all.world.reopen('unknown', { recoveryPoint, highWatermark: recoveryPoint })
  all.replicate()
  return { all, written }
}

test('after a power loss, and a disk that had lied about its syncs, all that is derived is what the batches say', async () => {
  for (const seed of SEEDS) {
    const { all, written } = await afterLies(seed)
    const label = `seed ${seed}`
    const expected = written
      .slice(0, all.log.logEndOffset)
      .flatMap(({ isAbort }, offset) => (isAbort ? [[offset - 1, offset]] : []))
    expect(abortedIn(all), label).toEqual(expected)
    const timestamps = written.map(({ timestampMs }) => timestampMs)
    await expectDerived(all, timestamps, label)
  }
})
