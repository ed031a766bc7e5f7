import { expect, test } from 'vitest'
import { check } from './check.ts'
import { type HistoryEvent, topicOf } from './history.ts'
import { figuresOf, summarize } from './summary.ts'
import { Script } from './testing/script.ts'
import { verdictChecks } from './verdicts/index.ts'

test('an empty history is clean', () => {
  expect(check([])).toEqual([])
})

test('every verdict has a name of its own', () => {
  expect(new Set(verdictChecks.map(({ name }) => name)).size).toBe(verdictChecks.length)
})

test('all cases are counted and the first are explained', () => {
  const script = new Script()
  for (let offset = 0; offset < 50; offset++) script.send('p', 'orders-0', `v${offset}`, offset)
  script.poll('c', 'orders-0', [
    [0, 'v0'],
    [49, 'v49'],
  ])
  const [verdict] = script.verdicts({ maxCases: 3 })
  expect(verdict).toMatchObject({ name: 'lost-write', allowed: false, count: 48 })
  expect(verdict?.cases).toHaveLength(3)
})

test('the summary tells figures, cases and their events', () => {
  const script = new Script().send('p', 'orders-0', 'a', 0).send('p', 'orders-0', 'b', 1).later(500)
  script.sendUnknown('p', 'orders-0', 'c').drain('orders-0', [[0, 'a']])
  expect(figuresOf(script.recorder.history)).toEqual({
    operations: 4,
    ok: 3,
    fail: 0,
    info: 1,
    clients: 2,
    acknowledgedRecords: 2,
    readRecords: 1,
    transactions: 0,
    virtualMs: 509,
    worstRealtimeLagMs: 507,
  })
  const text = summarize(script.recorder.history, script.verdicts())
  expect(text).toMatch(
    /^4 operations \(3 ok, 0 fail, 1 info\) of 2 clients in 0\.5 s; 2 records acknowledged/,
  )
  expect(text).toContain('unseen × 1: acknowledged, but not there when everything was read at the end')
  expect(text).toContain('    #3 {"type":"ok","op":2,"atMs":3,"offset":1}')
  expect(text).toMatch(/Violated: unseen × 1\.\n$/)
})

test('the summary of a clean history says so', () => {
  const script = new Script().send('p', 'orders-0', 'a', 0).drain('orders-0', [[0, 'a']])
  expect(summarize(script.recorder.history, script.verdicts())).toMatch(/No violation\.\n$/)
})

test('the recorder refuses a second completion', () => {
  const script = new Script()
  const op = script.sending('p', 'orders-0', 'a')
  script.recorder.ok(op, { offset: 0 })
  expect(() => script.recorder.info(op, 'timeout')).toThrow('operation 1 is not pending')
})

const send: HistoryEvent = {
  type: 'invoke',
  op: 1,
  client: 'p',
  atMs: 0,
  call: { name: 'send', partition: 'orders-0', value: 'a' },
}
const poll: HistoryEvent = { ...send, call: { name: 'poll', readCommitted: true } }

test.each<[string, HistoryEvent[]]>([
  ['completes operation 1, which is not pending', [{ type: 'ok', op: 1, atMs: 0 }]],
  ['invokes operation 1 again', [send, send]],
  ['completes a poll without records', [poll, { type: 'ok', op: 1, atMs: 0 }]],
  ['acknowledges a send at offset -1', [send, { type: 'ok', op: 1, atMs: 0, offset: -1 }]],
  ['which was not begun', [{ ...send, call: { name: 'commitTransaction', transaction: 't' } }]],
  [
    'without reading it',
    [
      {
        type: 'notice',
        client: 'c',
        atMs: 0,
        notice: { name: 'drained', partition: 'orders-0', endOffset: 0 },
      },
    ],
  ],
])('a history that cannot be is refused: %s', (message, history) => {
  expect(() => check(history)).toThrow(message)
})

test('a partition is named by topic and number', () => {
  expect(topicOf('my-topic-12')).toBe('my-topic')
  for (const name of ['orders', '-1', 'orders-', 'orders-x'])
    expect(() => topicOf(name)).toThrow('topic-partition')
})
