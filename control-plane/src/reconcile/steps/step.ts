import type { AgentRegistry } from '../../fleet/agents.ts'
import type { FleetDriver } from '../../fleet/driver.ts'
import type { HostCredentials } from '../../fleet/host-credentials.ts'
import type { HostStore } from '../../hosts/host-record.ts'
import type { UseKafka } from '../../kafka/admin.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { ClusterStore } from '../../model/cluster-store.ts'

/**
 * The steps of cluster operations. A step makes the world so (idempotently), then says how the cluster's
 * document changes; the runner writes that change and the step's completion together.
 */
export interface Step {
  /** Steps that give or take hosts and ports run one at a time, or two clusters would get the same. */
  readonly exclusive?: true
  /** Tried for as long as it takes: there is nothing better to do than to go on. */
  readonly patient?: true | 'ONLY_WAY'
  run(cluster: Cluster, context: StepContext): Promise<StepOutcome>
}

export type StepOutcome =
  | { readonly kind: 'DONE'; readonly change?: ClusterChange }
  | {
      readonly kind: 'WAIT'
      readonly change?: ClusterChange
      readonly waitMs: number
      readonly reason: string
      /** A step whose progress changes is not stuck: its time begins anew. */
      readonly progress?: string
      /** It takes as long as it takes, whatever the step. */
      readonly patient?: true
    }
  | { readonly kind: 'FORGOTTEN' }

export type ClusterChange = (cluster: Cluster) => Cluster

export interface StepContext {
  readonly clusters: ClusterStore
  readonly hosts: HostStore
  readonly fleet: FleetDriver
  readonly agents: Pick<AgentRegistry, 'unitStatus'>
  readonly hostCredentials: Pick<HostCredentials, 'forget'>
  /** Ids of the brokers that a Kafka client is told of at this address; rejects if nobody answers. */
  readonly brokersSeenAt: (address: string, port: number) => Promise<number[]>
  readonly kafka: UseKafka
}

/** Fails the whole operation at once: trying again would not help. */
export class OperationFailure extends Error {
  readonly errorCode: string
  constructor(errorCode: string, message: string) {
    super(message)
    this.name = 'OperationFailure'
    this.errorCode = errorCode
  }
}

/** Agents' reports wake the reconciler at once; this is only the net below. */
export const REPORT_WAIT_MS = 1_000
/** Nobody reports what brokers have learnt, so this is asked often, and only for moments. */
export const METADATA_WAIT_MS = 25
