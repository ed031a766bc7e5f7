import type { CoordinationStore } from '@freshet/coordination'
import { createApp } from './api/app.ts'
import { healthReport } from './api/internal/health.ts'
import { AgentRegistry } from './fleet/agents.ts'
import type { FleetDriver } from './fleet/driver.ts'
import { HostCredentials } from './fleet/host-credentials.ts'
import { LivingControlPlanes } from './fleet/living-control-planes.ts'
import { createHostKeeper } from './hosts/host-keeper.ts'
import { HostStore } from './hosts/host-record.ts'
import { errorText, type Logger } from './log.ts'
import { createMeasuring, type MeasuringOptions } from './measuring.ts'
import type { AccessKeys } from './model/access-keys.ts'
import { AttachmentStore } from './model/attachments.ts'
import { ClusterStore, LEADER_SNAPSHOT_MS, STANDBY_SNAPSHOT_MS } from './model/cluster-store.ts'
import { ConfigurationStore } from './model/configuration.ts'
import type { Account } from './model/identifiers.ts'
import { ChangeFeed } from './reconcile/change-feed.ts'
import { createHealer } from './reconcile/healing/healer.ts'
import type { LeaderTask } from './reconcile/leader-tasks.ts'
import { Mutex } from './reconcile/mutex.ts'
import { Reconciler } from './reconcile/reconciler.ts'
import type { StepContext } from './reconcile/steps/step.ts'
import { Signal } from './signal.ts'

export interface ControlPlaneOptions extends MeasuringOptions {
  readonly store: CoordinationStore
  readonly fleet: FleetDriver
  readonly account: Account
  readonly accessKeys: AccessKeys
  readonly agentToken: string
  /** Name under which this control plane leads: no other's, and the same after a restart. */
  readonly holder: string
  /** Where agents reach this control plane, and others that the settings name; absent where it is the only one. */
  readonly addresses?: { readonly url: string; readonly known: readonly string[] }
  readonly brokersSeenAt: StepContext['brokersSeenAt']
  readonly kafka: StepContext['kafka']
  readonly now: () => number
  readonly log: Logger
  readonly onReplaced: () => void
  readonly stepTimeoutMs?: number
  /** What else only one control plane of the service may do. */
  readonly tasks?: readonly LeaderTask[]
}

export type ControlPlane = ReturnType<typeof createControlPlane>

/**
 * Puts the parts together; opens no socket. Several on one store are one service: each answers the whole API from the
 * store, and one of them, the leader, carries out operations and speaks to agents.
 */
export function createControlPlane(options: ControlPlaneOptions) {
  const { store, fleet, now, log } = options
  const hosts = new HostStore(store.documents)
  const leads = () => reconciler.leads()
  const shared = shareClusters(store, leads, log)
  const { clusters, clustersChanged, wake } = shared
  const onReport = () => wake.notify()
  const agents = new AgentRegistry({ clusters, fleet, clustersChanged, onReport, leads, now })
  const { documents } = store
  const living = livingControlPlanes(options, agents, shared.feed)
  const onAnnouncement = async () => {
    shared.changedElsewhere()
    await living.look()
  }
  const measuring = createMeasuring({ ...options, clusters })
  const hostCredentials = new HostCredentials({
    documents,
    agentToken: options.agentToken,
    volumeOf: (hostId) => fleet.volumeOf(hostId),
    log,
    now,
  })
  const reconciler: Reconciler = new Reconciler({
    clusters,
    fleet,
    agents,
    brokersSeenAt: options.brokersSeenAt,
    kafka: options.kafka,
    hosts,
    hostCredentials,
    allocation: new Mutex(),
    now,
    leases: store.leases,
    holder: options.holder,
    wake,
    log,
    onReplaced: options.onReplaced,
    onLead() {
      fleet.takeOver()
      shared.changedElsewhere()
    },
    tasks: [
      shared.feed.listener(onAnnouncement),
      createHealer({ ...options, clusters, agents }),
      createHostKeeper({ ...options, clusters, agents, hosts, hostCredentials }),
      measuring.task,
      living.task,
      ...(options.tasks ?? []),
    ],
    ...(options.stepTimeoutMs === undefined ? {} : { stepTimeoutMs: options.stepTimeoutMs }),
  })
  const health = () => healthReport({ clusters, fleet, agents, reconciler })
  const configurations = new ConfigurationStore(store.documents)
  const attachments = new AttachmentStore(store.documents)
  const app = createApp({
    ...options,
    clusters,
    configurations,
    attachments,
    agents,
    hosts,
    hostCredentials,
    health,
    controlPlanes: () => living.urls,
    metrics: measuring.metrics,
    decisions: measuring.decisions,
  })
  return { app, clusters, agents, reconciler, living }
}

function livingControlPlanes(
  { store, addresses, holder, now }: ControlPlaneOptions,
  agents: AgentRegistry,
  feed: ChangeFeed,
): LivingControlPlanes {
  return new LivingControlPlanes({
    ...addresses,
    documents: store.documents,
    holder,
    now,
    onChange: () => agents.tellAll(),
    announce: () => feed.announce(),
  })
}

/** The clusters, as this control plane and the others on the same store see and change them. */
function shareClusters(store: CoordinationStore, leads: () => boolean, log: Logger) {
  const clustersChanged = new Signal()
  const wake = new Signal()
  const feed = new ChangeFeed(store.documents)
  const changed = () => {
    clustersChanged.notify()
    wake.notify()
  }
  const onChange = async () => {
    changed()
    if (leads()) return
    // The change itself is kept: the leader only sees it later.
    await feed.announce().catch((error: unknown) => {
      log.error('a change could not be announced to the leader', { error: errorText(error) })
    })
  }
  const snapshotAgeMs = () => (leads() ? LEADER_SNAPSHOT_MS : STANDBY_SNAPSHOT_MS)
  const clusters = new ClusterStore(store.documents, onChange, snapshotAgeMs)
  const changedElsewhere = () => {
    clusters.changedElsewhere()
    changed()
  }
  return { clusters, clustersChanged, wake, changedElsewhere, feed }
}
