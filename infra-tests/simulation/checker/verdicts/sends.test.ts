import { describe, expect, test } from 'vitest'
import { Script, type SendOptions } from '../testing/script.ts'

/** Two sends in flight at once, acknowledged at these offsets. */
function pipelined(first: number, second: number, options: SendOptions = {}): Script {
  const script = new Script()
  const one = script.sending('p', 'orders-0', 'a', options)
  const two = script.sending('p', 'orders-0', 'b', options)
  script.recorder.ok(one, { offset: first })
  script.recorder.ok(two, { offset: second })
  return script
}

describe('nonmonotonic-send', () => {
  test('a later send of a producer is acknowledged below an earlier one', () => {
    const script = new Script().send('p', 'orders-0', 'a', 5).send('p', 'orders-0', 'b', 3)
    expect(script.violations()).toEqual(['nonmonotonic-send'])
  })

  test('order holds without idempotence too, once the earlier send was acknowledged', () => {
    const options = { idempotent: false }
    const script = new Script().send('p', 'orders-0', 'a', 5, options).send('p', 'orders-0', 'b', 3, options)
    expect(script.violations()).toEqual(['nonmonotonic-send'])
  })

  test('partitions have an order each', () => {
    const script = new Script().send('p', 'orders-0', 'a', 5).send('p', 'orders-1', 'b', 3)
    expect(script.violations()).toEqual([])
  })

  test('with acks=1 the log may have been cut meanwhile', () => {
    const script = new Script().send('p', 'orders-0', 'a', 5, { acks: 1 }).send('p', 'orders-0', 'b', 3)
    expect(script.violations()).toEqual([])
  })
})

describe('int-nonmonotonic-send', () => {
  test('records of one transaction lie in another order', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 5, { transaction: 't' })
    expect(script.send('p', 'orders-0', 'b', 3, { transaction: 't' }).violations()).toEqual([
      'int-nonmonotonic-send',
    ])
  })

  test('they do so where no acknowledgement came between', () => {
    const script = new Script().begin('p', 't')
    const one = script.sending('p', 'orders-0', 'a', { transaction: 't' })
    const two = script.sending('p', 'orders-0', 'b', { transaction: 't' })
    script.recorder.ok(two, { offset: 3 })
    script.recorder.ok(one, { offset: 5 })
    expect(script.violations()).toEqual(['int-nonmonotonic-send'])
  })

  test('others may write between', () => {
    const script = new Script().begin('p', 't').send('p', 'orders-0', 'a', 0, { transaction: 't' })
    script.send('q', 'orders-0', 'b', 1).send('p', 'orders-0', 'c', 2, { transaction: 't' })
    expect(script.violations()).toEqual([])
    expect(script.verdicts().map(({ name, allowed }) => ({ name, allowed }))).toEqual([
      { name: 'int-send-skip', allowed: true },
    ])
  })
})

describe('reordered-write', () => {
  test('two idempotent sends in flight lie in the opposite order', () => {
    expect(pipelined(1, 0).violations()).toEqual(['reordered-write'])
  })

  test('an unknown send that was read lies after the one that followed it', () => {
    const script = new Script().sendUnknown('p', 'orders-0', 'a').send('p', 'orders-0', 'b', 0)
    const read = script.drain('orders-0', [
      [0, 'b'],
      [1, 'a'],
    ])
    expect(read.violations()).toEqual(['reordered-write'])
  })

  test('the explanation names the key', () => {
    const [verdict] = pipelined(1, 0, { key: 'k' }).verdicts()
    expect(verdict?.cases[0]?.explanation).toContain('though it was sent later, with the same key "k".')
  })

  test('without idempotence what is in flight may overtake', () => {
    expect(pipelined(1, 0, { idempotent: false }).violations()).toEqual([])
  })

  test('acknowledgements may come in any order', () => {
    const script = new Script()
    const one = script.sending('p', 'orders-0', 'a')
    const two = script.sending('p', 'orders-0', 'b')
    script.recorder.ok(two, { offset: 1 })
    script.recorder.ok(one, { offset: 0 })
    expect(script.violations()).toEqual([])
  })

  test('a request of a former life may arrive after those of the next', () => {
    const script = new Script()
    const late = script.sending('p', 'orders-0', 'a')
    script.crash('p').send('p', 'orders-0', 'b', 0)
    script.recorder.info(late, 'crashed')
    const read = script.drain('orders-0', [
      [0, 'b'],
      [1, 'a'],
    ])
    expect(read.violations()).toEqual([])
  })
})

describe('reordered-write across producer ids', () => {
  const [first, second] = ['a', 'b']
  const landed = (script: Script) =>
    script
      .drain('orders-0', [
        [0, second],
        [1, first],
      ])
      .violations()

  test('what was in doubt when the producer took a new id may arrive late', () => {
    const script = new Script().sendUnknown('p', 'orders-0', first)
    script.recorder.notice('p', { name: 'newProducerId' })
    expect(landed(script.send('p', 'orders-0', second, 0))).toEqual([])
  })

  test('what was acknowledged before that had the same id', () => {
    const script = new Script().sendUnknown('p', 'orders-0', first).send('p', 'orders-0', second, 0)
    script.recorder.notice('p', { name: 'newProducerId' })
    expect(landed(script)).toEqual(['reordered-write'])
  })

  test('what follows the new id is in order among itself', () => {
    const script = new Script().sendUnknown('p', 'orders-0', first)
    script.recorder.notice('p', { name: 'newProducerId' })
    script
      .send('p', 'orders-0', second, 0)
      .sendUnknown('p', 'orders-0', 'c')
      .sendUnknown('p', 'orders-0', 'd')
    const read = script.drain('orders-0', [
      [0, second],
      [1, first],
      [2, 'd'],
      [3, 'c'],
    ])
    expect(read.violations()).toEqual(['reordered-write'])
  })
})

describe('realtime-order', () => {
  test('a send is acknowledged at 0 after another producer had been acknowledged above', () => {
    const script = new Script().send('p', 'orders-0', 'a', 7).send('q', 'orders-0', 'b', 0)
    expect(script.violations()).toEqual(['realtime-order'])
  })

  test('a send is acknowledged below what had been read', () => {
    const script = new Script().sendUnknown('p', 'orders-0', 'a').poll('c', 'orders-0', [[7, 'a']])
    expect(script.send('q', 'orders-0', 'b', 3).violations()).toEqual(['realtime-order'])
  })

  test('concurrent sends have no order', () => {
    const script = new Script()
    const one = script.sending('p', 'orders-0', 'a')
    script.send('q', 'orders-0', 'b', 1)
    script.recorder.ok(one, { offset: 0 })
    expect(script.violations()).toEqual([])
  })
})
