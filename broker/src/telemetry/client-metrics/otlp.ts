/**
 * OpenTelemetry's MetricsData (v1), which clients push (KIP-714): their gauges and sums, point by point. Histograms and
 * summaries, which no Kafka client sends, are passed over.
 */
import { ProtobufError, ProtobufReader } from './protobuf-reader.ts'

export interface MetricPoint {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly value: number
  /** The value counts from the previous one on, not from the start of the client. */
  readonly isDelta: boolean
}

type Attributes = ReadonlyMap<string, string>
/** Undefined is nothing but an occasion for a pause. */
type Paused<T> = T | undefined

/** Yields undefined now and then, between which it works for less than a millisecond; throws ProtobufError. */
export function* metricPoints(data: Buffer): Generator<Paused<MetricPoint>> {
  for (const resourceMetrics of messages(data, METRICS_DATA.resourceMetrics)) {
    if (resourceMetrics === undefined) yield undefined
    else yield* resourcePoints(resourceMetrics)
  }
}

/** Numbers of fields in opentelemetry/proto/metrics/v1/metrics.proto and common.proto. */
const METRICS_DATA = { resourceMetrics: 1 }
const RESOURCE_METRICS = { resource: 1, scopeMetrics: 2 }
const RESOURCE = { attributes: 1 }
const SCOPE_METRICS = { metrics: 2 }
const METRIC = { name: 1, gauge: 5, sum: 7 }
const DATA = { points: 1, temporality: 2 }
const POINT = { asDouble: 4, asInt: 6, attributes: 7 }
const KEY_VALUE = { key: 1, value: 2 }
const ANY_VALUE = { text: 1, bool: 2, int: 3, double: 4 }

const DELTA = 1n
/** Of a message that is no list. */
const FIELDS_MAX = 100
const FIELDS_PER_PAUSE = 500

function* resourcePoints(resourceMetrics: Buffer): Generator<Paused<MetricPoint>> {
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

function* scopePoints(scopeMetrics: Buffer, resource: Attributes): Generator<Paused<MetricPoint>> {
  for (const metric of messages(scopeMetrics, SCOPE_METRICS.metrics)) {
    if (metric === undefined) yield undefined
    else yield* pointsOf(metric, resource)
  }
}

function* pointsOf(metric: Buffer, resource: Attributes): Generator<Paused<MetricPoint>> {
  const reader = new ProtobufReader(metric, FIELDS_MAX)
  let name = ''
  let data: Buffer | undefined
  while (reader.next()) {
    if (reader.field === METRIC.name) name = reader.text()
    else if (reader.field === METRIC.gauge || reader.field === METRIC.sum) data = reader.bytes()
    else reader.skip()
  }
  if (data === undefined) return
  const isDelta = yield* temporalityOf(data)
  for (const point of messages(data, DATA.points)) {
    const { value, attributes } = point === undefined ? {} : readPoint(point, resource)
    yield value === undefined || attributes === undefined ? undefined : { name, attributes, value, isDelta }
  }
}

function* messages(message: Buffer, field: number): Generator<Paused<Buffer>> {
  const reader = new ProtobufReader(message, Number.POSITIVE_INFINITY)
  for (let count = 1; reader.next(); count++) {
    if (reader.field === field) yield reader.bytes()
    else reader.skip()
    if (count % FIELDS_PER_PAUSE === 0) yield undefined
  }
}

/** Whether these are deltas; a gauge has no temporality. */
function* temporalityOf(data: Buffer): Generator<undefined, boolean> {
  const reader = new ProtobufReader(data, Number.POSITIVE_INFINITY)
  let isDelta = false
  for (let count = 1; reader.next(); count++) {
    if (reader.field === DATA.temporality) isDelta = reader.int64() === DELTA
    else reader.skip()
    if (count % FIELDS_PER_PAUSE === 0) yield undefined
  }
  return isDelta
}

function readPoint(bytes: Buffer, resource: Attributes) {
  const reader = new ProtobufReader(bytes, FIELDS_MAX)
  const attributes = new Map(resource)
  let value: number | undefined
  while (reader.next()) {
    if (reader.field === POINT.asDouble) value = reader.double()
    else if (reader.field === POINT.asInt) value = reader.fixed64()
    else if (reader.field === POINT.attributes) addAttribute(attributes, reader.bytes())
    else reader.skip()
  }
  return { value, attributes }
}

function addResource(attributes: Map<string, string>, resource: Buffer): void {
  const reader = new ProtobufReader(resource, FIELDS_MAX)
  while (reader.next()) {
    if (reader.field === RESOURCE.attributes) addAttribute(attributes, reader.bytes())
    else reader.skip()
  }
}

/** Of lists and maps nothing is kept. */
function addAttribute(attributes: Map<string, string>, keyValue: Buffer): void {
  const reader = new ProtobufReader(keyValue, FIELDS_MAX)
  let key = ''
  let value: string | undefined
  while (reader.next()) {
    if (reader.field === KEY_VALUE.key) key = reader.text()
    else if (reader.field === KEY_VALUE.value) value = textOf(reader.bytes())
    else reader.skip()
  }
  if (value === undefined) return
  attributes.set(key, value)
  if (attributes.size > FIELDS_MAX) throw new ProtobufError(`more than ${FIELDS_MAX} attributes`)
}

function textOf(anyValue: Buffer): string | undefined {
  const reader = new ProtobufReader(anyValue, FIELDS_MAX)
  let text: string | undefined
  while (reader.next()) {
    if (reader.field === ANY_VALUE.text) text = reader.text()
    else if (reader.field === ANY_VALUE.bool) text = String(reader.int64() !== 0n)
    else if (reader.field === ANY_VALUE.int) text = String(reader.int64())
    else if (reader.field === ANY_VALUE.double) text = String(reader.double())
    else reader.skip()
  }
  return text
}
