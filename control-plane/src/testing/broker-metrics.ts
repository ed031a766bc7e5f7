import type { BrokerPeriod } from '../metrics/msk/period.ts'
import { readBroker } from '../metrics/read-broker.ts'

/** What a broker's metrics endpoint would say, from the counters that a test cares for. */
export interface BrokerCounters {
  readonly cpuSeconds?: number
  readonly bytesIn?: number
  readonly bytesOut?: number
  readonly topics?: Readonly<Record<string, number>>
  readonly dataBytes?: number
  readonly more?: string
}

export function brokerText({
  cpuSeconds = 0,
  bytesIn = 0,
  bytesOut = 0,
  topics = {},
  dataBytes = 0,
  more = '',
}: BrokerCounters): string {
  const traffic = (name: string, value: number, topic = '') =>
    `kafka_server_BrokerTopicMetrics_Count{name="${name}"${topic}} ${value}`
  return [
    `process_cpu_user_seconds_total ${cpuSeconds * 0.75}`,
    `process_cpu_system_seconds_total ${cpuSeconds * 0.25}`,
    `process_cpu_seconds_total ${cpuSeconds}`,
    traffic('BytesInPerSec', bytesIn),
    traffic('BytesOutPerSec', bytesOut),
    ...Object.entries(topics).map(([topic, value]) => traffic('BytesInPerSec', value, `,topic="${topic}"`)),
    `kafka_log_Log_Value{name="Size",topic="t",partition="0"} ${dataBytes}`,
    more,
  ].join('\n')
}

/** A minute of a broker. */
export function brokerPeriod(
  brokerId: number,
  before: BrokerCounters | undefined,
  after: BrokerCounters,
  volumeSizeBytes?: number,
): BrokerPeriod {
  return {
    brokerId,
    before: before && readBroker(brokerText(before), 0),
    after: readBroker(brokerText(after), 60_000),
    volumeSizeBytes,
  }
}
