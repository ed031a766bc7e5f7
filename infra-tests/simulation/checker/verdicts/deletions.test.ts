import { describe, expect, test } from 'vitest'
import type { PolledRecord } from '../history.ts'
import { Script } from '../testing/script.ts'

const PARTITION = 'orders-0'

class DeletionScript extends Script {
  /** DeleteRecords that is answered with where the log begins then. */
  delete(offset: number, startOffset: number): this {
    return this.done('d', { name: 'deleteRecords', partition: PARTITION, offset }, { offset: startOffset })
  }
}

function written(): DeletionScript {
  const script = new DeletionScript()
  for (let offset = 0; offset < 6; offset++) script.send('p', PARTITION, `v${offset}`, offset)
  return script
}

function records(from: number): PolledRecord[] {
  return Array.from({ length: 6 - from }, (_, index) => [from + index, `v${from + index}`])
}

describe('undeleted', () => {
  test('the answer itself says that the records are still there', () => {
    const script = written().delete(3, 2)
    expect(script.violations()).toEqual(['undeleted'])
    expect(script.verdicts()[0]?.cases[0]?.explanation).toBe(
      'What lies before 3 was deleted in #13; the log begins at 2 (#13).',
    )
  })

  test('they are there again after the faults', () => {
    expect(written().delete(3, 3).heal().delete(0, 1).violations()).toContain('undeleted')
  })

  test('a leader that was deposed may tell an older start while there are faults', () => {
    expect(written().delete(3, 3).delete(0, 1).violations()).toEqual([])
  })

  test('more may be gone than one of them asked for', () => {
    expect(written().delete(3, 3).delete(1, 3).violations()).toEqual([])
  })
})

describe('what may be deleted', () => {
  const drained = (script: Script, from: number) =>
    script
      .seek('final', PARTITION, from)
      .poll('final', PARTITION, records(from))
      .drained('final', PARTITION, 6)

  test('is what somebody asked to delete, also if nobody knows whether it was', () => {
    const script = written()
    const op = script.recorder.invoke('d', { name: 'deleteRecords', partition: PARTITION, offset: 3 })
    script.recorder.info(op, 'no answer')
    expect(drained(script, 3).violations()).toEqual([])
  })

  test('is not what lies behind that', () => {
    expect(drained(written().delete(3, 3), 4).violations()).toEqual(['unseen'])
  })
})

describe('deleted-too-early', () => {
  /** Six records, one per two milliseconds; then somebody is told where the log begins. */
  const startsAt = (offset: number, laterMs: number, retentionMs?: number) => {
    const script = written().later(laterMs)
    script.recorder.notice('w', { name: 'logStart', partition: PARTITION, offset })
    return script.topic('orders', { trimmed: true, ...(retentionMs !== undefined && { retentionMs }) })
  }

  test('what is younger than the retention time is gone', () => {
    const script = startsAt(3, 100, 200)
    expect(script.violations()).toEqual(['deleted-too-early'])
    expect(script.verdicts()[0]?.count).toBe(3)
  })

  test('what is old enough may be gone', () => {
    expect(startsAt(3, 300, 200).violations()).toEqual([])
  })

  test('without a retention time nothing is known', () => {
    expect(startsAt(3, 0).violations()).toEqual([])
  })
})
