/** Traffic of topics (`BrokerTopicMetrics`): each topic's own, and that of all together. */
import type { Meter } from './meter.ts'
import type { MetricRegistry } from './registry.ts'

const NAMES = [
  'BytesInPerSec',
  'BytesOutPerSec',
  'MessagesInPerSec',
  'TotalProduceRequestsPerSec',
  'TotalFetchRequestsPerSec',
  'FailedProduceRequestsPerSec',
  'FailedFetchRequestsPerSec',
] as const
const REPLICATION_NAMES = ['ReplicationBytesInPerSec', 'ReplicationBytesOutPerSec'] as const

type Traffic = Record<(typeof NAMES)[number], Meter>

export class TopicMetrics {
  readonly #registry: MetricRegistry
  readonly #all: Traffic
  readonly #replication: Record<(typeof REPLICATION_NAMES)[number], Meter>
  readonly #topics = new Map<string, Traffic>()

  constructor(registry: MetricRegistry) {
    this.#registry = registry
    this.#all = this.#traffic({})
    this.#replication = meters(registry, REPLICATION_NAMES, {})
  }

  produced(topic: string, sizeBytes: number, records: number): void {
    for (const traffic of [this.#all, this.#of(topic)]) {
      traffic.TotalProduceRequestsPerSec.mark(1)
      traffic.BytesInPerSec.mark(sizeBytes)
      traffic.MessagesInPerSec.mark(records)
    }
  }

  produceFailed(topic: string): void {
    for (const traffic of [this.#all, this.#of(topic)]) {
      traffic.TotalProduceRequestsPerSec.mark(1)
      traffic.FailedProduceRequestsPerSec.mark(1)
    }
  }

  fetched(topic: string, sizeBytes: number): void {
    for (const traffic of [this.#all, this.#of(topic)]) {
      traffic.TotalFetchRequestsPerSec.mark(1)
      traffic.BytesOutPerSec.mark(sizeBytes)
    }
  }

  fetchFailed(topic: string): void {
    for (const traffic of [this.#all, this.#of(topic)]) {
      traffic.TotalFetchRequestsPerSec.mark(1)
      traffic.FailedFetchRequestsPerSec.mark(1)
    }
  }

  replicatedIn(sizeBytes: number): void {
    this.#replication.ReplicationBytesInPerSec.mark(sizeBytes)
  }

  replicatedOut(sizeBytes: number): void {
    this.#replication.ReplicationBytesOutPerSec.mark(sizeBytes)
  }

  removed(topic: string): void {
    const traffic = this.#topics.get(topic)
    if (traffic === undefined) return
    this.#topics.delete(topic)
    for (const meter of Object.values(traffic)) this.#registry.remove(meter)
  }

  #of(topic: string): Traffic {
    let traffic = this.#topics.get(topic)
    if (traffic === undefined) {
      traffic = this.#traffic({ topic })
      this.#topics.set(topic, traffic)
    }
    return traffic
  }

  #traffic(keys: Readonly<Record<string, string>>): Traffic {
    return meters(this.#registry, NAMES, keys)
  }
}

function meters<Name extends string>(
  registry: MetricRegistry,
  names: readonly Name[],
  keys: Readonly<Record<string, string>>,
): Record<Name, Meter> {
  const made = names.map((name) => [
    name,
    registry.meter('kafka.server', 'BrokerTopicMetrics', { name, ...keys }),
  ])
  return Object.fromEntries(made) as Record<Name, Meter>
}
