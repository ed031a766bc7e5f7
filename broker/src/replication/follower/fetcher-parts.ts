import type { Timers } from '../../runtime/types.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { ReplicationQuota } from '../replication-quota.ts'
import type { CopyPace } from './copy-pace.ts'
import type { LeaderConnection } from './leader-connection.ts'

export interface FetcherSettings {
  readonly waitMsMax: number
  readonly minBytes: number
  readonly partitionBytesMax: number
  readonly responseBytesMax: number
  readonly backoffMsMax: number
}

export interface FetcherParts {
  readonly brokerId: number
  /** Of this broker's registration. */
  readonly brokerEpoch: () => number
  /** Undefined while the leader's address is not known. */
  readonly connect: (leaderId: number) => LeaderConnection | undefined
  readonly settings: FetcherSettings
  readonly quota: ReplicationQuota
  /** Of replicas that are being added. */
  readonly pace: CopyPace
  readonly timers: Timers
  readonly monotonicMs: () => number
  readonly wallMs: () => number
  readonly logger: Logger
  /** The leader knows of a later epoch: there are news to be had. */
  readonly onStale: () => void
}
