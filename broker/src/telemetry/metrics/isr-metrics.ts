/** How often ISRs grow and shrink that are led here, as `kafka.server:type=ReplicaManager` tells it. */
import type { Meter } from './meter.ts'
import type { MetricRegistry } from './registry.ts'

export class IsrMetrics {
  readonly #expands: Meter
  readonly #shrinks: Meter

  constructor(registry: MetricRegistry) {
    this.#expands = registry.meter('kafka.server', 'ReplicaManager', { name: 'IsrExpandsPerSec' })
    this.#shrinks = registry.meter('kafka.server', 'ReplicaManager', { name: 'IsrShrinksPerSec' })
  }

  /** One ISR has so many replicas more, or fewer. */
  changed(growth: number): void {
    if (growth > 0) this.#expands.mark(1)
    if (growth < 0) this.#shrinks.mark(1)
  }
}
