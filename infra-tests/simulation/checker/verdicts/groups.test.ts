import { describe, expect, test } from 'vitest'
import { Script } from '../testing/script.ts'

describe('lost-commit', () => {
  test('a fetch finds an older offset than was acknowledged', () => {
    const script = new Script().commitOffset('m', 5).commitOffset('m', 9).fetchOffset('admin', 5)
    expect(script.violations()).toEqual(['lost-commit'])
    expect(script.verdicts()[0]?.cases[0]?.explanation).toBe(
      'Offset 9 was committed in #3; asked after that, admin got 5 (#5).',
    )
  })

  test('a fetch finds nothing after a commit was acknowledged', () => {
    expect(new Script().commitOffset('m', 5).fetchOffset('admin', -1).violations()).toEqual(['lost-commit'])
  })

  test('a fetch finds what nobody committed', () => {
    expect(new Script().commitOffset('m', 5).fetchOffset('admin', 6).violations()).toEqual(['lost-commit'])
  })

  test('a member resumes from an older offset', () => {
    const script = new Script().commitOffset('m', 5).commitOffset('m', 9).assigned('n', 2, { 'orders-0': 5 })
    expect(script.violations()).toEqual(['lost-commit'])
  })

  test('a refused commit took effect', () => {
    const script = new Script().commitOffset('m', 5)
    const call = { name: 'commitOffsets', group: 'g', offsets: { 'orders-0': 9 } } as const
    script.recorder.fail(script.recorder.invoke('m', call), 'ILLEGAL_GENERATION')
    expect(script.fetchOffset('admin', 9).violations()).toEqual(['lost-commit'])
  })

  test('an unknown commit may have happened, or not, or happen later', () => {
    const script = new Script()
    const call = { name: 'commitOffsets', group: 'g', offsets: { 'orders-0': 9 } } as const
    script.recorder.info(script.recorder.invoke('m', call), 'timeout')
    script.fetchOffset('admin', -1).fetchOffset('admin', 9).commitOffset('m', 5)
    expect(script.fetchOffset('admin', 5).fetchOffset('admin', 9).violations()).toEqual([])
  })

  test('of two commits at once either may win', () => {
    const script = new Script()
    const call = { name: 'commitOffsets', group: 'g', offsets: { 'orders-0': 9 } } as const
    const slow = script.recorder.invoke('m', call)
    script.commitOffset('n', 7)
    script.recorder.ok(slow)
    expect(script.fetchOffset('admin', 7).violations()).toEqual([])
    expect(script.fetchOffset('admin', 9).violations()).toEqual([])
  })

  test('an application may commit a lower offset', () => {
    const script = new Script().commitOffset('m', 9).commitOffset('m', 5).fetchOffset('admin', 5)
    expect(script.violations()).toEqual([])
  })

  test('offsets of a transaction are committed with it', () => {
    const sent = () => {
      const script = new Script().commitOffset('m', 1).begin('p', 't')
      const call = {
        name: 'commitOffsets',
        group: 'g',
        offsets: { 'orders-0': 9 },
        transaction: 't',
      } as const
      return script.done('p', call)
    }
    expect(sent().fetchOffset('admin', 1).commit('p', 't').fetchOffset('admin', 9).violations()).toEqual([])
    expect(sent().commit('p', 't').fetchOffset('admin', 1).violations()).toEqual(['lost-commit'])
    expect(sent().fetchOffset('admin', 9).commit('p', 't').violations()).toEqual(['lost-commit'])
    expect(sent().abort('p', 't').fetchOffset('admin', 1).violations()).toEqual([])
    expect(sent().abort('p', 't').fetchOffset('admin', 9).violations()).toEqual(['lost-commit'])
  })
})

describe('shared-partition', () => {
  test('two members are given one partition in one generation', () => {
    const script = new Script().assigned('m', 3, { 'orders-0': null }).assigned('n', 3, { 'orders-0': null })
    expect(script.violations()).toEqual(['shared-partition'])
  })

  test('one keeps, in a cooperative rebalance, what the other is given', () => {
    const script = new Script().assigned('m', 1, { 'orders-0': null }).assigned('m', 2, { 'orders-1': null })
    expect(script.assigned('n', 2, { 'orders-0': null }).violations()).toEqual(['shared-partition'])
  })

  test('a partition moves in the next generation, also away from a zombie', () => {
    const script = new Script().assigned('m', 1, { 'orders-0': null }).assigned('n', 2, { 'orders-0': null })
    script
      .assigned('o', 3, { 'orders-0': null })
      .revoked('o', 'orders-0')
      .assigned('m', 4, { 'orders-0': null })
    expect(script.violations()).toEqual([])
  })

  test('a member that died holds nothing in the next generation', () => {
    const script = new Script().assigned('m', 1, { 'orders-0': null }).crash('m')
    script.assigned('m', 2, { 'orders-1': null }).assigned('n', 2, { 'orders-0': null })
    expect(script.violations()).toEqual([])
  })
})

describe('zombie-commit', () => {
  test('a commit of the generation before is accepted', () => {
    const script = new Script().assigned('n', 2, { 'orders-0': null }).commitOffset('m', 5, 1)
    expect(script.violations()).toEqual(['zombie-commit'])
  })

  test('a commit that was sent before the next generation may be answered after', () => {
    const script = new Script()
    const call = { name: 'commitOffsets', group: 'g', offsets: { 'orders-0': 5 }, generation: 1 } as const
    const early = script.recorder.invoke('m', call)
    script.assigned('n', 2, { 'orders-0': null })
    script.recorder.ok(early)
    expect(script.violations()).toEqual([])
  })

  test('without generations: a partition is committed by who had it before, after another one got it', () => {
    const script = new Script().assigned('m', 5, { 'orders-0': null }).assigned('n', 6, { 'orders-0': null })
    expect(script.commitOffset('m', 5).violations()).toEqual(['zombie-commit'])
    expect(script.verdicts()[0]?.cases[0]?.explanation).toBe(
      'n had orders-0 in generation 6 (#1) before m committed (#3).',
    )
  })

  test('without generations: another partition, or one that came back, may be committed', () => {
    const script = new Script()
      .assigned('m', 5, { 'orders-0': null })
      .assigned('n', 6, { 'orders-1': null })
      .commitOffset('m', 5)
      .revoked('m', 'orders-0')
      .assigned('n', 7, { 'orders-0': null })
      .revoked('n', 'orders-0')
      .assigned('m', 8, { 'orders-0': null })
      .commitOffset('m', 6)
    expect(script.violations()).toEqual([])
  })

  test('a refused one is right, and one without a generation cannot be judged', () => {
    const script = new Script().assigned('n', 2, { 'orders-0': null }).commitOffset('admin', 5)
    const call = { name: 'commitOffsets', group: 'g', offsets: { 'orders-0': 5 }, generation: 1 } as const
    script.recorder.fail(script.recorder.invoke('m', call), 'ILLEGAL_GENERATION')
    expect(script.violations()).toEqual([])
  })
})
