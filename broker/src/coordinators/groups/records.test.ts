import { describe, expect, test } from 'vitest'
import { WireError, ZERO_UUID } from '../../wire/index.ts'
import { readRecord } from './records.ts'
import { Driver, subscription } from './test-driver.ts'

/** Bytes that Apache Kafka 4.3.1's own generated classes wrote. */
const keys = {
  offsetCommit: '000100096772757070652dc3b60005746f70696300000003',
  legacyOffsetCommit: '000000096772757070652dc3b60005746f70696300000003',
  groupMetadata: '000200096772757070652dc3b6',
}
const offsetCommitValues = [
  '00000000001cbe991a1400046d6574610000018bcfe56800',
  '00010000001cbe991a1400046d6574610000018bcfe568000000018bcfe65260',
  '00020000001cbe991a1400046d6574610000018bcfe56800',
  '00030000001cbe991a140000000700046d6574610000018bcfe56800',
  '00040000001cbe991a1400000007056d6574610000018bcfe5680000',
  '00040000001cbe991a1400000007056d6574610000018bcfe568000100100102030405060708090a0b0c0d0e0f10',
]
const groupMetadataValues = [
  '00000008636f6e73756d657200000005000572616e676500086d656d6265722d310000000100086d656d6265722d310006636c69656e74000a2f3132372e302e302e310000271000000009000100000001000174000000020908',
  '00010008636f6e73756d657200000005000572616e676500086d656d6265722d310000000100086d656d6265722d310006636c69656e74000a2f3132372e302e302e310000ea600000271000000009000100000001000174000000020908',
  '00020008636f6e73756d657200000005000572616e676500086d656d6265722d310000018bcfe568000000000100086d656d6265722d310006636c69656e74000a2f3132372e302e302e310000ea600000271000000009000100000001000174000000020908',
  '00030008636f6e73756d657200000005000572616e676500086d656d6265722d310000018bcfe568000000000100086d656d6265722d310008696e7374616e63650006636c69656e74000a2f3132372e302e302e310000ea600000271000000009000100000001000174000000020908',
  '000409636f6e73756d6572000000050672616e6765096d656d6265722d310000018bcfe5680002096d656d6265722d3109696e7374616e636507636c69656e740b2f3132372e302e302e310000ea60000027100a0001000000010001740309080000',
]
const emptyGroupValue = '00030008636f6e73756d657200000006ffffffff0000018bcfe5680000000000'

const bytes = (hex: string) => Buffer.from(hex, 'hex')
const commitTimestampMs = 1_700_000_000_000

describe('reading what Kafka wrote', () => {
  test.each(offsetCommitValues.map((value, index) => [index, value] as const))(
    'OffsetCommit %i',
    (index, value) => {
      const version = Math.min(index, 4)
      const key = version === 0 ? keys.legacyOffsetCommit : keys.offsetCommit
      expect(readRecord(bytes(key), bytes(value))).toEqual({
        kind: 'offset',
        groupId: 'gruppe-ö',
        topic: 'topic',
        partition: 3,
        value: {
          offset: 123_456_789_012,
          leaderEpoch: version >= 3 ? 7 : -1,
          metadata: 'meta',
          commitTimestampMs,
          expireTimestampMs: version === 1 ? commitTimestampMs + 60_000 : -1,
          topicId: index === 5 ? 'AQIDBAUGBwgJCgsMDQ4PEA' : ZERO_UUID,
        },
      })
    },
  )

  test.each(groupMetadataValues.map((value, version) => [version, value] as const))(
    'GroupMetadata %i',
    (version, value) => {
      const entry = readRecord(bytes(keys.groupMetadata), bytes(value))
      expect(entry).toMatchObject({
        kind: 'group',
        groupId: 'gruppe-ö',
        value: {
          protocolType: 'consumer',
          generation: 5,
          protocol: 'range',
          leader: 'member-1',
          currentStateTimestamp: version >= 2 ? commitTimestampMs : -1,
          members: [
            {
              memberId: 'member-1',
              groupInstanceId: version >= 3 ? 'instance' : null,
              clientId: 'client',
              clientHost: '/127.0.0.1',
              rebalanceTimeout: version >= 1 ? 60_000 : -1,
              sessionTimeout: 10_000,
              subscription: bytes('000100000001000174'),
              assignment: bytes('0908'),
            },
          ],
        },
      })
    },
  )

  test.each(groupMetadataValues)('a group is served from any version', (value) => {
    const driver = new Driver({}, [{ key: bytes(keys.groupMetadata), value: bytes(value) }])
    expect(driver.heartbeat('member-1', 5, null, 'gruppe-ö')).toBe(0)
    driver.advance(10_000)
    expect(driver.describe('gruppe-ö').groupState).toBe('Empty')
  })

  test('tombstones', () => {
    const offset = { kind: 'offset', groupId: 'gruppe-ö', topic: 'topic', partition: 3, value: null }
    expect(readRecord(bytes(keys.offsetCommit), null)).toEqual(offset)
    expect(readRecord(bytes(keys.groupMetadata), null)).toEqual({
      kind: 'group',
      groupId: 'gruppe-ö',
      value: null,
    })
  })

  test.each(['', '00', '0001', '00010009', '0002ffff', `${keys.groupMetadata}00`])('no key: %s', (key) => {
    expect(() => readRecord(bytes(key), null)).toThrow(WireError)
  })

  test.each(['', '0063', '0003', `${emptyGroupValue}00`])('no value: %s', (value) => {
    expect(() => readRecord(bytes(keys.groupMetadata), bytes(value))).toThrow(WireError)
  })
})

describe('writing as Kafka writes', () => {
  test('committed offsets', () => {
    const driver = new Driver({}, [], commitTimestampMs)
    driver.commit({ groupId: 'gruppe-ö', offsets: { topic: 123_456_789_012 }, metadata: 'meta' })
    const commit = { groupId: 'gruppe-ö', offsets: { topic: 123_456_789_012 }, metadata: 'meta' }
    driver.commit({ ...commit, retentionTimeMs: 60_000, version: 4 })
    const [plain, expiring] = driver.log
    expect(plain?.key.toString('hex')).toBe(keys.offsetCommit.replace(/03$/, '00'))
    expect(plain?.value?.toString('hex')).toBe(offsetCommitValues[4]?.replace('00000007', '00000005'))
    expect(expiring?.value?.toString('hex')).toBe(offsetCommitValues[1])
  })

  test('groups', () => {
    const before = new Driver({}, [
      { key: bytes(keys.groupMetadata), value: bytes(groupMetadataValues[3] ?? '') },
    ])
    before.nowMs = commitTimestampMs
    before.leave(['member-1'], 'gruppe-ö')
    expect(before.log[1]?.key.toString('hex')).toBe(keys.groupMetadata)
    expect(before.log[1]?.value?.toString('hex')).toBe(emptyGroupValue)
  })

  test('a group with members', () => {
    const driver = new Driver({}, [], commitTimestampMs - 3_000)
    const call = driver.join({ groupId: 'gruppe-ö', groupInstanceId: 'instance' })
    driver.advance(3_000)
    const memberId = call.response?.memberId ?? ''
    driver.sync({ groupId: 'gruppe-ö', memberId }, { [memberId]: 'assigned' })
    const [{ key, value } = { key: Buffer.alloc(0), value: null }] = driver.log
    expect(value?.readInt16BE(0)).toBe(3)
    expect(readRecord(key, value)).toMatchObject({
      groupId: 'gruppe-ö',
      value: {
        generation: 1,
        leader: memberId,
        currentStateTimestamp: commitTimestampMs,
        members: [{ groupInstanceId: 'instance', subscription: subscription('topic') }],
      },
    })
  })
})
