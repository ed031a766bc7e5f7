import { expect, test } from 'vitest'
import { decodeMarker, encodeMarker, isControlBatch, isTransactionalBatch } from './control-records.ts'
import { encodeBatch } from './records.ts'

test.each([true, false])('a marker says what it ends and who ended it (commit: %s)', (isCommit) => {
  const batch = encodeMarker({ producerId: 7, producerEpoch: 3, coordinatorEpoch: 12, isCommit }, 1_000)
  expect([isControlBatch(batch, 0), isTransactionalBatch(batch, 0)]).toEqual([true, true])
  expect(decodeMarker(batch, 0)).toEqual({ isCommit, coordinatorEpoch: 12 })
})

test('a control record that is no marker ends nothing', () => {
  const leaderChange = { timestamp: 0, key: Buffer.from([0, 0, 0, 2]), value: null }
  expect(decodeMarker(encodeBatch({ control: true, records: [leaderChange] }), 0)).toBeUndefined()
  expect(decodeMarker(encodeBatch({ control: true, records: [] }), 0)).toBeUndefined()
})

test('a control record that is cut short is corrupt', () => {
  const of = (key: Buffer | null, value: Buffer | null) =>
    encodeBatch({ control: true, records: [{ timestamp: 0, key, value }] })
  expect(() => decodeMarker(of(null, null), 0)).toThrow('short key')
  expect(() => decodeMarker(of(Buffer.from([0, 0, 0]), null), 0)).toThrow('short key')
  expect(() => decodeMarker(of(Buffer.from([0, 0, 0, 1]), Buffer.alloc(5)), 0)).toThrow('short value')
})
