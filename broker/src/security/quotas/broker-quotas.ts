/** All quotas of one broker, with the settings that they are measured by. */
import type { BrokerSettings, ClientQuotasView } from '../../cluster/index.ts'
import { QuotaKey } from '../../cluster/index.ts'
import { type ConnectionLimits, ConnectionQuotas } from './connection-quotas.ts'
import { MutationQuotas } from './mutation-quotas.ts'
import { RateQuotas } from './rate-quotas.ts'

/** Keeps the memory of connections bounded, whatever `max.connections` says. */
const CONNECTIONS_MAX = 20_000

export class BrokerQuotas {
  readonly produce: RateQuotas
  readonly fetch: RateQuotas
  /** In percent of the broker's one thread. */
  readonly request: RateQuotas
  readonly mutations: MutationQuotas
  readonly connections: ConnectionQuotas

  constructor(quotas: ClientQuotasView, settings: BrokerSettings) {
    const windows = {
      count: settings['quota.window.num'],
      sizeMs: settings['quota.window.size.seconds'] * 1000,
    }
    this.produce = new RateQuotas(quotas, QuotaKey.PRODUCER_BYTE_RATE, windows)
    this.fetch = new RateQuotas(quotas, QuotaKey.CONSUMER_BYTE_RATE, windows)
    this.request = new RateQuotas(quotas, QuotaKey.REQUEST_PERCENTAGE, windows, windows.sizeMs)
    this.mutations = new MutationQuotas(quotas, {
      count: settings['controller.quota.window.num'],
      sizeMs: settings['controller.quota.window.size.seconds'] * 1000,
    })
    this.connections = new ConnectionQuotas(quotas, windows, connectionLimits(settings))
  }

  /** The broker's own settings changed. */
  configure(settings: BrokerSettings): void {
    this.connections.configure(connectionLimits(settings))
  }

  /** The quotas in the cluster's metadata changed. */
  refresh(): void {
    this.produce.refresh()
    this.fetch.refresh()
    this.request.refresh()
    this.mutations.refresh()
  }
}

function connectionLimits(settings: BrokerSettings): ConnectionLimits {
  return {
    connectionsMax: Math.min(settings['max.connections'], CONNECTIONS_MAX),
    perAddressMax: settings['max.connections.per.ip'],
    addressOverrides: settings['max.connections.per.ip.overrides'],
    creationRateMax: settings['max.connection.creation.rate'],
  }
}
