import type { CodecName } from '../../runtime/types.ts'

/** What a topic's configuration says about its log; names and defaults are Kafka's. */
export interface LogConfig {
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  readonly indexIntervalBytes: number
  readonly segmentIndexBytes: number
  /** Negative: no limit. */
  readonly retentionBytes: number
  /** Negative: no limit. */
  readonly retentionMs: number
  readonly maxMessageBytes: number
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
  readonly cleanupPolicy: { readonly delete: boolean; readonly compact: boolean }
  /** Infinity: never because of the count. */
  readonly flushMessages: number
  /** Infinity: never because of the time. */
  readonly flushMs: number
  readonly fileDeleteDelayMs: number
  readonly producerIdExpirationMs: number
  readonly deleteRetentionMs: number
  readonly minCompactionLagMs: number
  /** Infinity: no limit. */
  readonly maxCompactionLagMs: number
  readonly minCleanableDirtyRatio: number
  /** `producer`: as the producer compressed it. */
  readonly compressionType: 'producer' | 'uncompressed' | CodecName
  /** Of that compression; undefined for the library's own. */
  readonly compressionLevel: number | undefined
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export const defaultLogConfig: LogConfig = {
  segmentBytes: 1 << 30,
  segmentMs: 7 * DAY_MS,
  segmentJitterMs: 0,
  indexIntervalBytes: 4096,
  segmentIndexBytes: 10 << 20,
  retentionBytes: -1,
  retentionMs: 7 * DAY_MS,
  maxMessageBytes: 1_048_588,
  messageTimestampType: 'CreateTime',
  timestampBeforeMaxMs: Infinity,
  timestampAfterMaxMs: HOUR_MS,
  cleanupPolicy: { delete: true, compact: false },
  flushMessages: Infinity,
  flushMs: Infinity,
  fileDeleteDelayMs: 60_000,
  producerIdExpirationMs: DAY_MS,
  deleteRetentionMs: DAY_MS,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Infinity,
  minCleanableDirtyRatio: 0.5,
  compressionType: 'producer',
  compressionLevel: undefined,
}
