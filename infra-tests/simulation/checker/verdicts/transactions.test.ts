import { describe, expect, test } from 'vitest'
import { Script } from '../testing/script.ts'

const inT = { transaction: 't' }
const inU = { transaction: 'u' }

describe('G1a', () => {
  const aborted = () => new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT).abort('p', 't')

  test('read_committed shows an aborted record', () => {
    const script = aborted().poll('c', 'orders-0', [[0, 'a']])
    expect(script.violations()).toEqual(['G1a'])
    expect(script.verdicts()[0]?.cases[0]?.explanation).toBe(
      '"a" (sent to orders-0 by p in #2, acknowledged at offset 0 in #3) of transaction t (begun in #0, aborted in ' +
        '#5) was read in #7.',
    )
  })

  test('a record that was read before the abort is an aborted read as well', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT)
    expect(
      script
        .poll('c', 'orders-0', [[0, 'a']])
        .abort('p', 't')
        .violations(),
    ).toEqual(['G1a'])
  })

  test('a commit that failed for certain is an abort', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT)
    const commit = script.recorder.invoke('p', { name: 'commitTransaction', transaction: 't' })
    script.recorder.fail(commit, 'INVALID_PRODUCER_EPOCH')
    expect(script.poll('c', 'orders-0', [[0, 'a']]).violations()).toEqual(['G1a'])
  })

  test('read_uncommitted may show it', () => {
    expect(
      aborted()
        .pollUncommitted('c', 'orders-0', [[0, 'a']])
        .violations(),
    ).toEqual([])
  })

  test('the same value sent again in a transaction that is committed may be shown', () => {
    const script = aborted().begin('p', 'u').send('p', 'orders-0', 'a', 2, inU).commit('p', 'u')
    expect(script.poll('c', 'orders-0', [[2, 'a']]).violations()).toEqual([])
  })

  test('an unknown commit may have happened', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT).commitUnknown('p', 't')
    expect(script.poll('c', 'orders-0', [[0, 'a']]).violations()).toEqual([])
  })
})

describe('what readers at read_committed are owed', () => {
  /** One reader sees the value at offset 0, another at read_committed begins at what follows it. */
  const hidden = (script: Script, value: string, next = 2) =>
    script
      .send('q', 'orders-0', 'z', next)
      .pollUncommitted('u', 'orders-0', [
        [0, value],
        [next, 'z'],
      ])
      .seek('c', 'orders-0', 0)
      .poll('c', 'orders-0', [[next, 'z']])
      .violations()

  test('a record of an unknown transaction that only read_uncommitted showed may be hidden', () => {
    const script = new Script().begin('p', 't').sendUnknown('p', 'orders-0', 'a', inT).commitUnknown('p', 't')
    expect(hidden(script, 'a')).toEqual([])
  })

  test('a record outside of transactions that read_uncommitted showed may not', () => {
    expect(hidden(new Script().sendUnknown('p', 'orders-0', 'a'), 'a', 1)).toEqual(['poll-skip'])
  })

  test('a reader that hides what another should not have shown is right', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT).abort('p', 't')
    script.poll('d', 'orders-0', [[0, 'a']])
    expect(hidden(script, 'a')).toEqual(['G1a'])
  })

  test('a visible record of an unknown transaction has to stay', () => {
    const script = new Script().begin('p', 't').sendUnknown('p', 'orders-0', 'a', inT).commitUnknown('p', 't')
    script
      .poll('c', 'orders-0', [[0, 'a']])
      .crash('c')
      .send('q', 'orders-0', 'z', 2)
    expect(script.drain('orders-0', [[2, 'z']]).violations()).toEqual(['lost-write', 'poll-skip'])
  })

  test('a commit that failed after another attempt in doubt leaves the outcome open', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT).commitUnknown('p', 't')
    const again = script.recorder.invoke('p', { name: 'commitTransaction', transaction: 't' })
    script.recorder.fail(again, 'INVALID_TXN_STATE')
    expect(script.poll('c', 'orders-0', [[0, 'a']]).violations()).toEqual([])
  })
})

describe('precommitted-read', () => {
  test('a record is read before its commit was asked for', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT)
    expect(
      script
        .poll('c', 'orders-0', [[0, 'a']])
        .commit('p', 't')
        .violations(),
    ).toEqual(['precommitted-read'])
  })

  test('a transaction reads what it wrote itself', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT)
    script.poll('p', 'orders-0', [[0, 'a']], 't').commit('p', 't')
    expect(script.violations()).toEqual(['precommitted-read'])
  })

  test('a transaction whose producer died is never committed', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT).crash('p')
    expect(script.poll('c', 'orders-0', [[0, 'a']]).violations()).toEqual(['precommitted-read'])
  })

  test('a record may be read while the commit is under way', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT)
    const commit = script.recorder.invoke('p', { name: 'commitTransaction', transaction: 't' })
    script.poll('c', 'orders-0', [[0, 'a']])
    script.recorder.ok(commit)
    expect(script.violations()).toEqual([])
  })
})

describe('G1b', () => {
  test('an unknown transaction is visible in one partition and not in the other', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT)
    script.send('p', 'orders-1', 'b', 0, inT).commitUnknown('p', 't').send('q', 'orders-1', 'c', 2)
    script.drain('orders-0', [[0, 'a']], 2).drain('orders-1', [[2, 'c']])
    expect(script.violations()).toEqual(['G1b'])
  })

  test('an unknown transaction may be invisible altogether', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT)
    script.send('p', 'orders-1', 'b', 0, inT).commitUnknown('p', 't').send('q', 'orders-1', 'c', 2)
    script.drain('orders-1', [[2, 'c']])
    expect(script.violations()).toEqual([])
  })

  test('a reader that passed other offsets of the partition proves nothing', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT)
    script.send('q', 'orders-1', 'x', 0).send('p', 'orders-1', 'b', 1, inT).commitUnknown('p', 't')
    script.poll('c', 'orders-0', [[0, 'a']]).poll('c', 'orders-1', [[0, 'x']])
    expect(script.violations()).toEqual([])
  })

  test('a reader may have read only one partition yet', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT)
    script
      .send('p', 'orders-1', 'b', 0, inT)
      .commit('p', 't')
      .poll('c', 'orders-0', [[0, 'a']])
    expect(script.violations()).toEqual([])
  })
})

describe('G1c', () => {
  test('two transactions read what the other wrote', () => {
    const script = new Script().begin('p', 't').begin('q', 'u')
    script.send('p', 'orders-0', 'a', 0, inT).send('q', 'orders-1', 'b', 0, inU)
    script.poll('p', 'orders-1', [[0, 'b']], 't').poll('q', 'orders-0', [[0, 'a']], 'u')
    script.commit('p', 't').commit('q', 'u')
    expect(script.verdicts().map(({ name }) => name)).toEqual(['precommitted-read', 'G1c'])
  })

  test('a circle of three is told in full', () => {
    const script = new Script()
    const names = ['t', 'u', 'v']
    for (const name of names) script.begin(name, name)
    for (const [index, name] of names.entries())
      script.send(name, `orders-${index}`, `by ${name}`, 0, { transaction: name })
    for (const [index, name] of names.entries()) {
      const read = (index + 1) % 3
      script.poll(name, `orders-${read}`, [[0, `by ${names[read]}`]], name)
    }
    for (const name of names) script.commit(name, name)
    const circle = script.verdicts().find(({ name }) => name === 'G1c')
    expect(circle?.count).toBe(1)
    expect(circle?.cases[0]?.explanation.match(/ read /g)).toHaveLength(3)
  })

  test('a chain of transactions is no circle', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT).commit('p', 't')
    script
      .begin('q', 'u')
      .poll('q', 'orders-0', [[0, 'a']], 'u')
      .send('q', 'orders-1', 'b', 0, inU)
    script
      .commit('q', 'u')
      .begin('p', 'v')
      .poll('p', 'orders-1', [[0, 'b']], 'v')
      .commit('p', 'v')
    expect(script.verdicts()).toEqual([])
  })
})

describe('cycles with the order of writes', () => {
  test('G0 is told and allowed', () => {
    const script = new Script().begin('p', 't').begin('q', 'u')
    script.send('p', 'orders-0', 'a', 0, inT).send('q', 'orders-0', 'b', 1, inU)
    script.send('q', 'orders-1', 'c', 0, inU).send('p', 'orders-1', 'd', 1, inT)
    script.commit('p', 't').commit('q', 'u')
    expect(script.verdicts().map(({ name, allowed }) => ({ name, allowed }))).toEqual([
      { name: 'G0', allowed: true },
    ])
  })

  test('G1c-ww is told and allowed: a wrote before b and read what b committed', () => {
    const script = new Script().begin('p', 't').begin('q', 'u').send('p', 'orders-0', 'a', 0, inT)
    script.send('q', 'orders-0', 'b', 1, inU).send('q', 'orders-1', 'c', 0, inU).commit('q', 'u')
    script.poll('p', 'orders-1', [[0, 'c']], 't').commit('p', 't')
    expect(script.verdicts().map(({ name, allowed }) => ({ name, allowed }))).toEqual([
      { name: 'G1c-ww', allowed: true },
    ])
  })
})

describe('lso-stuck', () => {
  const behind = { logStartOffset: 0, highWatermark: 2, lastStableOffset: 0 }
  const ended = () => new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, inT).abort('p', 't').heal()

  test('the last stable offset stays behind after the only transaction ended', () => {
    const script = ended().later(30_000).listOffsets('admin', 'orders-0', behind)
    expect(script.violations({ livenessMs: 100_000 })).toEqual(['lso-stuck', 'undrained'])
  })

  test('control records may be on their way for a while', () => {
    const script = ended().later(100).listOffsets('admin', 'orders-0', behind)
    expect(script.violations()).toEqual(['undrained'])
  })

  test('what a dead producer left open holds it until the timeout', () => {
    const left = (laterMs: number) => {
      const script = new Script().begin('p', 't', 60_000).send('p', 'orders-0', 'a', 0, inT).crash('p')
      return script.later(laterMs).listOffsets('admin', 'orders-0', behind).violations()
    }
    expect(left(70_000)).toEqual([])
    expect(left(90_000)).toEqual(['lso-stuck'])
  })

  test('without any transaction nothing holds it', () => {
    const script = new Script().send('p', 'orders-0', 'a', 0).listOffsets('admin', 'orders-0', {
      logStartOffset: 0,
      highWatermark: 1,
      lastStableOffset: 0,
    })
    expect(script.violations()).toEqual(['lso-stuck'])
  })
})
