/** For tests: metrics as clients write them. */

export interface TestMetric {
  readonly name: string
  readonly value: number
  readonly attributes?: Readonly<Record<string, string>>
  /** A sum of that temporality (1 delta, 2 cumulative) of a whole number; else a gauge. */
  readonly temporality?: number
}

export function metricsData(metrics: readonly TestMetric[], resource: Readonly<Record<string, string>> = {}) {
  const attributes = Object.entries(resource).map(([key, value]) => message(1, keyValue(key, value)))
  const scope = metrics.map((each) => message(2, metric(each)))
  return message(1, Buffer.concat([message(1, Buffer.concat(attributes)), message(2, Buffer.concat(scope))]))
}

function metric({ name, value, attributes = {}, temporality }: TestMetric): Buffer {
  const labels = Object.entries(attributes).map(([key, text]) => message(7, keyValue(key, text)))
  const number = Buffer.alloc(8)
  if (temporality === undefined) number.writeDoubleLE(value)
  else number.writeBigInt64LE(BigInt(value))
  const point = Buffer.concat([...labels, Buffer.from([((temporality ? 6 : 4) << 3) | 1]), number])
  const points = [message(1, point)]
  if (temporality !== undefined) points.push(Buffer.from([2 << 3, temporality, 3 << 3, 1]))
  return Buffer.concat([message(1, Buffer.from(name)), message(temporality ? 7 : 5, Buffer.concat(points))])
}

function keyValue(key: string, value: string): Buffer {
  return Buffer.concat([message(1, Buffer.from(key)), message(2, message(1, Buffer.from(value)))])
}

function message(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return Buffer.from([...bytes, left])
    bytes.push((left & 0x7f) | 0x80)
  }
}
