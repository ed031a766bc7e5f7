import { expect, test } from 'vitest'
import { parseCpu, parseMemory, parseNetwork, parseTcp, parseVolume } from './node-machine.ts'

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

test('processor time is that of all processors together, in seconds', () => {
  const text = 'cpu  100 2 300 4000 50 6 70 8 0 0\ncpu0 50 1 150 2000 25 3 35 4 0 0\n'
  expect(parseCpu(text)).toEqual({
    user: 1,
    nice: 0.02,
    system: 3,
    idle: 40,
    iowait: 0.5,
    irq: 0.06,
    softirq: 0.7,
    steal: 0.08,
  })
})

test('connections are told by their names', () => {
  const text = `Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm MaxConn ActiveOpens PassiveOpens
Tcp: 1 -1 12 34
`
  expect(parseTcp(text)).toEqual({ RtoAlgorithm: 1, MaxConn: -1, ActiveOpens: 12, PassiveOpens: 34 })
})

test('of disks the one that a file is on is told', () => {
  const text = ` 259       0 nvme0n1 7 0 7 7 7 0 7 7 0 7 7 0 0 0 0
 259      17 nvme1n1 10 1 8 2000 20 2 16 3000 4 5000 6000 0 0 0 0
   8       1 sda1 9 0 9 9 9 0 9 9 0 9 9
`
  expect(parseVolume(text, 259 * 256 + 17)).toEqual({
    device: 'nvme1n1',
    readsCompleted: 10,
    readBytes: 4096,
    readSeconds: 2,
    writesCompleted: 20,
    writtenBytes: 8192,
    writeSeconds: 3,
    weightedSeconds: 6,
  })
  expect(parseVolume(text, 8 * 256 + 1)?.device).toBe('sda1')
  expect(parseVolume(text, 31)).toBeUndefined()
})

test('where the system does not tell, nothing is told', () => {
  expect([parseMemory(''), parseNetwork(''), parseCpu(''), parseTcp('')]).toEqual([{}, {}, {}, {}])
})
