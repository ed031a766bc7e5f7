import type { Reading } from '../reading.ts'

/** What one broker told at the end of a period, and at the end of the one before. */
export interface BrokerPeriod {
  readonly brokerId: number
  readonly before: Reading | undefined
  readonly after: Reading
  /** Of its data volume; undefined where brokers have none of a size. */
  readonly volumeSizeBytes: number | undefined
}
