import { expect, test } from 'vitest'
import { awaitedVolume, haveStarted, type InstanceSeen, type Machine, planActions } from './plan.ts'

const instance: InstanceSeen = {
  instanceId: 'i-1',
  state: 'running',
  stateReason: '',
  volumeIds: ['vol-1'],
  awaitedVolumeId: 'vol-1',
  isUp: true,
}
const machine: Machine = {
  instanceId: 'i-1',
  isOn: true,
  isBooting: false,
  stateReason: '',
  volumeId: 'vol-1',
}

test('a running instance gets a container as soon as the volume that it waits for is attached', () => {
  expect(planActions([{ ...instance, volumeIds: [] }], [])).toEqual([])
  expect(planActions([{ ...instance, volumeIds: ['vol-2'] }], [])).toEqual([])
  expect(planActions([{ ...instance, state: 'pending' }], [])).toEqual([])
  expect(planActions([instance], [])).toEqual([{ type: 'CREATE', instanceId: 'i-1', volumeId: 'vol-1' }])
})

test('an instance that waits for no volume starts without', () => {
  const plain = { ...instance, volumeIds: [], awaitedVolumeId: undefined }
  expect(planActions([plain], [])).toEqual([{ type: 'CREATE', instanceId: 'i-1', volumeId: undefined }])
})

test('a container follows its instance: stopped, started, rebooted', () => {
  expect(planActions([instance], [machine])).toEqual([])
  const stopped = { ...instance, state: 'stopped', stateReason: 'User initiated' } as const
  expect(planActions([stopped], [machine])).toEqual([{ type: 'STOP', instanceId: 'i-1' }])
  expect(planActions([stopped], [{ ...machine, isOn: false }])).toEqual([])
  expect(planActions([instance], [{ ...machine, isOn: false }])).toEqual([
    { type: 'START', instanceId: 'i-1' },
  ])
  const rebooted = { ...instance, stateReason: 'User initiated reboot (now)' }
  expect(planActions([rebooted], [machine])).toEqual([{ type: 'RESTART', instanceId: 'i-1' }])
  expect(planActions([rebooted], [{ ...machine, stateReason: rebooted.stateReason }])).toEqual([])
})

test('an instance that boots has its whole share of the processors as soon as its programs run, once', () => {
  const booting = { ...machine, isBooting: true }
  expect(planActions([{ ...instance, isUp: false }], [booting])).toEqual([])
  expect(planActions([instance], [booting])).toEqual([{ type: 'BOOTED', instanceId: 'i-1' }])
  expect(planActions([instance], [machine])).toEqual([])
  expect(planActions([{ ...instance, stateReason: 'rebooted' }], [booting])).toEqual([
    { type: 'RESTART', instanceId: 'i-1' },
  ])
})

test('programs have started two seconds after their first question for credentials', () => {
  expect(haveStarted(undefined, 1_000_000)).toBe(false)
  expect([5_000, 6_999, 7_000].map((nowMs) => haveStarted(5_000, nowMs))).toEqual([false, false, true])
})

test('a container goes with its instance, and with its volume', () => {
  const gone = [{ type: 'REMOVE', instanceId: 'i-1' }]
  expect(planActions([], [machine])).toEqual(gone)
  expect(planActions([{ ...instance, state: 'shutting-down' }], [machine])).toEqual(gone)
  expect(planActions([{ ...instance, state: 'terminated' }], [machine])).toEqual(gone)
  expect(planActions([{ ...instance, state: 'terminated' }], [])).toEqual([])
  expect(planActions([{ ...instance, volumeIds: [] }], [machine])).toEqual(gone)
})

test('the awaited volume is the one whose device the user data names', () => {
  const userData = 'until [ -e /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0abc12 ]; do sleep 1; done'
  expect(awaitedVolume(userData)).toBe('vol-0abc12')
  expect(awaitedVolume('#!/bin/sh\necho hello\n')).toBeUndefined()
})
