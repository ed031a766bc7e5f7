/**
 * Metrics that clients push (KIP-714): which ones each is to push, and what became of them. In Kafka a plugin takes them;
 * here the newest values of every client are served to Prometheus, on a page of their own.
 */
import {
  type ClientMetricsSubscription,
  type ClusterView,
  ConfigResourceType,
  clientMetricsSubscription,
} from '../../cluster/index.ts'
import { CodecError } from '../../runtime/codecs/codec-error.ts'
import type { CodecName, Runtime } from '../../runtime/types.ts'
import { randomKafkaUuid } from '../../runtime/uuid.ts'
import { ErrorCode, KafkaError, ZERO_UUID } from '../../wire/index.ts'
import { PrometheusText } from '../metrics/prometheus.ts'
import { gauge, type Sample } from '../metrics/registry.ts'
import { ClientInstance, type WantedMetrics, wantedMetrics } from './client-instance.ts'
import { ClientSeries } from './client-series.ts'
import { metricPoints, OtlpError } from './otlp.ts'

/** Who asks or pushes. */
export interface TelemetryClient {
  readonly clientId: string
  readonly softwareName: string
  readonly softwareVersion: string
  readonly address: string
  readonly port: number
}

export interface PushedMetrics {
  readonly clientInstanceId: string
  readonly subscriptionId: number
  readonly terminating: boolean
  readonly compressionType: number
  readonly metrics: Buffer
}

export interface ClientMetricsParts {
  readonly cluster: Pick<ClusterView, 'configs' | 'configuredNames'>
  readonly runtime: Pick<Runtime, 'clock' | 'codecs' | 'random' | 'timers'>
  /** `telemetry.max.bytes` */
  readonly pushBytesMax: number
}

/** By the number of the compression in requests, the ones that we would rather have first. */
export const TELEMETRY_COMPRESSIONS: ReadonlyMap<number, CodecName> = new Map([
  [4, 'zstd'],
  [3, 'lz4'],
  [1, 'gzip'],
  [2, 'snappy'],
])
const UNCOMPRESSED = 0
/** Metrics compress well; one that compresses better is no list of metrics. */
const COMPRESSION_RATIO_MAX = 8
const INSTANCES_MAX = 16_384
/** Of what clients say of themselves, that much counts. */
const IDENTITY_CHARS_MAX = 255
/** The first ones, before the code is compiled, take 50 µs each. */
const POINTS_PER_TURN = 50
const SERIES_PER_TURN = 2000
/** Kafka's ids that no client can have: none, and that of the metadata topic. */
const RESERVED_IDS: ReadonlySet<string> = new Set([ZERO_UUID, 'AAAAAAAAAAAAAAAAAAAAAQ'])

export class ClientMetrics {
  readonly pushBytesMax: number
  readonly #parts: ClientMetricsParts
  /** The one that was heard of last is last. */
  readonly #instances = new Map<string, ClientInstance>()
  readonly #series = new ClientSeries()
  readonly #counts = { unknownSubscription: 0, throttle: 0, export: 0, error: 0, dropped: 0 }
  #subscriptions: readonly ClientMetricsSubscription[] | undefined
  #version = 0

  constructor(parts: ClientMetricsParts) {
    this.#parts = parts
    this.pushBytesMax = parts.pushBytesMax
  }

  subscriptionsChanged(): void {
    this.#subscriptions = undefined
    this.#version++
  }

  /** What a client is to push; the zero id gets a new one. */
  ask(clientInstanceId: string, client: TelemetryClient): WantedMetrics & { clientInstanceId: string } {
    const { runtime } = this.#parts
    const id = clientInstanceId === ZERO_UUID ? randomKafkaUuid(runtime.random) : clientInstanceId
    const instance = this.#instance(id, client)
    this.#counting(() => instance.ask(runtime.clock.monotonic()))
    return { ...instance.wanted, clientInstanceId: id }
  }

  /** Throws a KafkaError if the client may not push this. */
  async push(request: PushedMetrics, client: TelemetryClient): Promise<void> {
    const { clientInstanceId, metrics } = request
    if (RESERVED_IDS.has(clientInstanceId)) {
      throw new KafkaError(ErrorCode.INVALID_REQUEST, `${clientInstanceId} is no id of a client`)
    }
    const instance = this.#instance(clientInstanceId, client)
    try {
      this.#counting(() => instance.push(request, this.#parts.runtime.clock.monotonic()))
      this.#check(request)
      if (metrics.length > 0) await this.#take(request, instance)
      instance.lastError = ErrorCode.NONE
    } catch (error) {
      if (error instanceof KafkaError) instance.lastError = error.code
      throw error
    }
  }

  /** The client's connection is closed. What it pushed stays until it expires, so that it can be read. */
  disconnected(clientInstanceId: string): void {
    this.#instances.delete(clientInstanceId)
  }

  /** Forgets who has been silent for three intervals; to be called every few seconds. */
  expire(): void {
    const nowMs = this.#parts.runtime.clock.monotonic()
    for (const [id, { expiresAtMs }] of this.#instances) if (expiresAtMs <= nowMs) this.#instances.delete(id)
    this.#series.expire(nowMs)
  }

  /** About the pushing itself, as Kafka's `client-metrics`. */
  *samples(): Generator<Sample> {
    const { unknownSubscription, throttle, export: exported, error, dropped } = this.#counts
    const values = {
      'instance-count': this.#instances.size,
      'unknown-subscription-request-count': unknownSubscription,
      'throttle-count': throttle,
      'plugin-export-count': exported,
      'plugin-error-count': error,
      'dropped-series-count': dropped,
    }
    for (const [name, value] of Object.entries(values))
      yield gauge('kafka.server', 'client-metrics', { name }, value)
  }

  /** What clients pushed last, for Prometheus; in slices. */
  async text(): Promise<string> {
    const text = new PrometheusText()
    let count = 0
    for (const series of this.#series.all()) {
      text.addSeries(series)
      if (++count % SERIES_PER_TURN === 0) await this.#endOfTurn()
    }
    return text.toString()
  }

  /** The instance as it is with today's subscriptions. */
  #instance(id: string, client: TelemetryClient): ClientInstance {
    const known = this.#instances.get(id)
    const isCurrent = known !== undefined && known.version === this.#version
    const instance = isCurrent ? known : this.#newInstance(known?.identity ?? identityOf(id, client))
    instance.touch(this.#parts.runtime.clock.monotonic())
    this.#instances.delete(id)
    this.#instances.set(id, instance)
    for (const oldest of this.#instances.keys()) {
      if (this.#instances.size <= INSTANCES_MAX) break
      this.#instances.delete(oldest)
    }
    return instance
  }

  #newInstance(identity: ClientInstance['identity']): ClientInstance {
    const { cluster } = this.#parts
    this.#subscriptions ??= cluster
      .configuredNames(ConfigResourceType.CLIENT_METRICS)
      .map((name) => clientMetricsSubscription(cluster.configs(ConfigResourceType.CLIENT_METRICS, name)))
    return new ClientInstance(identity, wantedMetrics(identity, this.#subscriptions), this.#version)
  }

  #counting(step: () => void): void {
    try {
      step()
    } catch (error) {
      if (error instanceof KafkaError && error.code === ErrorCode.THROTTLING_QUOTA_EXCEEDED)
        this.#counts.throttle++
      if (error instanceof KafkaError && error.code === ErrorCode.UNKNOWN_SUBSCRIPTION_ID)
        this.#counts.unknownSubscription++
      throw error
    }
  }

  #check({ compressionType, metrics }: PushedMetrics): void {
    if (compressionType !== UNCOMPRESSED && !TELEMETRY_COMPRESSIONS.has(compressionType)) {
      throw new KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
    }
    if (metrics.length > this.pushBytesMax) throw new KafkaError(ErrorCode.TELEMETRY_TOO_LARGE)
  }

  async #take(request: PushedMetrics, { identity, expiresAtMs }: ClientInstance): Promise<void> {
    const pushed = this.#series.begin(request.clientInstanceId, labelsOf(identity))
    try {
      let count = 0
      for (const point of metricPoints(await this.#decompressed(request))) {
        if (point !== undefined) pushed.add(point)
        if (point === undefined || ++count % POINTS_PER_TURN === 0) await this.#endOfTurn()
      }
    } catch (error) {
      if (!(error instanceof OtlpError || error instanceof CodecError)) throw error
      this.#counts.error++
      throw new KafkaError(ErrorCode.INVALID_RECORD, `the metrics cannot be read: ${error.message}`)
    }
    this.#counts.export++
    this.#counts.dropped += pushed.dropped
    this.#series.keep(request.clientInstanceId, pushed, expiresAtMs)
  }

  async #decompressed({ compressionType, metrics }: PushedMetrics): Promise<Buffer> {
    const codec = TELEMETRY_COMPRESSIONS.get(compressionType)
    if (codec === undefined) return metrics
    const { codecs } = this.#parts.runtime
    return await codecs.decompress(codec, metrics, COMPRESSION_RATIO_MAX * this.pushBytesMax)
  }

  #endOfTurn(): Promise<void> {
    return new Promise((resolve) => this.#parts.runtime.timers.endOfTurn(resolve))
  }
}

function identityOf(id: string, client: TelemetryClient): ClientInstance['identity'] {
  return {
    client_instance_id: id,
    client_id: client.clientId.slice(0, IDENTITY_CHARS_MAX),
    client_software_name: client.softwareName.slice(0, IDENTITY_CHARS_MAX),
    client_software_version: client.softwareVersion.slice(0, IDENTITY_CHARS_MAX),
    client_source_address: client.address,
    client_source_port: String(client.port),
  }
}

/** Not the port: a client that connects again is the same. */
function labelsOf(identity: ClientInstance['identity']): ReadonlyMap<string, string> {
  return new Map(Object.entries(identity).filter(([key]) => key !== 'client_source_port'))
}
