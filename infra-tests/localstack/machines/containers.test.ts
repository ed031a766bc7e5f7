import { expect, test } from 'vitest'
import { firstAddress } from './containers.ts'

test('a network’s gateway is its first address, where a VPC has its router', () => {
  expect(firstAddress('10.97.0.0/16')).toBe('10.97.0.1')
  expect(firstAddress('192.168.4.64/26')).toBe('192.168.4.65')
  for (const cidr of ['10.97.0/16', '10.97.0.256/16', '10.97.0.0', 'fd00::/8'])
    expect(() => firstAddress(cidr)).toThrow('no IPv4 network')
})
