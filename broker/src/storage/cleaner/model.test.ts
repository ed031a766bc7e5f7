/** Random histories of writes, deletions, rolls, cleanings, restarts and time, against what compaction promises. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CodecName } from '../../runtime/types.ts'
import { CompactedLog, type KeyedRecord, type Put } from '../testing/cleaning.ts'

const DELETE_RETENTION_MS = 1000

interface Written extends KeyedRecord {
  readonly writtenMs: number
}

const key = fc.integer({ min: 0, max: 5 }).map((number) => `k${number}`)
const put = fc.tuple(key, fc.option(fc.string({ minLength: 1, maxLength: 3 }), { freq: 3 }))
const codec = fc.constantFrom<CodecName | undefined>(undefined, undefined, 'gzip', 'snappy', 'lz4', 'zstd')
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      puts: fc.array(put, { minLength: 1, maxLength: 4 }),
      codec,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('roll' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('clean' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 1500 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const) }) },
)
/** Room for no batch, for some, for all that there are. */
const ioBufferBytes = fc.constantFrom(70, 200, 512 << 10)

test('the newest record of each key stays as it was written, tombstones long enough', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), ioBufferBytes, async (steps, ioBufferBytes) => {
      const log = new CompactedLog({ deleteRetentionMs: DELETE_RETENTION_MS, segmentBytes: 600 })
      log.settings = { ...log.settings, ioBufferBytes }
      const written: Written[] = []
      for (const each of steps) {
        if (each.do === 'put') await write(log, each.puts as Put[], each.codec, written)
        else if (each.do === 'roll') log.roll()
        else if (each.do === 'clean') await log.clean()
        else if (each.do === 'wait') log.clock.nowMs += each.ms
        else restart(log)
        check(await log.contents(), written, log.clock.nowMs)
      }
    }),
    { seed: 5, numRuns: 150 },
  )
})

async function write(log: CompactedLog, puts: Put[], codec: CodecName | undefined, written: Written[]) {
  const base = await log.put(puts, codec === undefined ? {} : { codec })
  const { nowMs } = log.clock
  for (const [index, [key, value]] of puts.entries()) {
    written.push({ offset: base + index, key, value, timestamp: nowMs, writtenMs: nowMs })
  }
}

function restart(log: CompactedLog): void {
  const { logEndOffset: highWatermark, cleanerOffset } = log.log
  log.disk.kill()
  log.reopen('killed', { highWatermark, cleanerOffset })
}

function check(contents: readonly KeyedRecord[], written: readonly Written[], nowMs: number): void {
  const byOffset = new Map(written.map((record) => [record.offset, record]))
  for (const { offset, key, value, timestamp } of contents) {
    expect({ offset, key, value, timestamp }).toEqual({
      offset,
      key: byOffset.get(offset)?.key,
      value: byOffset.get(offset)?.value,
      timestamp: byOffset.get(offset)?.timestamp,
    })
  }
  const present = new Set(contents.map(({ offset }) => offset))
  const newest = new Map(written.map((record) => [record.key, record]))
  for (const record of newest.values()) {
    const mayBeGone = record.value === null && nowMs - record.writtenMs >= DELETE_RETENTION_MS
    if (!mayBeGone) expect(present).toContain(record.offset)
    if (record.value !== null || present.has(record.offset)) continue
    // A key whose tombstone is gone has no older value either: that would come back to life.
    expect(contents.filter(({ key }) => key === record.key)).toEqual([])
  }
}
