import type { Context } from 'hono'
import type { AgentRegistry } from '../../fleet/agents.ts'
import type { FleetDriver } from '../../fleet/driver.ts'
import type { HostCredentials } from '../../fleet/host-credentials.ts'
import type { HostStore } from '../../hosts/host-record.ts'
import type { UseKafka } from '../../kafka/admin.ts'
import type { Logger } from '../../log.ts'
import type { MetricHistory } from '../../metrics/history.ts'
import type { AccessKeys } from '../../model/access-keys.ts'
import type { AttachmentStore } from '../../model/attachments.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { ClusterStore } from '../../model/cluster-store.ts'
import type { ConfigurationStore } from '../../model/configuration.ts'
import type { Account, ClusterArn } from '../../model/identifiers.ts'
import type { DecisionLog } from '../../scaling/loop/decision-log.ts'
import type { HealthReport } from '../internal/health.ts'
import { notFound } from './errors.ts'
import { requireClusterArn } from './validation.ts'

/** What the resources of the API work with. */
export interface ApiContext {
  readonly account: Account
  readonly clusters: ClusterStore
  readonly hosts: HostStore
  readonly fleet: FleetDriver
  readonly agents: AgentRegistry
  readonly configurations: ConfigurationStore
  readonly attachments: AttachmentStore
  readonly metrics: Pick<MetricHistory, 'read'>
  readonly decisions: Pick<DecisionLog, 'read'>
  readonly kafka: UseKafka
  readonly accessKeys: AccessKeys
  readonly hostCredentials: HostCredentials
  /** Where agents find the control planes that live, if there are several. */
  readonly controlPlanes: () => readonly string[] | undefined
  readonly health: () => Promise<HealthReport>
  readonly now: () => number
  readonly log: Logger
}

export interface ApiEnv {
  Bindings: { peerAddress?: string | undefined }
  Variables: { body: Uint8Array; accessKeyId: string; requestId: string }
}

/** The cluster that the path names, or the error that MSK gives. */
export function clusterInPath(c: Context<ApiEnv>, context: ApiContext): Promise<Cluster> {
  return findCluster(requireClusterArn(c.req.param('clusterArn') ?? '', context.account), context)
}

export async function findCluster(arn: ClusterArn, { clusters }: ApiContext): Promise<Cluster> {
  const cluster = await clusters.find(arn)
  if (!cluster) throw notFound(`The cluster ${arn.clusterName} does not exist.`, 'clusterArn')
  return cluster
}
