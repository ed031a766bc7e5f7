import { describe, expect, test } from 'vitest'
import type { AcquiredRange, ShareAcknowledgeCall } from '../history.ts'
import { Script } from '../testing/script.ts'

const GROUP = 'g'
const PARTITION = 'orders-0'
const LOCK_MS = 3000

/** A share group of two members, each line one operation. */
class ShareScript extends Script {
  acquire(client: string, ...ranges: AcquiredRange[]): this {
    const call = { name: 'shareFetch', group: GROUP, partitions: [PARTITION] } as const
    return this.done(client, call, { acquired: { [PARTITION]: ranges } })
  }

  acquireUnknown(client: string): this {
    const call = { name: 'shareFetch', group: GROUP, partitions: [PARTITION] } as const
    this.recorder.info(this.recorder.invoke(client, call), 'no answer')
    return this
  }

  say(client: string, first: number, last: number, fields: Partial<ShareAcknowledgeCall> = {}): this {
    return this.done(client, call(first, last, fields))
  }

  refused(client: string, first: number, last: number, leaderEpoch = 0): this {
    this.recorder.fail(
      this.recorder.invoke(client, call(first, last, { leaderEpoch })),
      'INVALID_RECORD_STATE',
    )
    return this
  }

  shared(startOffset: number): this {
    this.recorder.notice('admin', { name: 'shared', group: GROUP, partition: PARTITION, startOffset })
    return this
  }
}

function call(first: number, last: number, fields: Partial<ShareAcknowledgeCall>): ShareAcknowledgeCall {
  const base = { name: 'shareAcknowledge', group: GROUP, partition: PARTITION, first, last } as const
  return { ...base, outcome: 'accept', leaderEpoch: 0, lockMs: LOCK_MS, ...fields }
}

describe('share-redelivered', () => {
  test.each(['accept', 'reject'] as const)('a record comes again after "%s" was acknowledged', (outcome) => {
    const script = new ShareScript()
    script.acquire('a', [0, 4, 1, 0]).say('a', 0, 4, { outcome }).acquire('b', [3, 5, 2, 1])
    expect(script.violations()).toEqual(['share-redelivered'])
    expect(script.verdicts()[0]?.cases[0]?.explanation).toBe(
      `a said "${outcome}" of offsets 0 to 4, acknowledged in #3; b then got 3 to 5 (#5).`,
    )
  })

  test('what was released, or whose acceptance is in doubt or was refused, may come again', () => {
    const script = new ShareScript().acquire('a', [0, 4, 1, 0]).say('a', 0, 1, { outcome: 'release' })
    script.recorder.info(script.recorder.invoke('a', call(2, 3, {})), 'no answer')
    script.later(LOCK_MS).refused('a', 4, 4)
    expect(script.acquire('b', [0, 4, 2, 0]).violations()).toEqual([])
  })

  test('it may be on its way already, or come from a leader that was deposed', () => {
    const script = new ShareScript().acquire('a', [0, 0, 1, 0])
    const slow = script.recorder.invoke('b', { name: 'shareFetch', group: GROUP, partitions: [PARTITION] })
    script.say('a', 0, 0)
    script.recorder.ok(slow, { acquired: { [PARTITION]: [[0, 0, 2, 0]] } })
    expect(script.violations()).toEqual([])
    script.acquire('a', [1, 1, 1, 3]).say('a', 1, 1, { leaderEpoch: 3 }).acquire('b', [1, 1, 1, 2])
    expect(script.violations()).toEqual([])
  })
})

describe('share-lock-broken', () => {
  test('records are not locked for the member before their time is over', () => {
    const script = new ShareScript().acquire('a', [0, 4, 1, 0]).refused('a', 0, 4)
    expect(script.violations()).toEqual(['share-lock-broken'])
  })

  test('the time is over, or another leader knows of no lock', () => {
    const late = new ShareScript().acquire('a', [0, 4, 1, 0]).later(LOCK_MS).refused('a', 0, 4)
    expect(late.violations()).toEqual([])
    expect(new ShareScript().acquire('a', [0, 4, 1, 0]).refused('a', 0, 4, 1).violations()).toEqual([])
  })
})

describe('share-delivery-count', () => {
  test('it stands still', () => {
    const script = new ShareScript().acquire('a', [0, 4, 1, 0]).acquire('b', [4, 6, 1, 0])
    expect(script.violations()).toEqual(['share-delivery-count'])
  })

  test('it is beyond the limit', () => {
    expect(new ShareScript().acquire('a', [0, 0, 11, 0]).violations()).toEqual(['share-delivery-count'])
  })

  test('it rises, or begins anew with another leader', () => {
    const script = new ShareScript().acquire('a', [0, 4, 1, 0]).acquire('b', [0, 4, 2, 0])
    expect(script.acquire('b', [0, 4, 1, 1]).violations()).toEqual([])
  })
})

describe('share-undelivered', () => {
  test('the group is done with a record that nobody got', () => {
    const script = new ShareScript().acquire('a', [0, 3, 1, 0], [5, 6, 1, 0]).say('a', 0, 3).shared(7)
    expect(script.violations()).toEqual(['share-undelivered'])
    expect(script.verdicts()[0]?.cases[0]?.explanation).toContain('nobody ever got offset 4')
  })

  test('it may be archived unseen after as many lost answers as deliveries are allowed', () => {
    const script = new ShareScript().acquire('a', [0, 3, 1, 0])
    for (let lost = 0; lost < 10; lost++) script.acquireUnknown('a')
    expect(script.shared(5).violations()).toEqual([])
  })

  test('what is not done with is still to come', () => {
    expect(new ShareScript().acquire('a', [0, 3, 1, 0]).shared(4).violations()).toEqual([])
  })
})
