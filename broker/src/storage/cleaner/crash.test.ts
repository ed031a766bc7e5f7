/** The process, or the machine, ends at every single disk operation of a cleaning. */
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../runtime/seeded-random.ts'
import type { Shutdown } from '../log/log-context.ts'
import { CompactedLog, type Put } from '../testing/cleaning.ts'
import { FOLDER } from '../testing/harness.ts'

const HISTORY: Put[][] = [
  [
    ['a', '1'],
    ['b', '1'],
    ['gone', '1'],
  ],
  [
    ['a', '2'],
    ['gone', null],
  ],
  [
    ['c', '1'],
    ['b', '2'],
  ],
  [
    ['a', '3'],
    ['d', '1'],
  ],
  [
    ['b', '3'],
    ['e', '1'],
  ],
]
const LATEST = { a: '3', b: '3', c: '1', d: '1', e: '1' }

/** A log whose tombstone is old enough to go: cleaned once, and dirty again. */
async function dirtyLog(): Promise<CompactedLog> {
  // Segments that fit together by twos or threes, so that several groups are swapped.
  const log = new CompactedLog({ deleteRetentionMs: 0, segmentBytes: 400 })
  for (const puts of HISTORY.slice(0, 2)) {
    await log.put(puts)
    log.roll()
  }
  await log.clean()
  for (const puts of HISTORY.slice(2)) {
    await log.put(puts)
    log.roll()
  }
  await log.log.flush()
  await log.disk.syncFolder(FOLDER)
  return log
}

/** What a reader of the whole log ends up with. */
async function materialised(log: CompactedLog): Promise<Record<string, string>> {
  const values: Record<string, string> = {}
  for (const { key, value } of await log.contents()) {
    if (value === null) delete values[key ?? '']
    else values[key ?? ''] = value
  }
  return values
}

const ENDS: [string, Shutdown, (log: CompactedLog, seed: number) => void][] = [
  ['the process is killed', 'killed', (log) => log.disk.kill()],
  ['the machine loses power', 'unknown', (log, seed) => log.disk.losePower(seededRandom(seed))],
]

describe.each(ENDS)('%s', (_, shutdown, end) => {
  test('at any step of a cleaning: nothing that counts is lost, and cleaning goes on', async () => {
    let steps = 0
    for (let isWhole = false; !isWhole; steps++) {
      const log = await dirtyLog()
      const { logEndOffset, recoveryPoint, cleanerOffset } = log.log
      log.disk.stopAfter(steps)
      isWhole = await log.clean().then(
        () => true,
        () => false,
      )
      const after = isWhole ? log.log.cleanerOffset : cleanerOffset
      end(log, steps)
      log.reopen(shutdown, { highWatermark: logEndOffset, recoveryPoint, cleanerOffset: after })
      expect(log.log.logEndOffset).toBe(logEndOffset)
      expect(await materialised(log)).toEqual(LATEST)
      expect(log.disk.list(FOLDER).filter((name) => /\.(cleaned|swap)$/.test(name))).toEqual([])
      log.log.highWatermark = logEndOffset
      await log.clean()
      expect(await materialised(log)).toEqual(LATEST)
      const keys = (await log.contents()).map(({ key }) => key)
      expect(keys.length).toBe(new Set(keys).size)
    }
    expect(steps).toBeGreaterThan(20)
  })
})

test('what a disk loses of cleaned segments that it said it had synced is noticed', async () => {
  let noticed = 0
  for (let seed = 1; seed <= 200; seed++) {
    const log = await dirtyLog()
    const { logEndOffset, recoveryPoint } = log.log
    log.disk.liesAboutSync = true
    await log.clean()
    const { cleanerOffset } = log.log
    log.disk.losePower(seededRandom(seed))
    log.disk.liesAboutSync = false
    log.reopen('unknown', { highWatermark: logEndOffset, recoveryPoint, cleanerOffset })
    if (log.damages === 0) expect(await materialised(log), `seed ${seed}`).toEqual(LATEST)
    else noticed++
  }
  expect(noticed).toBeGreaterThan(20)
})
