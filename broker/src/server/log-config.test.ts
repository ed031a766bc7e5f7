import { expect, test } from 'vitest'
import { parseTopicConfig } from '../cluster/index.ts'
import { toLogConfig } from './log-config.ts'

const PRODUCER_ID_EXPIRATION_MS = 86_400_000

test("has Apache Kafka's defaults", () => {
  expect(ofLog({})).toEqual({
    segmentBytes: 1_073_741_824,
    segmentMs: 604_800_000,
    segmentJitterMs: 0,
    indexIntervalBytes: 4096,
    segmentIndexBytes: 10_485_760,
    retentionBytes: -1,
    retentionMs: 604_800_000,
    maxMessageBytes: 1_048_588,
    messageTimestampType: 'CreateTime',
    timestampBeforeMaxMs: Number.POSITIVE_INFINITY,
    timestampAfterMaxMs: 3_600_000,
    cleanupPolicy: { delete: true, compact: false },
    flushMessages: Number.POSITIVE_INFINITY,
    flushMs: Number.POSITIVE_INFINITY,
    fileDeleteDelayMs: 60_000,
    producerIdExpirationMs: PRODUCER_ID_EXPIRATION_MS,
    deleteRetentionMs: 86_400_000,
    minCompactionLagMs: 0,
    maxCompactionLagMs: Infinity,
    minCleanableDirtyRatio: 0.5,
    compressionType: 'producer',
    compressionLevel: undefined,
  })
})

test('knows compaction and keeping everything as cleanup policies', () => {
  const policy = (text: string) => ofLog({ 'cleanup.policy': text }).cleanupPolicy
  expect(policy('compact')).toEqual({ delete: false, compact: true })
  expect(policy('compact,delete')).toEqual({ delete: true, compact: true })
  expect(policy('')).toEqual({ delete: false, compact: false })
})

function ofLog(overrides: Readonly<Record<string, string>>) {
  const sources = { staticBroker: new Map(), dynamicDefault: new Map(), dynamicBroker: new Map() }
  return toLogConfig(parseTopicConfig(new Map(Object.entries(overrides)), sources), PRODUCER_ID_EXPIRATION_MS)
}
