import { describe, expect, test } from 'vitest'
import { FOLDER, readAll, records, START_MS, TestLog } from '../testing/harness.ts'

const FIRST_LOG = `${FOLDER}/00000000000000000000.log`

/** The first bytes of the log are what they were; the rest never reached the disk. */
function cutLog(world: TestLog, sizeBytes: number): void {
  world.disk.kill()
  world.disk.open(FIRST_LOG, 'write').truncate(sizeBytes)
}

describe('after a crash', () => {
  test.each(['killed', 'unknown'] as const)(
    '%s: a tail torn at any byte of the last batch is cut off',
    (shutdown) => {
      const world = new TestLog({ indexIntervalBytes: 100 })
      for (let i = 0; i < 6; i++)
        world.append({ records: records(2), producerId: 5, producerEpoch: 0, baseSequence: i * 2 })
      const wholeBytes = world.log.sizeBytes
      const lastBytes = wholeBytes / 6
      const image = world.disk.readFile(FIRST_LOG)
      for (let sizeBytes = wholeBytes - lastBytes; sizeBytes < wholeBytes; sizeBytes++) {
        world.disk.kill()
        world.disk.writeFile(FIRST_LOG, image.subarray(0, sizeBytes))
        const log = world.reopen(shutdown)
        expect(log.logEndOffset).toBe(10)
        expect(log.sizeBytes).toBe(wholeBytes - lastBytes)
        expect(world.disk.stat(FIRST_LOG).sizeBytes).toBe(wholeBytes - lastBytes)
        expect(log.activeProducers()[0]?.batches.at(-1)?.lastSequence).toBe(9)
      }
      expect(world.append({ records: records(2), producerId: 5, producerEpoch: 0, baseSequence: 10 })).toBe(
        10,
      )
      expect(world.values()).toHaveLength(12)
    },
  )

  test('unknown: a flipped bit anywhere in a batch beyond the recovery point ends the log before it', () => {
    const world = new TestLog()
    for (let i = 0; i < 4; i++) world.append({ value: 'abcdef' })
    const image = world.disk.readFile(FIRST_LOG)
    const one = image.length / 4
    for (let at = 16; at < one; at++) {
      const damaged = Buffer.from(image)
      damaged[one * 2 + at] = damaged[one * 2 + at]! ^ 1
      world.disk.kill()
      world.disk.writeFile(FIRST_LOG, damaged)
      expect(world.reopen('unknown').logEndOffset).toBe(2)
    }
  })

  test('unknown: zeros at the end, as a file system leaves them, are cut off', () => {
    const world = new TestLog()
    world.append()
    const image = world.disk.readFile(FIRST_LOG)
    world.disk.kill()
    world.disk.writeFile(FIRST_LOG, Buffer.concat([image, Buffer.alloc(5000)]))
    expect(world.reopen('unknown').sizeBytes).toBe(image.length)
  })

  test('unknown: segments behind a bad batch are deleted', () => {
    const world = new TestLog({ segmentBytes: 300 })
    for (let i = 0; i < 20; i++) world.append()
    const image = world.disk.readFile(FIRST_LOG)
    image[image.length - 1] = image[image.length - 1]! ^ 1
    world.disk.kill()
    world.disk.writeFile(FIRST_LOG, image)
    const log = world.reopen('unknown')
    expect(log.segmentCount).toBe(1)
    expect(log.logEndOffset).toBeGreaterThan(0)
    expect(world.values()).toHaveLength(log.logEndOffset)
    world.append({ value: 'after' })
    expect(world.values().at(-1)).toBe('after')
  })

  test('unknown: what lies below the recovery point is not read again', () => {
    const world = new TestLog({ segmentBytes: 300 })
    for (let i = 0; i < 20; i++) world.append()
    const image = world.disk.readFile(FIRST_LOG)
    image[100] = image[100]! ^ 1
    world.disk.kill()
    world.disk.writeFile(FIRST_LOG, image)
    expect(world.reopen('unknown', { recoveryPoint: 20 }).logEndOffset).toBe(20)
  })

  test('killed: what lies before the last index entry is not checked again', () => {
    const world = new TestLog({ indexIntervalBytes: 100 })
    for (let i = 0; i < 200; i++) world.append()
    const image = world.disk.readFile(FIRST_LOG)
    image[67] = image[67]! ^ 1
    world.disk.kill()
    world.disk.writeFile(FIRST_LOG, image)
    expect(world.reopen('killed').logEndOffset).toBe(200)
    world.disk.kill()
    expect(world.reopen('unknown').logEndOffset).toBe(0)
  })

  test('clean: an open log gives back its files, and has its end, epochs and producers', async () => {
    const world = new TestLog()
    world.append({ producerId: 9, producerEpoch: 1, baseSequence: 0 }, 4)
    world.append({ records: records(5) }, 6)
    await world.log.close()
    const log = world.reopen('clean')
    expect(world.context.pool.openCount).toBe(0)
    expect([log.logEndOffset, log.recoveryPoint, log.latestLeaderEpoch]).toEqual([6, 6, 6])
    expect(log.activeProducers().map((entry) => entry.producerId)).toEqual([9])
    expect(world.values()).toHaveLength(6)
  })

  test('clean: a tail that is torn after all is recovered', async () => {
    const world = new TestLog()
    for (let i = 0; i < 3; i++) world.append()
    await world.log.close()
    cutLog(world, world.log.sizeBytes - 1)
    expect(world.reopen('clean').logEndOffset).toBe(2)
  })

  test('indexes that are missing, torn, wrong or zeroed are made anew', async () => {
    const world = new TestLog({ indexIntervalBytes: 100, segmentBytes: 200_000 })
    for (let i = 0; i < 2000; i++) world.append({ records: records(2, START_MS + i) })
    await world.log.close()
    const indexes = world.disk.list(FOLDER).filter((name) => /index$/.test(name))
    const harms: ((path: string, bytes: Buffer) => void)[] = [
      (path) => world.disk.remove(path),
      (path, bytes) => world.disk.writeFile(path, bytes.subarray(0, bytes.length - 5)),
      (path, bytes) => world.disk.writeFile(path, bytes.subarray(0, 0)),
      (path, bytes) => world.disk.writeFile(path, Buffer.alloc(bytes.length)),
      (path, bytes) => world.disk.writeFile(path, bytes.fill(0x77)),
    ]
    for (const harm of harms) {
      world.reopen('clean')
      await world.log.close()
      for (const name of indexes) harm(`${FOLDER}/${name}`, world.disk.readFile(`${FOLDER}/${name}`))
      const log = world.reopen('clean')
      for (let offset = 0; offset < 4000; offset += 333) expect(readAll(log, offset)[0]?.offset).toBe(offset)
      expect((await log.offsetForTimestamp(START_MS + 1500))?.offset).toBe(3000)
      expect((await log.maxTimestampOffset())?.offset).toBe(3998)
    }
  })

  test('a lost epoch checkpoint is made anew from the batches', async () => {
    const world = new TestLog({ segmentBytes: 300 })
    for (let i = 0; i < 12; i++) world.append({}, Math.floor(i / 5))
    await world.log.close()
    world.disk.remove(`${FOLDER}/leader-epoch-checkpoint`)
    const log = world.reopen('clean')
    expect([0, 1, 2].map((epoch) => log.endOffsetForEpoch(epoch).endOffset)).toEqual([5, 10, 12])
  })

  test('a torn producer snapshot is replaced by replaying the log', async () => {
    const world = new TestLog({ indexIntervalBytes: 0 })
    for (let i = 0; i < 3; i++) world.append({ producerId: 9, producerEpoch: 0, baseSequence: i })
    await world.log.close()
    const path = `${FOLDER}/00000000000000000003.snapshot`
    world.disk.writeFile(path, world.disk.readFile(path).subarray(0, 30))
    expect(world.reopen('clean').activeProducers()[0]?.batches.at(-1)?.lastSequence).toBe(2)
  })

  test('leftovers of interrupted deletions and orphaned indexes are removed', async () => {
    const world = new TestLog()
    world.append()
    await world.log.close()
    const leftovers = [
      '00000000000000000007.log.deleted',
      '00000000000000000007.index',
      '00000000000000000000.log.cleaned',
    ]
    for (const name of leftovers) world.disk.writeFile(`${FOLDER}/${name}`, Buffer.from('x'))
    world.reopen('clean')
    expect(world.disk.list(FOLDER)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/0007|cleaned/)]),
    )
  })
})

describe('a crash at every step', () => {
  /** Appends, rolls and trims until the disk stops. Returns how many batches were committed. */
  function work(world: TestLog, steps: number): number {
    world.disk.stopAfter(steps)
    let committed = 0
    try {
      for (; committed < 12; committed++) {
        world.append({ value: `v${committed}`, producerId: 3, producerEpoch: 0, baseSequence: committed })
      }
    } catch {
      expect(world.disk.isStopped).toBe(true)
    }
    return committed
  }

  test.each(['killed', 'unknown'] as const)(
    '%s: all that was committed is there, in order, and nothing twice',
    (shutdown) => {
      for (let steps = 0; steps < 80; steps++) {
        const world = new TestLog({ segmentBytes: 300, indexIntervalBytes: 0 })
        const committed = work(world, steps)
        world.disk.kill()
        const log = world.reopen(shutdown)
        expect(log.logEndOffset).toBeGreaterThanOrEqual(committed)
        expect(log.logEndOffset).toBeLessThanOrEqual(committed + 1)
        expect(world.values()).toEqual(Array.from({ length: log.logEndOffset }, (_, i) => `v${i}`))
        expect(
          world.append({ value: 'next', producerId: 3, producerEpoch: 0, baseSequence: log.logEndOffset }),
        ).toBe(world.log.logEndOffset - 1)
      }
    },
  )

  test('a power loss keeps at least what was flushed, and a prefix of the rest', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const world = new TestLog({ segmentBytes: 400, indexIntervalBytes: 100 }, seed)
      const flushes = world.random.below(10)
      let flushed = 0
      for (let i = 0; i < 15; i++) {
        world.append({ value: `v${i}` }, Math.floor(i / 4))
        if (i === flushes) {
          await world.log.flush()
          flushed = world.log.recoveryPoint
        }
      }
      await Promise.resolve()
      const recoveryPoint = Math.min(flushed, world.log.recoveryPoint)
      world.disk.losePower(world.random)
      world.disk.makeFolder(FOLDER)
      const log = world.reopen('unknown', { recoveryPoint })
      expect(log.logEndOffset).toBeGreaterThanOrEqual(flushed)
      expect(world.values()).toEqual(Array.from({ length: log.logEndOffset }, (_, i) => `v${i}`))
      for (let epoch = 0; epoch <= log.latestLeaderEpoch; epoch++) {
        expect(log.endOffsetForEpoch(epoch).endOffset).toBe(Math.min((epoch + 1) * 4, log.logEndOffset))
      }
    }
  })
})
