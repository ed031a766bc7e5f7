/** The scenarios of KIP-101 and KIP-279: what a follower cuts off, and that in the end all logs are the same. */
import { expect, test } from 'vitest'
import { TestLog, truncate } from '../../storage/testing/harness.ts'
import { decodeRecords, encodeBatch, sizeInBytes } from '../../wire/index.ts'
import { appendFetched, truncationOffset } from './follower-log.ts'

/** One replica's log, which leads or follows. */
class Replica {
  readonly storage = new TestLog()

  get log() {
    return this.storage.log
  }

  lead(epoch: number, ...values: string[]): this {
    this.log.assignLeaderEpoch(epoch)
    for (const value of values) {
      const records = [{ timestamp: 0, key: null, value: Buffer.from(value) }]
      this.log.stage(encodeBatch({ records }), { origin: 'client', leaderEpoch: epoch, nowMs: 0 })
    }
    this.log.commit()
    return this
  }

  /** Fetches until it has what the leader has; returns how often it cut its log. */
  follow(leader: Replica, epoch: number): number {
    for (let cuts = 0; cuts < 10; ) {
      const last = this.log.latestLeaderEpoch
      const end = leader.log.endOffsetForEpoch(last)
      if (last >= 0 && (end.epoch < last || end.endOffset < this.log.logEndOffset)) {
        truncate(this.log, truncationOffset(this.log, end))
        cuts++
        continue
      }
      const limits = { maxBytes: 1 << 20, upTo: Infinity, minOneBatch: true }
      const records = leader.log.read(this.log.logEndOffset, limits, (size) => Buffer.alloc(size))
      if (records.length === 0) return cuts
      appendFetched(this.log, Buffer.from(records), epoch, 0)
    }
    throw new Error('the follower does not come to an end')
  }

  get values(): string[] {
    const bytes = this.log.read(0, { maxBytes: 1 << 20, upTo: Infinity, minOneBatch: true }, (size) =>
      Buffer.alloc(size),
    )
    const values: string[] = []
    for (let at = 0; at < bytes.length; at += sizeInBytes(bytes, at))
      for (const { value } of decodeRecords(bytes, at)) values.push(String(value))
    return values
  }
}

test('KIP-101, first figure: a follower that restarts cuts nothing that its leader has', () => {
  const a = new Replica()
  const b = new Replica().lead(0, 'm1', 'm2')
  a.follow(b, 0)
  // A restarts before it heard that m2 is committed, and B dies: A leads on with both.
  expect(a.follow(b, 0)).toBe(0)
  a.lead(1, 'm3')
  expect(b.follow(a, 1)).toBe(0)
  expect([a.values, b.values]).toEqual([
    ['m1', 'm2', 'm3'],
    ['m1', 'm2', 'm3'],
  ])
})

test('KIP-101, second figure: two brokers that lost unflushed tails in turn do not end up with different records', () => {
  const a = new Replica().lead(0, 'm1')
  const b = new Replica()
  b.follow(a, 0)
  a.lead(0, 'm2')
  // Both lose power; B comes back first, leads, and writes another record at the place of m2.
  b.lead(1, 'm3')
  expect(a.follow(b, 1)).toBe(1)
  expect([a.values, b.values]).toEqual([
    ['m1', 'm3'],
    ['m1', 'm3'],
  ])
})

test('KIP-279: leaders in quick succession leave no divergence behind, whatever epochs each of them saw', () => {
  const a = new Replica().lead(0, 'm0', 'm1')
  const b = new Replica()
  b.follow(a, 0)
  a.lead(0, 'a2', 'a3')
  b.lead(1, 'b2')
  a.lead(2, 'a4')
  b.lead(3, 'b3', 'b4')
  expect(a.follow(b, 3)).toBeGreaterThan(1)
  expect(a.values).toEqual(['m0', 'm1', 'b2', 'b3', 'b4'])
  expect(b.values).toEqual(a.values)
})

test('an epoch in which a broker led and wrote nothing does not keep it from following', () => {
  const a = new Replica().lead(0, 'm1')
  const b = new Replica()
  b.follow(a, 0)
  b.lead(1)
  a.lead(2, 'm2')
  b.follow(a, 2)
  expect(b.values).toEqual(['m1', 'm2'])
})

test('a batch of an epoch later than the one that was fetched in is left for the next fetch', () => {
  const a = new Replica().lead(0, 'm1').lead(1, 'm2')
  const b = new Replica()
  const bytes = a.log.read(0, { maxBytes: 1 << 20, upTo: Infinity, minOneBatch: true }, (size) =>
    Buffer.alloc(size),
  )
  appendFetched(b.log, bytes, 0, 0)
  expect(b.values).toEqual(['m1'])
})

test('a damaged batch is not taken over; what came before it is', () => {
  const a = new Replica().lead(0, 'm1', 'm2')
  const b = new Replica()
  const bytes = a.log.read(0, { maxBytes: 1 << 20, upTo: Infinity, minOneBatch: true }, (size) =>
    Buffer.alloc(size),
  )
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
  expect(() => appendFetched(b.log, bytes, 0, 0)).toThrow('corrupt')
  expect(b.values).toEqual(['m1'])
})
