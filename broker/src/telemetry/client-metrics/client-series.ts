/**
 * The newest metrics of each client, as series for Prometheus. Whatever clients push, it all comes to some megabytes:
 * what is over a client's share is dropped and counted, and the client that was not heard of for longest goes first.
 */
import { labelsText, type Series, seriesName } from '../metrics/prometheus.ts'
import type { MetricPoint } from './otlp.ts'

export interface SeriesLimits {
  readonly clientBytes: number
  readonly totalBytes: number
}

const LIMITS: SeriesLimits = { clientBytes: 1 << 20, totalBytes: 32 << 20 }
/** Name and labels of one series. */
const TEXT_CHARS_MAX = 4096
/** What a series costs besides its text, about. */
const OVERHEAD_BYTES = 128

interface PushedClient {
  readonly series: ReadonlyMap<string, Series>
  readonly sizeBytes: number
  readonly expiresAtMs: number
}

/** What one push brings, until all of it is read. */
export class PushedSeries {
  readonly series = new Map<string, Series>()
  sizeBytes = 0
  dropped = 0
  readonly #labels: ReadonlyMap<string, string>
  readonly #before: ReadonlyMap<string, Series> | undefined
  readonly #bytesMax: number

  constructor(
    labels: ReadonlyMap<string, string>,
    before: ReadonlyMap<string, Series> | undefined,
    bytesMax: number,
  ) {
    this.#labels = labels
    this.#before = before
    this.#bytesMax = bytesMax
  }

  add(point: MetricPoint): void {
    const name = seriesName(point.name)
    const labels = labelsText(labelsOf(point.attributes, this.#labels))
    const key = name + labels
    const sizeBytes = key.length + OVERHEAD_BYTES
    const isNew = !this.series.has(key)
    if (
      name === '' ||
      key.length > TEXT_CHARS_MAX ||
      (isNew && this.sizeBytes + sizeBytes > this.#bytesMax)
    ) {
      this.dropped++
      return
    }
    if (isNew) this.sizeBytes += sizeBytes
    const base = point.isDelta ? ((this.series.get(key) ?? this.#before?.get(key))?.value ?? 0) : 0
    this.series.set(key, { name, labels, value: base + point.value })
  }
}

export class ClientSeries {
  readonly #limits: SeriesLimits
  /** The one that pushed last is last. */
  readonly #clients = new Map<string, PushedClient>()
  #sizeBytes = 0

  constructor(limits: SeriesLimits = LIMITS) {
    this.#limits = limits
  }

  begin(clientInstanceId: string, labels: ReadonlyMap<string, string>): PushedSeries {
    return new PushedSeries(labels, this.#clients.get(clientInstanceId)?.series, this.#limits.clientBytes)
  }

  /** Takes the place of what the client pushed before. */
  keep(clientInstanceId: string, { series, sizeBytes }: PushedSeries, expiresAtMs: number): void {
    this.#remove(clientInstanceId)
    this.#clients.set(clientInstanceId, { series, sizeBytes, expiresAtMs })
    this.#sizeBytes += sizeBytes
    for (const oldest of this.#clients.keys()) {
      if (this.#sizeBytes <= this.#limits.totalBytes) break
      this.#remove(oldest)
    }
  }

  expire(nowMs: number): void {
    for (const [id, { expiresAtMs }] of this.#clients) if (expiresAtMs <= nowMs) this.#remove(id)
  }

  *all(): Generator<Series> {
    for (const { series } of this.#clients.values()) yield* series.values()
  }

  #remove(clientInstanceId: string): void {
    this.#sizeBytes -= this.#clients.get(clientInstanceId)?.sizeBytes ?? 0
    this.#clients.delete(clientInstanceId)
  }
}

/** Who the client is cannot be overruled by what it says; names that Prometheus keeps for itself are left out. */
function labelsOf(
  attributes: ReadonlyMap<string, string>,
  client: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const labels = new Map<string, string>()
  for (const [key, value] of attributes) {
    const name = key.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(\d|$)/, '_$1')
    if (!name.startsWith('__')) labels.set(name, value)
  }
  for (const [name, value] of client) labels.set(name, value)
  return Object.fromEntries(labels)
}
