import { expect, test } from 'vitest'
import { parseMemory, parseNetwork } from './node-machine.ts'

test('memory is told in bytes', () => {
  const text = 'MemTotal:        8000000 kB\nSwapFree:              0 kB\nHugePages_Total:       0\n'
  expect(parseMemory(text)).toEqual({ MemTotal: 8_192_000_000, SwapFree: 0 })
})

test('traffic is that of all interfaces together, without loopback', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 999 9 0 0 0 0 0 0 999 9 0 0 0 0 0 0
  eth0: 100 10 1 2 0 0 0 0 200 20 3 4 0 0 0 0
  eth1:   1  1 1 1 0 0 0 0   1  1 1 1 0 0 0 0
`
  expect(parseNetwork(text)).toEqual({
    receive_bytes: 101,
    receive_packets: 11,
    receive_errs: 2,
    receive_drop: 3,
    transmit_bytes: 201,
    transmit_packets: 21,
    transmit_errs: 4,
    transmit_drop: 5,
  })
})

test('where the system does not tell, nothing is told', () => {
  expect([parseMemory(''), parseNetwork('')]).toEqual([{}, {}])
})
