import type { CoordinationStore } from '@freshet/coordination'
import type { CloudWatchSender } from './metrics/cloudwatch/sender.ts'
import { Gatherer } from './metrics/gatherer.ts'
import { MetricHistory } from './metrics/history.ts'
import { takePeriod } from './metrics/metrics.ts'
import { scrape } from './metrics/scrape.ts'
import { Autoscaling, type AutoscalingOptions } from './scaling/loop/autoscaling.ts'
import { DecisionLog } from './scaling/loop/decision-log.ts'
import { LoadStore } from './scaling/loop/load-store.ts'

export interface MeasuringOptions extends Omit<AutoscalingOptions, 'clusters' | 'decisions' | 'loads'> {
  readonly store: CoordinationStore
  /** Absent: metrics are not sent anywhere. */
  readonly cloudWatch?: CloudWatchSender
  /** How often brokers are measured: once a minute, as CloudWatch's standard metrics are. */
  readonly metricsPeriodMs?: number
}

/** Measures all brokers, as a task of the control plane that leads, and acts on what they tell. */
export function createMeasuring(options: MeasuringOptions & Pick<AutoscalingOptions, 'clusters'>) {
  const { store, clusters, now, log, cloudWatch: sender, metricsPeriodMs: periodMs = MINUTE_MS } = options
  const metrics = new MetricHistory()
  const decisions = new DecisionLog(store.documents)
  const autoscaling = new Autoscaling({
    ...options,
    decisions,
    loads: new LoadStore(store.documents, periodMs),
  })
  const look = autoscaling.look.bind(autoscaling)
  const onPeriod = takePeriod({ history: metrics, sender, look, log })
  const task = new Gatherer({ clusters, scrape, now, periodMs, onPeriod, log })
  return { task, metrics, decisions }
}

const MINUTE_MS = 60_000
