import { expect, test } from 'vitest'
import { check } from './check.ts'
import { HistoryError } from './history.ts'
import { formatHistory, parseHistory } from './json-lines.ts'
import { Script } from './testing/script.ts'

function everyEvent(): Script {
  const script = new Script().topic('orders', { compacted: true }).assigned('c', 1, { 'orders-0': null })
  script.begin('p', 't').send('p', 'orders-0', 'a', 0, { transaction: 't', key: 'k' }).commit('p', 't')
  script
    .sendUnknown('p', 'orders-0', 'b')
    .sendFailed('p', 'orders-0', 'c')
    .poll('c', 'orders-0', [[0, 'a']])
  script.commitOffset('c', 1, 1).fetchOffset('c', 1).revoked('c', 'orders-0').crash('c').heal()
  script.listOffsets('admin', 'orders-0', { logStartOffset: 0, highWatermark: 2, lastStableOffset: 2 })
  return script
    .begin('p', 'u')
    .abort('p', 'u')
    .drain('orders-0', [[0, 'a']], 2)
}

test('a history survives being written and read, line by line', () => {
  const { history } = everyEvent().recorder
  const text = formatHistory(history)
  expect(text.split('\n')).toHaveLength(history.length + 1)
  expect(parseHistory(text)).toEqual(history)
  expect(check(parseHistory(text))).toEqual(check(history))
})

test('a line that its writer did not finish is left out', () => {
  const text = formatHistory(everyEvent().recorder.history)
  expect(parseHistory(text.slice(0, -5))).toHaveLength(everyEvent().recorder.history.length - 1)
})

test.each([
  'no JSON',
  'null',
  '{"type":"invoke","op":1,"client":"c","atMs":0,"call":{"name":"send","partition":"orders-0"}}',
  '{"type":"invoke","op":1,"client":"c","atMs":0,"call":{"name":"toString"}}',
  '{"type":"invoke","op":"1","client":"c","atMs":0,"call":{"name":"poll","readCommitted":true}}',
  '{"type":"ok","op":1,"atMs":0,"offset":1.5}',
  '{"type":"ok","op":1,"atMs":0,"records":{"orders-0":[["0","a"]]}}',
  '{"type":"ok","op":1,"atMs":0,"watermarks":{"highWatermark":1}}',
  '{"type":"fail","op":1,"atMs":0}',
  '{"type":"notice","client":"c","atMs":0,"notice":{"name":"nothing"}}',
  '{"type":"other","op":1,"atMs":0}',
])('a line that is no event is refused with its number: %s', (line) => {
  expect(() => parseHistory(`{"type":"info","op":1,"atMs":0,"error":"x"}\n${line}\n`)).toThrow(HistoryError)
  expect(() => parseHistory(`{"type":"info","op":1,"atMs":0,"error":"x"}\n${line}\n`)).toThrow(/line 2/)
})
