import { describe, expect, test } from 'vitest'
import { Script } from '../testing/script.ts'

/** Four records, all read by one consumer. */
function fourRead(): Script {
  const script = new Script()
  for (const [offset, value] of ['a', 'b', 'c', 'd'].entries()) script.send('p', 'orders-0', value, offset)
  return script.poll('other', 'orders-0', [
    [0, 'a'],
    [1, 'b'],
    [2, 'c'],
    [3, 'd'],
  ])
}

describe('poll-skip', () => {
  test('a consumer jumps over a record between two polls', () => {
    const script = fourRead()
      .poll('c', 'orders-0', [[0, 'a']])
      .poll('c', 'orders-0', [[2, 'c']])
    expect(script.violations()).toEqual(['poll-skip'])
    expect(script.verdicts()[0]?.cases[0]?.explanation).toBe(
      'c stood at offset 1 (#11) and got 2 next (#13). It jumped over 1 records, first "b" (sent to orders-0 by p ' +
        'in #2, acknowledged at offset 1 in #3), read in #9.',
    )
  })

  test('a member does not begin at the committed offset', () => {
    const script = fourRead().commitOffset('m', 1).assigned('m', 1, { 'orders-0': 1 })
    expect(script.poll('m', 'orders-0', [[2, 'c']]).violations()).toEqual(['poll-skip'])
  })

  test('a seek forward is no skip', () => {
    const script = fourRead()
      .poll('c', 'orders-0', [[0, 'a']])
      .seek('c', 'orders-0', 3)
    expect(script.poll('c', 'orders-0', [[3, 'd']]).violations()).toEqual([])
  })

  test('a rebalance away and back resumes from what another member committed', () => {
    const script = fourRead()
      .assigned('m', 1, { 'orders-0': -1 })
      .poll('m', 'orders-0', [[0, 'a']])
    script.commitOffset('m', 1, 1).revoked('m', 'orders-0').assigned('n', 2, { 'orders-0': 1 })
    script
      .poll('n', 'orders-0', [[1, 'b']])
      .commitOffset('n', 2, 2)
      .revoked('n', 'orders-0')
    script.assigned('m', 3, { 'orders-0': 2 }).poll('m', 'orders-0', [[2, 'c']])
    expect(script.violations()).toEqual([])
  })

  test('an aborted transaction that others read uncommitted is hidden at read_committed', () => {
    const script = new Script()
      .begin('p', 't')
      .send('p', 'orders-0', 'x', 0, { transaction: 't' })
      .abort('p', 't')
    script.send('q', 'orders-0', 'y', 2).pollUncommitted('u', 'orders-0', [
      [0, 'x'],
      [2, 'y'],
    ])
    script.seek('c', 'orders-0', 0).poll('c', 'orders-0', [[2, 'y']])
    expect(script.violations()).toEqual([])
  })

  test('compaction may remove what another consumer still read', () => {
    const script = new Script().topic('orders', { compacted: true })
    for (const [offset, value] of ['a', 'b', 'c'].entries())
      script.send('p', 'orders-0', value, offset, { key: offset < 2 ? 'k' : 'l' })
    script.poll('c', 'orders-0', [
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ])
    script.seek('d', 'orders-0', 0).poll('d', 'orders-0', [
      [1, 'b'],
      [2, 'c'],
    ])
    expect(script.violations()).toEqual([])
  })
})

describe('int-poll-skip', () => {
  test('a consumer jumps over a record within one poll', () => {
    const script = fourRead().poll('c', 'orders-0', [
      [0, 'a'],
      [3, 'd'],
    ])
    expect(script.violations()).toEqual(['int-poll-skip'])
  })

  test('a consumer jumps over a record between the polls of one transaction', () => {
    const script = fourRead()
      .begin('c', 't')
      .poll('c', 'orders-0', [[0, 'a']], 't')
    expect(script.poll('c', 'orders-0', [[2, 'c']], 't').violations()).toEqual(['int-poll-skip'])
  })
})

describe('nonmonotonic-poll', () => {
  test('a consumer goes back between two polls', () => {
    const script = fourRead().poll('other', 'orders-0', [[2, 'c']])
    expect(script.violations()).toEqual(['nonmonotonic-poll'])
  })

  test('a record is delivered twice in a row', () => {
    const script = fourRead().poll('other', 'orders-0', [[3, 'd']])
    expect(script.violations()).toEqual(['nonmonotonic-poll'])
  })

  test.each([
    ['a crash', fourRead().crash('other')],
    ['a seek back', fourRead().seek('other', 'orders-0', 2)],
    ['a rebalance to an unknown position', fourRead().assigned('other', 1, { 'orders-0': null })],
    ['a lost assignment', fourRead().revoked('other', 'orders-0')],
  ])('after %s records come again', (_name, script) => {
    expect(script.poll('other', 'orders-0', [[2, 'c']]).violations()).toEqual([])
  })
})

describe('int-nonmonotonic-poll', () => {
  test('offsets go back within one poll', () => {
    const script = fourRead().poll('c', 'orders-0', [
      [1, 'b'],
      [0, 'a'],
    ])
    expect(script.violations()).toEqual(['int-nonmonotonic-poll'])
  })

  test('a record comes twice in one poll', () => {
    const script = fourRead().poll('c', 'orders-0', [
      [1, 'b'],
      [1, 'b'],
    ])
    expect(script.violations()).toEqual(['int-nonmonotonic-poll'])
  })

  test('offsets go back between the polls of one transaction', () => {
    const script = fourRead()
      .begin('c', 't')
      .poll('c', 'orders-0', [[1, 'b']], 't')
    expect(script.poll('c', 'orders-0', [[0, 'a']], 't').violations()).toEqual(['int-nonmonotonic-poll'])
  })

  test('a crash, and another transaction, begin anew', () => {
    const script = fourRead()
      .begin('c', 't')
      .poll('c', 'orders-0', [[1, 'b']], 't')
      .crash('c')
      .abort('c', 't')
    script.begin('c', 'u').poll('c', 'orders-0', [[0, 'a']], 'u')
    expect(script.violations()).toEqual([])
  })
})
