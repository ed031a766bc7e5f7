import { beforeEach, expect, test } from 'vitest'
import type { HistoryEvent } from '../checker/history.ts'
import { CommittedWatch } from './committed.ts'

const PARTITION = 'orders-2'

class Machine {
  readonly log = { topic: 'orders', partition: 2, highWatermark: 0 }
  isReplica = true
  isRunning = true

  get logs() {
    return this.isRunning ? { all: () => (this.isReplica ? [this.log] : []) } : undefined
  }
}

let leader: Machine
let watch: CommittedWatch

beforeEach(() => {
  leader = new Machine()
  leader.log.highWatermark = 7
  const follower = new Machine()
  follower.log.highWatermark = 5
  watch = new CommittedWatch({ machines: [follower, leader] })
})

function read(offset: number): HistoryEvent {
  return { type: 'ok', op: 1, atMs: 0, records: { [PARTITION]: [[offset, 'a']] } }
}

test('a read below the highest high watermark is a good one, any other is told of', () => {
  expect(watch.lookAt(read(6))).toEqual([])
  expect(watch.lookAt(read(7))).toEqual([
    'uncommitted-read: offset 7 of orders-2; committed is what lies before 7',
  ])
})

test('an acknowledgement of acks=all is looked at like a read', () => {
  const call = { name: 'send', partition: PARTITION, value: 'a' } as const
  watch.lookAt({ type: 'invoke', op: 1, client: 'producer-1', atMs: 0, call })
  watch.lookAt({ type: 'invoke', op: 2, client: 'producer-1', atMs: 0, call: { ...call, acks: 1 } })
  expect(watch.lookAt({ type: 'ok', op: 1, atMs: 0, offset: 7 })).toEqual([
    'uncommitted-ack: offset 7 of orders-2; committed is what lies before 7',
  ])
  expect(watch.lookAt({ type: 'ok', op: 2, atMs: 0, offset: 7 })).toEqual([])
})

test('what a replica told before it was moved to another broker counts', () => {
  watch.look()
  leader.log.highWatermark = 8
  leader.isReplica = false
  expect(watch.lookAt(read(7))).toEqual([])
  expect(watch.lookAt(read(7))).toEqual([])
  expect(watch.lookAt(read(8))).toHaveLength(1)
})

test('what a process told before it was killed counts', () => {
  watch.look()
  leader.log.highWatermark = 8
  leader.isRunning = false
  expect(watch.lookAt(read(7))).toEqual([])
  expect(watch.lookAt(read(8))).toHaveLength(1)
})
