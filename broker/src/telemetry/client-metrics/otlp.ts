/**
 * OpenTelemetry's MetricsData (v1), which clients push (KIP-714): their gauges and sums, point by point. Histograms and
 * summaries, which no Kafka client sends, are passed over.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'

export interface MetricPoint {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly value: number
  /** The value counts from the previous one on, not from the start of the client. */
  readonly isDelta: boolean
}

/** Bytes that are no protobuf message, or one that no honest client sends. */
export class OtlpError extends Error {}

type Attributes = ReadonlyMap<string, string>
/** Undefined is nothing but an occasion for a pause. */
type Paused<T> = T | undefined

/** Yields undefined now and then, between which it works for less than a millisecond; throws OtlpError. */
export function* metricPoints(data: Uint8Array): Generator<Paused<MetricPoint>> {
  try {
    for (const resourceMetrics of messages(data, METRICS_DATA.resourceMetrics)) {
      if (resourceMetrics === undefined) yield undefined
      else yield* resourcePoints(resourceMetrics)
    }
  } catch (cause) {
    // The library has no class of errors of its own.
    throw new OtlpError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** Numbers of fields in opentelemetry/proto/metrics/v1/metrics.proto and common.proto, each with its wire type. */
const METRICS_DATA = { resourceMetrics: delimited(1) }
const RESOURCE_METRICS = { resource: delimited(1), scopeMetrics: delimited(2) }
const RESOURCE = { attributes: delimited(1) }
const SCOPE_METRICS = { metrics: delimited(2) }
const METRIC = { name: delimited(1), gauge: delimited(5), sum: delimited(7) }
const DATA = { points: delimited(1), temporality: varint(2) }
const POINT = { asDouble: fixed64(4), asInt: fixed64(6), attributes: delimited(7) }
const KEY_VALUE = { key: delimited(1), value: delimited(2) }
const ANY_VALUE = { text: delimited(1), bool: varint(2), int: varint(3), double: fixed64(4) }

const DELTA = 1
/** Of a message that is no list. */
const FIELDS_MAX = 100
const FIELDS_PER_PAUSE = 500

function* resourcePoints(resourceMetrics: Uint8Array): Generator<Paused<MetricPoint>> {
  const attributes = new Map<string, string>()
  for (const resource of messages(resourceMetrics, RESOURCE_METRICS.resource)) {
    if (resource === undefined) yield undefined
    else addResource(attributes, resource)
  }
  for (const scopeMetrics of messages(resourceMetrics, RESOURCE_METRICS.scopeMetrics)) {
    if (scopeMetrics === undefined) yield undefined
    else yield* scopePoints(scopeMetrics, attributes)
  }
}

function* scopePoints(scopeMetrics: Uint8Array, resource: Attributes): Generator<Paused<MetricPoint>> {
  for (const metric of messages(scopeMetrics, SCOPE_METRICS.metrics)) {
    if (metric === undefined) yield undefined
    else yield* pointsOf(metric, resource)
  }
}

function* pointsOf(metric: Uint8Array, resource: Attributes): Generator<Paused<MetricPoint>> {
  let name = ''
  let data: Uint8Array | undefined
  for (const [key, value] of fields(metric, FIELDS_MAX)) {
    if (key === METRIC.name) name = value.string()
    else if (key === METRIC.gauge || key === METRIC.sum) data = value.bytes()
  }
  if (data === undefined) return
  const isDelta = yield* temporalityOf(data)
  for (const point of messages(data, DATA.points)) {
    const { value, attributes } = point === undefined ? {} : readPoint(point, resource)
    yield value === undefined || attributes === undefined ? undefined : { name, attributes, value, isDelta }
  }
}

function* messages(message: Uint8Array, field: number): Generator<Paused<Uint8Array>> {
  let count = 0
  for (const [key, value] of fields(message)) {
    if (key === field) yield value.bytes()
    if (++count % FIELDS_PER_PAUSE === 0) yield undefined
  }
}

/** Whether these are deltas; a gauge has no temporality. */
function* temporalityOf(data: Uint8Array): Generator<undefined, boolean> {
  let [isDelta, count] = [false, 0]
  for (const [key, value] of fields(data)) {
    if (key === DATA.temporality) isDelta = value.int32() === DELTA
    if (++count % FIELDS_PER_PAUSE === 0) yield undefined
  }
  return isDelta
}

function readPoint(point: Uint8Array, resource: Attributes) {
  const attributes = new Map(resource)
  let number: number | undefined
  for (const [key, value] of fields(point, FIELDS_MAX)) {
    if (key === POINT.asDouble) number = value.double()
    else if (key === POINT.asInt) number = Number(value.sfixed64())
    else if (key === POINT.attributes) addAttribute(attributes, value.bytes())
  }
  return { value: number, attributes }
}

function addResource(attributes: Map<string, string>, resource: Uint8Array): void {
  for (const [key, value] of fields(resource, FIELDS_MAX)) {
    if (key === RESOURCE.attributes) addAttribute(attributes, value.bytes())
  }
}

/** Of lists and maps nothing is kept. */
function addAttribute(attributes: Map<string, string>, keyValue: Uint8Array): void {
  let name = ''
  let text: string | undefined
  for (const [key, value] of fields(keyValue, FIELDS_MAX)) {
    if (key === KEY_VALUE.key) name = value.string()
    else if (key === KEY_VALUE.value) text = textOf(value.bytes())
  }
  if (text === undefined) return
  attributes.set(name, text)
  if (attributes.size > FIELDS_MAX) throw new OtlpError(`more than ${FIELDS_MAX} attributes`)
}

function textOf(anyValue: Uint8Array): string | undefined {
  let text: string | undefined
  for (const [key, value] of fields(anyValue, FIELDS_MAX)) {
    if (key === ANY_VALUE.text) text = value.string()
    else if (key === ANY_VALUE.bool) text = String(value.bool())
    else if (key === ANY_VALUE.int) text = String(value.int64())
    else if (key === ANY_VALUE.double) text = String(value.double())
  }
  return text
}

/** The fields of a message, each with what its value is read by; one that nobody reads is passed over. */
function* fields(
  message: Uint8Array,
  max = Number.POSITIVE_INFINITY,
): Generator<[key: number, BinaryReader]> {
  const reader = new BinaryReader(message)
  for (let count = 1; reader.pos < reader.len; count++) {
    if (count > max) throw new OtlpError(`more than ${max} fields`)
    const [field, wireType] = reader.tag()
    // Proto3 has none, and in one of them a million fields would be skipped without a pause.
    if (wireType === WireType.StartGroup) throw new OtlpError(`field ${field} is a group`)
    const at = reader.pos
    yield [keyOf(field, wireType), reader]
    if (reader.pos === at) reader.skip(wireType)
  }
}

function delimited(field: number): number {
  return keyOf(field, WireType.LengthDelimited)
}

function varint(field: number): number {
  return keyOf(field, WireType.Varint)
}

function fixed64(field: number): number {
  return keyOf(field, WireType.Bit64)
}

/** As on the wire: a field of another type is another field. */
function keyOf(field: number, wireType: WireType): number {
  return field * 8 + wireType
}
