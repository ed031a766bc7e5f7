/** Random operations on a log and on a list of batches must look the same from outside, over crashes too. */
import { expect, test } from 'vitest'
import { batch, decodeBatches, records, TestLog, truncate } from '../testing/harness.ts'

interface ModelBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly timestampMs: number
  readonly epoch: number
}

class Model {
  readonly world: TestLog
  batches: ModelBatch[] = []
  start = 0
  end = 0
  epoch = 0

  constructor(seed: number) {
    this.world = new TestLog(
      { segmentBytes: 900, indexIntervalBytes: 150, retentionMs: -1, retentionBytes: 3000 },
      seed,
    )
  }

  append(): void {
    const { random, clock, log } = this.world
    const rounds = 1 + random.below(4)
    for (let i = 0; i < rounds; i++) {
      clock.nowMs += random.below(5)
      const count = 1 + random.below(5)
      const bytes = batch({ records: records(count, clock.nowMs) })
      this.world.stage(bytes, this.epoch)
      const lastOffset = this.end + count - 1
      this.batches.push({ baseOffset: this.end, lastOffset, timestampMs: clock.nowMs, epoch: this.epoch })
      this.end += count
    }
    log.commit()
    log.highWatermark = log.logEndOffset
  }

  truncate(): void {
    const { random, log } = this.world
    const cut = this.batches[random.below(this.batches.length + 1)]
    if (cut === undefined || cut.baseOffset < this.start) return
    truncate(log, cut.baseOffset + random.below(2) * (cut.lastOffset - cut.baseOffset))
    this.batches = this.batches.filter((other) => other.baseOffset < cut.baseOffset)
    this.end = cut.baseOffset
  }

  deleteRecords(): void {
    const target = this.start + this.world.random.below(this.end - this.start + 1)
    this.start = this.world.log.deleteRecordsBefore(target)
    expect(this.start).toBe(target)
  }

  retain(): void {
    const { log, clock } = this.world
    const before = log.logStartOffset
    log.applyRetention(clock.nowMs)
    this.start = log.logStartOffset
    expect(this.start).toBeGreaterThanOrEqual(before)
    const kept = this.batches.filter((other) => other.baseOffset >= this.start).length
    if (this.start > before) expect(kept).toBeGreaterThan(0)
  }

  async restart(): Promise<void> {
    const { log, random, disk } = this.world
    const shutdown = (['clean', 'killed', 'unknown'] as const)[random.below(3)]!
    const checkpoints = {
      logStartOffset: this.start,
      recoveryPoint: log.recoveryPoint,
      highWatermark: this.end,
    }
    if (shutdown === 'clean') await log.close()
    else disk.kill()
    const reopened = this.world.reopen(shutdown, checkpoints)
    // After a power loss what is committed is only known from the leader.
    expect(reopened.highWatermark).toBe(shutdown === 'unknown' ? this.start : this.end)
    reopened.highWatermark = this.end
  }

  async check(): Promise<void> {
    const { log, random } = this.world
    expect([log.logStartOffset, log.logEndOffset, log.highWatermark]).toEqual([
      this.start,
      this.end,
      this.end,
    ])
    const offset = this.start + random.below(this.end - this.start + 1)
    const upTo = offset + random.below(this.end - offset + 3)
    const limits = { maxBytes: random.below(1500), upTo, minOneBatch: true }
    const found = decodeBatches(log.read(offset, limits, Buffer.alloc)).map((record) => record.offset)
    const first = this.batches.find((other) => other.lastOffset >= offset)
    if (offset < upTo && first !== undefined) {
      expect(found[0]).toBe(first.baseOffset)
      expect(found).toEqual(Array.from(found, (_, i) => first.baseOffset + i))
      expect(this.batches.some((other) => other.lastOffset === found.at(-1) && other.baseOffset < upTo)).toBe(
        true,
      )
    } else {
      expect(found).toEqual([])
    }
    const timestampMs = this.batches.at(-1)?.timestampMs ?? 0
    const oldEnough = this.batches.find(
      (other) => other.timestampMs >= timestampMs && other.lastOffset >= this.start,
    )
    expect((await log.offsetForTimestamp(timestampMs))?.offset).toBe(
      oldEnough && Math.max(oldEnough.baseOffset, this.start),
    )
    const visible = this.batches.filter((other) => other.lastOffset >= this.start)
    for (const { epoch } of visible.slice(-3)) {
      const next = visible.find((other) => other.epoch > epoch)
      expect(log.endOffsetForEpoch(epoch).endOffset).toBe(next?.baseOffset ?? this.end)
    }
  }
}

test.each(Array.from({ length: 60 }, (_, i) => i + 1))(
  'a log is what a list of batches is (seed %i)',
  async (seed) => {
    const model = new Model(seed)
    const { random } = model.world
    for (let step = 0; step < 120; step++) {
      const choice = random.below(20)
      if (choice < 12) model.append()
      else if (choice < 13) model.epoch++
      else if (choice < 15) model.truncate()
      else if (choice < 16) model.deleteRecords()
      else if (choice < 18) model.retain()
      else await model.restart()
      await model.check()
    }
  },
)
