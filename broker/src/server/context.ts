import type { BrokerConfig, ClusterView } from '../cluster/index.ts'
import type { GroupCommit } from '../replication/partition/group-commit.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import type { Runtime } from '../runtime/types.ts'
import type { BrokerQuotas } from '../security/index.ts'
import type { ClientMetrics } from '../telemetry/client-metrics/client-metrics.ts'
import type { Logger, Loggers } from '../telemetry/logger.ts'
import type { Stage } from '../telemetry/request-trace.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { ControllerPort } from './cluster/controller-port.ts'
import type { Connection } from './connection.ts'
import type { GroupCoordinator } from './coordinators/group-coordinator.ts'
import type { MarkerWriter } from './coordinators/marker-writer.ts'
import type { TransactionCoordinator } from './coordinators/transaction-coordinator.ts'
import type { TransactionVerifier } from './coordinators/transaction-verifier.ts'
import type { FetchSessions } from './fetch-sessions.ts'
import type { FramePool } from './frame-pool.ts'
import type { ProducerIds } from './producer-ids.ts'
import type { ShareServices } from './share/share-services.ts'

/** What a broker is made of, as the APIs see it. */
export interface BrokerServices {
  readonly config: BrokerConfig
  readonly runtime: Runtime
  readonly logger: Logger
  /** Of the requests themselves. */
  readonly requestLogger: ReturnType<Loggers['get']>
  readonly loggers: Loggers
  readonly cluster: ClusterView
  readonly controller: ControllerPort
  readonly replicas: ReplicaManager
  readonly commits: GroupCommit
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly markerWriter: MarkerWriter
  readonly verifier: TransactionVerifier
  readonly producerIds: ProducerIds
  readonly quotas: BrokerQuotas
  readonly share: ShareServices
  readonly telemetry: Telemetry
  readonly clientMetrics: ClientMetrics
  readonly fetchSessions: FetchSessions
  readonly pool: FramePool
  readonly dispatcher: { serveForwarded(frame: Buffer, clientHost: string): Promise<Buffer> }
  /** Waits until this broker's metadata is as wanted, or the time is over. */
  awaitMetadata(isReached: (cluster: ClusterView) => boolean, timeoutMs: number): Promise<void>
}

/** One request's surroundings. */
export interface RequestContext {
  readonly broker: BrokerServices
  readonly apiVersion: number
  readonly clientId: string
  readonly clientHost: string
  /** Who the client is. */
  readonly user: string
  /** Header and body, as they came. */
  readonly sizeBytes: number
  /** Undefined for a request that another broker forwarded. */
  readonly connection: Connection | undefined
  /** Calls `task` once the answer has left or never will: then its buffers may be reused. */
  afterSend(task: () => void): void
  /** What was done since the last mark was this stage, if the request is traced. */
  mark(stage: Stage): void
  /** Tells the client in the answer that it is throttled for so long, and takes nothing from it meanwhile. */
  throttle(delayMs: number): void
  /** A broker asks, not a client: no quota holds. */
  exemptFromQuotas(): void
}
