import { describe, expect, test } from 'vitest'
import { Script } from '../testing/script.ts'

describe('lost-write', () => {
  test('an acknowledged record that a reader passed is lost', () => {
    const script = new Script()
    script.send('p', 'orders-0', 'a', 0).send('p', 'orders-0', 'b', 1).send('p', 'orders-0', 'c', 2)
    script.poll('c', 'orders-0', [
      [0, 'a'],
      [2, 'c'],
    ])
    expect(script.violations()).toEqual(['lost-write'])
    const [verdict] = script.verdicts()
    expect(verdict?.count).toBe(1)
    expect(verdict?.cases[0]?.subject).toBe('orders-0')
    expect(verdict?.cases[0]?.evidence).toEqual([2, 3, 7])
    expect(verdict?.cases[0]?.explanation).toBe(
      '"b" (sent to orders-0 by p in #2, acknowledged at offset 1 in #3) is lost. ' +
        'Nobody ever read it, but c read past offset 1 in #7.',
    )
  })

  test('a record that the final reading lacks is lost although it had been read before', () => {
    const script = new Script().sendUnknown('p', 'orders-0', 'a').send('p', 'orders-0', 'b', 1)
    script.poll('c', 'orders-0', [[0, 'a']]).crash('c')
    script.drain('orders-0', [[1, 'b']])
    expect(script.violations()).toEqual(['lost-write', 'poll-skip'])
  })

  test('a record of a committed transaction is lost like any other', () => {
    const script = new Script()
      .begin('p', 't')
      .send('p', 'orders-0', 'a', 0, { transaction: 't' })
      .commit('p', 't')
    script.send('q', 'orders-0', 'b', 2).drain('orders-0', [[2, 'b']])
    expect(script.violations()).toEqual(['lost-write'])
  })

  test.each([
    ['acks=1', new Script().send('p', 'orders-0', 'a', 0, { acks: 1 })],
    ['an unknown outcome', new Script().sendUnknown('p', 'orders-0', 'a')],
    ['a failure', new Script().sendFailed('p', 'orders-0', 'a')],
  ])('%s promises nothing', (_name, script) => {
    script.send('q', 'orders-0', 'b', 0).drain('orders-0', [[0, 'b']])
    expect(script.violations()).toEqual([])
  })

  test('a reader that began after the record does not pass it', () => {
    const script = new Script().send('p', 'orders-0', 'a', 0).send('p', 'orders-0', 'b', 1)
    script.seek('c', 'orders-0', 1).poll('c', 'orders-0', [[1, 'b']])
    expect(script.violations()).toEqual([])
  })

  test('compaction may remove the older record of a key, and no other', () => {
    const compacted = (key: string) => {
      const script = new Script().topic('orders', { compacted: true })
      script.send('p', 'orders-0', 'a', 0, { key: 'k' }).send('p', 'orders-0', 'b', 1, { key })
      return script.drain('orders-0', [[1, 'b']]).violations()
    }
    expect(compacted('k')).toEqual([])
    expect(compacted('other')).toEqual(['lost-write'])
  })

  test('compaction may remove a tombstone when what it deleted is gone', () => {
    const atEnd = (forgetsTombstones: boolean, ...left: (readonly [number, string])[]) => {
      const script = new Script().topic('orders', { compacted: true, forgetsTombstones })
      script.send('p', 'orders-0', 'a', 0, { key: 'k' })
      script.send('p', 'orders-0', 'gone', 1, { key: 'k', tombstone: true })
      script.send('p', 'orders-0', 'b', 2, { key: 'other' })
      return script.drain('orders-0', [...left, [2, 'b']]).violations()
    }
    expect(atEnd(true)).toEqual([])
    expect(atEnd(true, [1, 'gone'])).toEqual([])
    expect(atEnd(true, [0, 'a'])).toEqual(['lost-write'])
    expect(atEnd(false)).toEqual(['lost-write'])
  })

  test('an aborted record takes the place of none', () => {
    const script = new Script().topic('orders', { compacted: true })
    script.send('p', 'orders-0', 'a', 0, { key: 'k' }).begin('t', 'aborted')
    script.send('t', 'orders-0', 'b', 1, { key: 'k', transaction: 'aborted' }).abort('t', 'aborted')
    script.send('p', 'orders-0', 'c', 3, { key: 'other' })
    expect(script.drain('orders-0', [[3, 'c']]).violations()).toEqual(['lost-write'])
  })
})

describe('unseen', () => {
  test('a record that was acknowledged before the final reading lies behind its end', () => {
    const script = new Script().send('p', 'orders-0', 'a', 0).send('p', 'orders-0', 'b', 1)
    expect(script.drain('orders-0', [[0, 'a']]).violations()).toEqual(['unseen'])
  })

  test('a record that was read lies behind the end of the final reading', () => {
    const script = new Script().send('p', 'orders-0', 'a', 0).sendUnknown('p', 'orders-0', 'b')
    script.poll('c', 'orders-0', [
      [0, 'a'],
      [1, 'b'],
    ])
    expect(script.drain('orders-0', [[0, 'a']]).violations()).toEqual(['unseen'])
  })

  test('a record acknowledged without an offset is read by nobody', () => {
    const script = new Script()
    script.recorder.ok(script.sending('p', 'orders-0', 'a'))
    script.send('p', 'orders-0', 'b', 0)
    expect(script.drain('orders-0', [[0, 'b']]).violations()).toEqual(['unseen'])
  })

  test('compaction may have removed a record without a known offset, if it has a key', () => {
    const gone = (compacted: boolean, options: { key?: string }) => {
      const script = new Script().topic('orders', { compacted })
      script.recorder.ok(script.sending('p', 'orders-0', 'a', options))
      return script
        .send('p', 'orders-0', 'b', 0)
        .drain('orders-0', [[0, 'b']])
        .violations()
    }
    expect(gone(true, { key: 'k' })).toEqual([])
    expect(gone(true, {})).toEqual(['unseen'])
    expect(gone(false, { key: 'k' })).toEqual(['unseen'])
  })

  test('the beginning of the log is gone, which only retention may do', () => {
    const trimmed = (allowed: boolean) => {
      const script = new Script().topic('orders', { trimmed: allowed })
      script.send('p', 'orders-0', 'a', 0).send('p', 'orders-0', 'b', 1)
      script.seek('final', 'orders-0', 1).poll('final', 'orders-0', [[1, 'b']])
      script.recorder.notice('final', { name: 'drained', partition: 'orders-0', endOffset: 2 })
      return script.violations()
    }
    expect(trimmed(false)).toEqual(['unseen'])
    expect(trimmed(true)).toEqual([])
  })

  test('what is acknowledged after the final reading began may be missing from it', () => {
    const script = new Script().send('p', 'orders-0', 'a', 0).seek('final', 'orders-0', 0)
    script.send('p', 'orders-0', 'b', 1).poll('final', 'orders-0', [[0, 'a']])
    script.recorder.notice('final', { name: 'drained', partition: 'orders-0', endOffset: 1 })
    expect(script.violations()).toEqual([])
  })

  test('without a final reading the end proves nothing', () => {
    const script = new Script().send('p', 'orders-0', 'a', 0).send('p', 'orders-0', 'b', 1)
    expect(script.poll('c', 'orders-0', [[0, 'a']]).violations()).toEqual([])
  })

  test('an aborted transaction is hidden', () => {
    const script = new Script()
      .begin('p', 't')
      .send('p', 'orders-0', 'a', 0, { transaction: 't' })
      .abort('p', 't')
    script.seek('final', 'orders-0', 0)
    script.recorder.notice('final', { name: 'drained', partition: 'orders-0', endOffset: 2 })
    expect(script.violations()).toEqual([])
  })
})

describe('duplicate', () => {
  test('an idempotent send lies at two offsets', () => {
    const script = new Script().send('p', 'orders-0', 'a', 0)
    const read = script.drain('orders-0', [
      [0, 'a'],
      [1, 'a'],
    ])
    expect(read.violations()).toEqual(['duplicate'])
  })

  test('an unknown idempotent send may be there once', () => {
    const script = new Script().sendUnknown('p', 'orders-0', 'a')
    expect(script.drain('orders-0', [[0, 'a']]).violations()).toEqual([])
  })

  test('without idempotence a retry may append again', () => {
    const script = new Script().send('p', 'orders-0', 'a', 1, { idempotent: false })
    const read = script.drain('orders-0', [
      [0, 'a'],
      [1, 'a'],
    ])
    expect(read.violations()).toEqual([])
  })

  test('an application that sends the value again after an unknown outcome gets it twice', () => {
    const script = new Script().sendUnknown('p', 'orders-0', 'a').send('p', 'orders-0', 'a', 1)
    const read = script.drain('orders-0', [
      [0, 'a'],
      [1, 'a'],
    ])
    expect(read.violations()).toEqual([])
  })

  test('a send that failed for certain accounts for no second place', () => {
    const script = new Script().sendFailed('p', 'orders-0', 'a').send('p', 'orders-0', 'a', 1)
    const read = script.drain('orders-0', [
      [0, 'a'],
      [1, 'a'],
    ])
    expect(read.violations()).toEqual(['duplicate'])
  })

  test('a record delivered again after a crash is no duplicate', () => {
    const script = new Script().send('p', 'orders-0', 'a', 0).poll('c', 'orders-0', [[0, 'a']])
    expect(
      script
        .crash('c')
        .poll('c', 'orders-0', [[0, 'a']])
        .violations(),
    ).toEqual([])
  })
})

describe('inconsistent-offsets', () => {
  test('two readers see different values at one offset', () => {
    const script = new Script().sendUnknown('p', 'orders-0', 'a').sendUnknown('q', 'orders-0', 'b')
    script.poll('c', 'orders-0', [[0, 'a']]).poll('d', 'orders-0', [[0, 'b']])
    expect(script.violations()).toEqual(['inconsistent-offsets'])
  })

  test('two sends are acknowledged at one offset', () => {
    const script = new Script().send('p', 'orders-0', 'a', 0).send('p', 'orders-0', 'b', 0)
    expect(script.violations()).toEqual(['inconsistent-offsets'])
  })

  test('with acks=1 an acknowledged offset may be given again', () => {
    const script = new Script().send('p', 'orders-0', 'a', 0, { acks: 1 }).send('p', 'orders-0', 'b', 0)
    expect(script.drain('orders-0', [[0, 'b']]).violations()).toEqual([])
  })
})

describe('offset-gap', () => {
  test('a hole that nobody can explain', () => {
    const script = new Script().send('p', 'orders-0', 'a', 0).send('p', 'orders-0', 'b', 2)
    const read = script.drain('orders-0', [
      [0, 'a'],
      [2, 'b'],
    ])
    expect(read.violations()).toEqual(['offset-gap'])
  })

  test('a hole before the end of the final reading', () => {
    const script = new Script().send('p', 'orders-0', 'a', 0)
    expect(script.drain('orders-0', [[0, 'a']], 2).violations()).toEqual(['offset-gap'])
  })

  test('control records of transactions and compaction leave gaps', () => {
    const transactional = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, { transaction: 't' })
    transactional.commit('p', 't').send('q', 'orders-0', 'b', 2)
    const read = transactional.drain('orders-0', [
      [0, 'a'],
      [2, 'b'],
    ])
    expect(read.violations()).toEqual([])
    const compacted = new Script().topic('orders', { compacted: true }).send('p', 'orders-0', 'b', 2)
    expect(compacted.drain('orders-0', [[2, 'b']]).violations()).toEqual([])
  })
})

describe('phantom', () => {
  test('a value that was never sent', () => {
    const script = new Script().send('p', 'orders-0', 'a', 0)
    const read = script.drain('orders-0', [
      [0, 'a'],
      [1, 'rot'],
    ])
    expect(read.violations()).toEqual(['phantom'])
  })

  test('a value that was never sent, where another reader saw the right one', () => {
    const script = new Script().send('p', 'orders-0', 'a', 0).poll('c', 'orders-0', [[0, 'a']])
    script.poll('d', 'orders-0', [[0, 'rot']])
    expect(script.violations()).toEqual(['inconsistent-offsets', 'phantom'])
  })

  test('one value sent to two partitions belongs to both', () => {
    const script = new Script().sendUnknown('p', 'orders-0', 'a').send('p', 'orders-1', 'a', 0)
    script.drain('orders-0', [[0, 'a']]).drain('orders-1', [[0, 'a']])
    expect(script.violations()).toEqual([])
  })

  test('a value that was sent to another partition', () => {
    const script = new Script().sendUnknown('p', 'orders-0', 'a')
    expect(script.drain('orders-1', [[0, 'a']]).violations()).toEqual(['phantom'])
  })
})

describe('false-failure', () => {
  test('a refused send was read', () => {
    const script = new Script().sendFailed('p', 'orders-0', 'a')
    expect(script.drain('orders-0', [[0, 'a']]).violations()).toEqual(['false-failure'])
  })

  test('the same value was refused once and then accepted', () => {
    const script = new Script().sendFailed('p', 'orders-0', 'a').send('p', 'orders-0', 'a', 0)
    expect(script.drain('orders-0', [[0, 'a']]).violations()).toEqual([])
  })
})

describe('below-log-start', () => {
  const begun = (allowed: { trimmed?: boolean }) => {
    const script = new Script().topic('orders', allowed).send('p', 'orders-0', 'a', 0)
    const watermarks = { logStartOffset: 1, highWatermark: 1, lastStableOffset: 1 }
    return script.listOffsets('admin', 'orders-0', watermarks).violations()
  }

  test('a log begins after an acknowledged record', () => {
    expect(begun({})).toEqual(['below-log-start'])
  })

  test('retention may do that', () => {
    expect(begun({ trimmed: true })).toEqual([])
  })
})
