/** Messages as Apache Kafka 4.3.1 serialises them, byte for byte. */
import { describe, expect, test } from 'vitest'
import type { Draft } from '../wire/index.ts'
import { decode, encode } from '../wire/index.ts'
import { ProduceApi } from './00-produce.ts'
import { FetchApi } from './01-fetch.ts'
import { ApiVersionsApi } from './18-api-versions.ts'
import { BrokerHeartbeatApi } from './63-broker-heartbeat.ts'
import { DescribeTopicPartitionsApi } from './75-describe-topic-partitions.ts'

const topicId = 'x3YhHmFXQ0Gz0uYbTsWq_g'

const produce: Draft<typeof ProduceApi.request> = {
  acks: -1,
  timeoutMs: 30000,
  topicData: [{ name: 'orders', partitionData: [{ index: 2, records: Buffer.of(1, 2, 3) }] }],
}

const fetchResponse: Draft<typeof FetchApi.response> = {
  throttleTimeMs: 5,
  sessionId: 77,
  responses: [
    {
      topicId,
      partitions: [
        {
          partitionIndex: 0,
          errorCode: 6,
          highWatermark: -1,
          currentLeader: { leaderId: 2, leaderEpoch: 9 },
          abortedTransactions: [],
          records: null,
        },
        {
          partitionIndex: 1,
          errorCode: 0,
          highWatermark: 2 ** 40,
          lastStableOffset: 12,
          logStartOffset: 3,
          divergingEpoch: { epoch: 3, endOffset: 8 },
          abortedTransactions: [{ producerId: 4000, firstOffset: 5 }],
          records: Buffer.of(9, 8, 7),
        },
      ],
    },
  ],
  nodeEndpoints: [{ nodeId: 2, host: 'b-2', port: 9093, rack: 'us-east-1b' }],
}

const followerFetch: Draft<typeof FetchApi.request> = {
  maxWaitMs: 500,
  minBytes: 1,
  replicaState: { replicaId: 3, replicaEpoch: 17 },
  topics: [
    {
      topicId,
      partitions: [{ partition: 0, fetchOffset: 10, partitionMaxBytes: 1048576, highWatermark: 9 }],
    },
  ],
}

describe('bytes are those of Apache Kafka', () => {
  test('Produce request before and after flexible versions', () => {
    const rigid = 'ffffffff000075300000000100066f7264657273000000010000000200000003010203'
    const flexible = '00ffff0000753002076f7264657273020000000204010203000000'
    expect(encode(ProduceApi.request, 3, produce).toString('hex')).toBe(rigid)
    expect(encode(ProduceApi.request, 9, produce).toString('hex')).toBe(flexible)
    const decoded = decode(ProduceApi.request, 9, Buffer.from(flexible, 'hex'))
    expect(decoded).toMatchObject({ transactionalId: null, topicData: [{ name: 'orders' }] })
  })

  test('Fetch response with tagged structs and endpoints', () => {
    const bytes =
      '0000000500000000004d02c776211e61574341b3d2e61b4ec5aafe03000000000006ffffffffffffffffffffffffffffffff' +
      'ffffffffffffffff01ffffffff000101090000000200000009000000000100000000010000000000000000000000000c0000' +
      '000000000003020000000000000fa0000000000000000500ffffffff0409080701000d000000030000000000000008000001' +
      '0019020000000204622d32000023850b75732d656173742d316200'
    expect(encode(FetchApi.response, 16, fetchResponse).toString('hex')).toBe(bytes)
    expect(decode(FetchApi.response, 16, Buffer.from(bytes, 'hex'))).toMatchObject(fetchResponse)
  })

  test('Fetch request of a follower', () => {
    const bytes =
      '000001f4000000017fffffff0000000000ffffffff02c776211e61574341b3d2e61b4ec5aafe0200000000ffffffff000000' +
      '000000000affffffffffffffffffffffff00100000010108000000000000000900010101010d000000030000000000000011' +
      '00'
    expect(encode(FetchApi.request, 18, followerFetch).toString('hex')).toBe(bytes)
    expect(decode(FetchApi.request, 18, Buffer.from(bytes, 'hex'))).toMatchObject(followerFetch)
  })

  test('ApiVersions response: unsupported version in version 0, features as tagged fields in version 3', () => {
    const unsupported = { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] }
    expect(encode(ApiVersionsApi.response, 0, unsupported).toString('hex')).toBe('002300000001001200000004')
    const features = {
      errorCode: 0,
      apiKeys: [],
      throttleTimeMs: 1,
      supportedFeatures: [{ name: 'group.version', minVersion: 0, maxVersion: 1 }],
      finalizedFeaturesEpoch: 42,
    }
    expect(encode(ApiVersionsApi.response, 3, features).toString('hex')).toBe(
      '00000100000001020014020e67726f75702e76657273696f6e00000001000108000000000000002a',
    )
  })

  test('a struct that may be null, and text beyond ASCII', () => {
    const page = { topics: [], nextCursor: { topicName: 'größe', partitionIndex: 4 } }
    const bytes = '000000000101086772c3b6c39f65000000040000'
    expect(encode(DescribeTopicPartitionsApi.response, 0, page).toString('hex')).toBe(bytes)
    expect(decode(DescribeTopicPartitionsApi.response, 0, Buffer.from(bytes, 'hex'))).toMatchObject(page)
  })

  test('tagged arrays, one of them empty instead of null', () => {
    const heartbeat = {
      brokerId: 1,
      brokerEpoch: 2,
      currentMetadataOffset: 3,
      wantFence: false,
      wantShutDown: false,
      offlineLogDirs: [topicId],
      cordonedLogDirs: [],
    }
    expect(encode(BrokerHeartbeatApi.request, 2, heartbeat).toString('hex')).toBe(
      '0000000100000000000000020000000000000003000002001102c776211e61574341b3d2e61b4ec5aafe010101',
    )
  })
})
