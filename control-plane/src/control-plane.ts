import type { CoordinationStore } from '@freshet/coordination'
import { createApp } from './api/app.ts'
import { healthReport } from './api/internal/health.ts'
import { AgentRegistry } from './fleet/agents.ts'
import type { FleetDriver } from './fleet/driver.ts'
import type { Logger } from './log.ts'
import type { AccessKeys } from './model/access-keys.ts'
import { AttachmentStore } from './model/attachments.ts'
import { ClusterStore } from './model/cluster-store.ts'
import { ConfigurationStore } from './model/configuration.ts'
import type { Account } from './model/identifiers.ts'
import { Mutex } from './reconcile/mutex.ts'
import { Reconciler } from './reconcile/reconciler.ts'
import type { StepContext } from './reconcile/steps/step.ts'
import { Signal } from './signal.ts'

export interface ControlPlaneOptions {
  readonly store: CoordinationStore
  readonly fleet: FleetDriver
  readonly account: Account
  readonly accessKeys: AccessKeys
  readonly agentToken: string
  /** Name under which this control plane leads; the same after a restart on the same data. */
  readonly holder: string
  readonly brokersSeenAt: StepContext['brokersSeenAt']
  readonly kafka: StepContext['kafka']
  readonly now: () => number
  readonly log: Logger
  readonly onReplaced: () => void
  readonly stepTimeoutMs?: number
}

/** Puts the parts together; opens no socket. */
export function createControlPlane(options: ControlPlaneOptions) {
  const { store, fleet, now, log } = options
  const clustersChanged = new Signal()
  const wake = new Signal()
  const clusters = new ClusterStore(store.documents, () => {
    clustersChanged.notify()
    wake.notify()
  })
  const agents = new AgentRegistry({ clusters, fleet, clustersChanged, onReport: () => wake.notify(), now })
  const reconciler = new Reconciler({
    clusters,
    fleet,
    agents,
    brokersSeenAt: options.brokersSeenAt,
    kafka: options.kafka,
    allocation: new Mutex(),
    now,
    leases: store.leases,
    holder: options.holder,
    wake,
    log,
    onReplaced: options.onReplaced,
    ...(options.stepTimeoutMs === undefined ? {} : { stepTimeoutMs: options.stepTimeoutMs }),
  })
  const health = () => healthReport({ clusters, fleet, agents, reconciler })
  const configurations = new ConfigurationStore(store.documents)
  const attachments = new AttachmentStore(store.documents)
  const app = createApp({ ...options, clusters, configurations, attachments, agents, health })
  return { app, clusters, agents, reconciler }
}
