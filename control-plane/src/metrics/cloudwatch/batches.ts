import type { MetricDatum } from '@aws-sdk/client-cloudwatch'
import type { MetricPoint } from '../msk/points.ts'

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
export const REQUEST_LIMITS = { datums: 1000, sizeBytes: 1024 * 1024 } as const

/** Values that CloudWatch refuses would take the whole request with them. */
const LARGEST = 2 ** 360
const SMALLEST = 2 ** -360

/** As PutMetricData takes it; undefined if it would refuse it. */
export function datumOf(
  { name, dimensions, unit, value }: MetricPoint,
  atMs: number,
): MetricDatum | undefined {
  const magnitude = Math.abs(value)
  if (!Number.isFinite(value) || magnitude > LARGEST) return undefined
  const pairs = Object.entries(dimensions)
  if (pairs.some(([, text]) => !isDimensionValue(text))) return undefined
  return {
    MetricName: name,
    Dimensions: pairs.map(([Name, Value]) => ({ Name, Value })),
    Timestamp: new Date(atMs),
    Unit: unit,
    Value: magnitude < SMALLEST ? 0 : value,
    StorageResolution: 60,
  }
}

/** In order, each within the limits of one request. */
export function batchesOf(datums: readonly MetricDatum[]): MetricDatum[][] {
  const batches: MetricDatum[][] = []
  let batch: MetricDatum[] = []
  let sizeBytes = 0
  for (const datum of datums) {
    const more = sizeOf(datum)
    if (
      batch.length === REQUEST_LIMITS.datums ||
      sizeBytes + more > REQUEST_LIMITS.sizeBytes - ENVELOPE_BYTES
    ) {
      batches.push(batch)
      batch = []
      sizeBytes = 0
    }
    batch.push(datum)
    sizeBytes += more
  }
  return batch.length === 0 ? batches : [...batches, batch]
}

function isDimensionValue(text: string): boolean {
  return text.length <= 1024 && /^[\x20-\x7e]+$/.test(text) && text.trim() !== '' && !text.startsWith(':')
}

/** At least what it takes in the protocol's form, which has about as much around names and values. */
function sizeOf({ MetricName = '', Dimensions = [] }: MetricDatum): number {
  const texts = Dimensions.reduce(
    (sum, { Name = '', Value = '' }) => sum + Name.length + Value.length + 24,
    0,
  )
  return MetricName.length + texts + 160
}

const ENVELOPE_BYTES = 1024
