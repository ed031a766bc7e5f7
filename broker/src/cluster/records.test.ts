import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeRecords,
  encodeRecords,
  LeaderRecoveryState,
  type MetadataRecord,
  partitionChange,
  ScramMechanism,
} from './records.ts'
import { uuidOf } from './test-cluster.ts'

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

const ids = fc.array(fc.nat({ max: 2147483647 }), { maxLength: 5 })
const uuid = fc.nat().map(uuidOf)
const epoch = fc.maxSafeNat()

const record: fc.Arbitrary<MetadataRecord> = fc.oneof(
  fc.record({
    type: fc.constant('RegisterBroker' as const),
    brokerId: fc.nat(),
    brokerEpoch: epoch,
    incarnationId: uuid,
    rack: fc.option(fc.string()),
    endpoints: fc.array(
      fc.record({ name: fc.string(), host: fc.string(), port: fc.nat(65535), securityProtocol: fc.string() }),
    ),
    fenced: fc.boolean(),
    inControlledShutdown: fc.boolean(),
    previousBrokerEpoch: fc.oneof(fc.constant(-1), epoch),
  }),
  fc.record({
    type: fc.constant('BrokerRegistrationChange' as const),
    brokerId: fc.nat(),
    brokerEpoch: epoch,
    fenced: fc.option(fc.boolean()),
    inControlledShutdown: fc.option(fc.boolean()),
  }),
  fc.record({
    type: fc.constant('ClientQuota' as const),
    entity: fc.array(fc.record({ entityType: fc.string(), entityName: fc.option(fc.string()) })),
    key: fc.string(),
    value: fc.option(
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((each) => !Object.is(each, -0)),
    ),
  }),
  fc.record({
    type: fc.constant('UserScramCredential' as const),
    name: fc.string(),
    mechanism: fc.constantFrom(...Object.values(ScramMechanism)),
    salt: fc.base64String(),
    storedKey: fc.base64String(),
    serverKey: fc.base64String(),
    iterations: fc.nat(),
  }),
  fc.record({
    type: fc.constant('RemoveUserScramCredential' as const),
    name: fc.string(),
    mechanism: fc.constantFrom(...Object.values(ScramMechanism)),
  }),
  fc.record({ type: fc.constant('Topic' as const), name: fc.string(), topicId: uuid }),
  fc.record({
    type: fc.constant('Partition' as const),
    topicId: uuid,
    partitionId: fc.nat(),
    replicas: ids,
    isr: ids,
    removingReplicas: ids,
    addingReplicas: ids,
    leader: fc.integer({ min: -1 }),
    leaderEpoch: fc.nat(),
    partitionEpoch: fc.nat(),
    leaderRecoveryState: fc.constantFrom(LeaderRecoveryState.RECOVERED, LeaderRecoveryState.RECOVERING),
    eligibleLeaderReplicas: ids,
    lastKnownElr: ids,
    offlineReplicas: ids,
    uncleanLeaderEpoch: fc.integer({ min: -1 }),
  }),
  fc
    .record({ leader: fc.integer({ min: -1 }), isr: ids })
    .map((change) => partitionChange(uuidOf(1), 7, change)),
  fc.record({
    type: fc.constant('Config' as const),
    resourceType: fc.constantFrom(2 as const, 4 as const),
    resourceName: fc.string(),
    name: fc.string(),
    value: fc.option(fc.string({ unit: 'binary' })),
  }),
  fc.record({
    type: fc.constant('ProducerIds' as const),
    brokerId: fc.nat(),
    brokerEpoch: epoch,
    nextProducerId: epoch,
  }),
)

describe('metadata records', () => {
  it('of an older version have what it lacks by default', () => {
    const [type, rack, endpoints] = ['RegisterBroker', null, []]
    const before = [1, 5, uuidOf(7), rack, endpoints, true, false]
    const registered = { brokerId: 1, brokerEpoch: 5, fenced: true, previousBrokerEpoch: -1 }
    expect(decodeRecords(bytesOf({ format: 1, records: [[type, 0, ...before]] }))).toMatchObject([registered])
    const newer = { ...registered, previousBrokerEpoch: 3 }
    expect(decodeRecords(bytesOf({ format: 1, records: [[type, 1, ...before, 3]] }))).toMatchObject([newer])
    expect(() => decodeRecords(bytesOf({ format: 1, records: [[type, 1, ...before]] }))).toThrow('8 fields')
    expect(() => decodeRecords(bytesOf({ format: 1, records: [[type, 0, ...before, 3]] }))).toThrow(
      '7 fields',
    )
    expect(() => decodeRecords(bytesOf({ format: 1, records: [[type, 2, ...before, 3]] }))).toThrow(
      'version 2',
    )
  })

  it('come back from their bytes as they were', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), (records) => {
        expect(decodeRecords(encodeRecords(records))).toEqual(records)
      }),
      { seed: 3, numRuns: 500 },
    )
  })

  it('take less than 120 bytes for a partition with three replicas', () => {
    const partition: MetadataRecord = {
      type: 'Partition',
      topicId: uuidOf(1),
      partitionId: 1234,
      replicas: [11, 12, 13],
      isr: [11, 12, 13],
      removingReplicas: [],
      addingReplicas: [],
      leader: 11,
      leaderEpoch: 17,
      partitionEpoch: 31,
      leaderRecoveryState: LeaderRecoveryState.RECOVERED,
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
      offlineReplicas: [],
      uncleanLeaderEpoch: -1,
    }
    const overhead = encodeRecords([]).length
    expect(encodeRecords([partition]).length - overhead).toBeLessThan(120)
  })

  it.each([
    ['no JSON', new Uint8Array([0x7b, 0x22]), 'is not JSON'],
    ['bytes that are not UTF-8', new Uint8Array([0xff, 0xfe]), 'is not JSON'],
    ['a number', bytesOf(1), 'must be an object'],
    ['another format', bytesOf({ format: 2, records: [] }), 'Unknown format 2'],
    ['no list of records', bytesOf({ format: 1 }), 'must have a list of records'],
    ['a record that is no list', bytesOf({ format: 1, records: [{}] }), 'must be a list'],
    ['an unknown record', bytesOf({ format: 1, records: [['Nope', 0]] }), 'Unknown metadata record Nope'],
    [
      'a name of Object',
      bytesOf({ format: 1, records: [['toString', 0]] }),
      'Unknown metadata record toString',
    ],
    ['a newer version', bytesOf({ format: 1, records: [['Topic', 1, 't', uuidOf(1)]] }), 'Unknown version 1'],
    ['a missing field', bytesOf({ format: 1, records: [['Topic', 0, 't']] }), 'must have 2 fields, not 1'],
    [
      'a wrong type',
      bytesOf({ format: 1, records: [['Topic', 0, 5, uuidOf(1)]] }),
      'Topic.name must be a string',
    ],
    ['a bad uuid', bytesOf({ format: 1, records: [['RemoveTopic', 0, 'short']] }), 'must be a uuid'],
    ['a fraction', bytesOf({ format: 1, records: [['UnregisterBroker', 0, 1.5, 1]] }), 'whole number'],
    ['a negative id', bytesOf({ format: 1, records: [['UnregisterBroker', 0, -1, 1]] }), 'at least 0'],
    ['a huge number', bytesOf({ format: 1, records: [['UnregisterBroker', 0, 1, 2 ** 60]] }), 'whole number'],
    [
      'an unknown resource type',
      bytesOf({ format: 1, records: [['Config', 0, 3, 'a', 'b', 'c']] }),
      'one of 2, 4',
    ],
  ])('refuse %s', (_, bytes, reason) => {
    expect(() => decodeRecords(bytes)).toThrow(reason)
  })
})
