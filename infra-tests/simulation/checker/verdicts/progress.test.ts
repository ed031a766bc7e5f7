import { describe, expect, test } from 'vitest'
import { Script } from '../testing/script.ts'

describe('nonmonotonic-watermark', () => {
  const at = (highWatermark: number, lastStableOffset = highWatermark, logStartOffset = 0) => ({
    logStartOffset,
    highWatermark,
    lastStableOffset,
  })

  test.each([
    ['high watermark', at(5), at(4)],
    ['last stable offset', at(5), at(5, 3)],
    ['log start', at(5, 5, 2), at(5, 5, 1)],
  ])('the %s goes back', (_name, before, after) => {
    const script = new Script().topic('orders', { trimmed: true }).begin('p', 't')
    script.sendUnknown('p', 'orders-0', 'a', { transaction: 't' })
    script.listOffsets('admin', 'orders-0', before).listOffsets('admin', 'orders-0', after)
    expect(script.violations()).toEqual(['nonmonotonic-watermark'])
  })

  test('the high watermark is not above an acknowledged record', () => {
    const script = new Script().send('p', 'orders-0', 'a', 3).listOffsets('admin', 'orders-0', at(3))
    expect(script.violations()).toEqual(['nonmonotonic-watermark'])
  })

  test('two questions at once may be answered in any order', () => {
    const script = new Script()
    const one = script.recorder.invoke('admin', { name: 'listOffsets', partition: 'orders-0' })
    script.listOffsets('other', 'orders-0', at(5))
    script.recorder.ok(one, { watermarks: at(4) })
    expect(script.violations()).toEqual([])
  })
})

describe('stuck-client', () => {
  test('an operation has no answer long after the healing', () => {
    const script = new Script().heal()
    script.sending('p', 'orders-0', 'a')
    script.later(31_000).drain('orders-0', [])
    expect(script.violations()).toEqual(['stuck-client'])
  })

  test('one that hung since before the healing counts from there', () => {
    const hanging = (afterHealingMs: number) => {
      const script = new Script()
      script.sending('p', 'orders-0', 'a')
      script.later(60_000).heal().later(afterHealingMs).drain('orders-0', [])
      return script.violations()
    }
    expect(hanging(29_000)).toEqual([])
    expect(hanging(31_000)).toEqual(['stuck-client'])
  })

  test('a client gets nothing but errors', () => {
    const script = new Script().heal().sendFailed('p', 'orders-0', 'a').sendUnknown('p', 'orders-0', 'b')
    expect(script.later(31_000).drain('orders-0', []).violations()).toEqual(['stuck-client'])
  })

  test('a client that was refused once, in a run that ended soon, had no time to succeed', () => {
    const script = new Script().heal().sendFailed('p', 'orders-0', 'a')
    expect(script.later(1000).drain('orders-0', []).violations()).toEqual([])
  })

  test('some errors are no standstill, and the dead are not waited for', () => {
    const script = new Script().heal().sendFailed('p', 'orders-0', 'a').send('p', 'orders-0', 'b', 0)
    script.sendFailed('q', 'orders-0', 'c').sending('q', 'orders-0', 'd')
    script
      .crash('q')
      .later(60_000)
      .drain('orders-0', [[0, 'b']])
    expect(script.violations()).toEqual([])
  })

  test('before the healing anything may hang', () => {
    const script = new Script()
    script.sending('p', 'orders-0', 'a')
    expect(script.later(600_000).send('q', 'orders-0', 'b', 0).violations()).toEqual([])
  })
})

describe('undrained', () => {
  test('nobody could read a partition to its end after the healing', () => {
    const script = new Script()
      .send('p', 'orders-0', 'a', 0)
      .drain('orders-0', [[0, 'a']])
      .heal()
    expect(script.violations()).toEqual(['undrained'])
    expect(script.drain('orders-0', [[0, 'a']]).violations()).toEqual([])
  })
})
